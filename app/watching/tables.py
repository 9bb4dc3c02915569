"""The rows of the watcher: each round of the synthetic person, each ping outside, each group."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, instant


class Round(Base):
    """One synthetic reading on its way from the door to the message (REL-33).

    The key is what makes any number of schedulers send one. Completed, it vouches for the
    whole way until an instant; every process can read that, whatever the period is.
    """

    __tablename__ = "watch_round"

    period: Mapped[str] = mapped_column(primary_key=True)
    began_at: Mapped[datetime] = mapped_column(instant(), index=True)
    accepted_at: Mapped[datetime | None] = mapped_column(instant())
    completed_at: Mapped[datetime | None] = mapped_column(instant())
    vouches_until: Mapped[datetime] = mapped_column(instant())


class Heartbeat(Base):
    """What became of one ping to the outside: sent, not taken, or withheld and why."""

    __tablename__ = "heartbeat"

    period: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(instant(), index=True)
    outcome: Mapped[str]


class WorkerGroup(Base):
    """A group of workers, and when it last closed a row that only it could have closed."""

    __tablename__ = "worker_group"

    name: Mapped[str] = mapped_column(primary_key=True)
    progress_at: Mapped[datetime] = mapped_column(instant())
    vouches_until: Mapped[datetime] = mapped_column(instant())
