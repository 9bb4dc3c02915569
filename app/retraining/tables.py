"""The rows of training runs: who asked, how far it is, and how it ended."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, id_column, instant


class TrainingRun(Base):
    """One training of a model, from the moment that somebody asked for it.

    `beat_at` is when its process was last heard of. `why` says why it failed (`states.Why`), with
    the class of an error in `detail` and never its message. `trained_on` says of what data.
    """

    __tablename__ = "training_run"

    id: Mapped[UUID] = id_column()
    state: Mapped[str]
    due_at: Mapped[datetime] = mapped_column(instant())
    asked_at: Mapped[datetime] = mapped_column(instant())
    asked_by_kind: Mapped[str]
    asked_by: Mapped[UUID | None]
    reason: Mapped[str]
    patients: Mapped[int]  # simulated people, and the days that each of them is watched
    days: Mapped[int]
    seed: Mapped[int]
    stage: Mapped[str]
    share: Mapped[float]  # of the work that is done, 0 to 1
    started_at: Mapped[datetime | None] = mapped_column(instant())
    beat_at: Mapped[datetime | None] = mapped_column(instant())
    ended_at: Mapped[datetime | None] = mapped_column(instant())
    ended_by: Mapped[UUID | None]  # who cancelled it
    why: Mapped[str] = mapped_column(default="")
    detail: Mapped[str] = mapped_column(default="")
    model_id: Mapped[str] = mapped_column(default="")
    trained_on: Mapped[str] = mapped_column(default="")

    __table_args__ = (
        # Only one at a time, whoever asks and however many ask at once.
        Index(
            "uq_training_run_live",
            text("(true)"),
            unique=True,
            postgresql_where=text("state in ('due', 'running')"),
        ),
        Index(None, "asked_at"),
    )
