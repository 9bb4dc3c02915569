"""Rows keyed (job, period): whatever runs by the clock runs once for a period (REL-31)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Index, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, instant

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class ScheduledRun(Base):
    """A job that ran for a period; the key is what makes it run once."""

    __tablename__ = "scheduled_run"

    job: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    ran_at: Mapped[datetime] = mapped_column(instant())

    __table_args__ = (Index(None, "job", "ran_at"),)


def period_of(now: datetime, every: timedelta) -> str:
    """Return the name of the period of a length that an instant lies in."""
    begin = now - timedelta(seconds=now.timestamp() % every.total_seconds())
    return f"{begin:%Y-%m-%dT%H:%M:%S}"


def first(session: Session, job: str, period: str, *, now: datetime) -> bool:
    """Return whether this transaction is the one that runs the job for the period."""
    row = insert(ScheduledRun).values(job=job, period=period, ran_at=now)
    claimed = session.execute(row.on_conflict_do_nothing().returning(ScheduledRun.job))
    return claimed.first() is not None


def last(session: Session, job: str) -> datetime | None:
    """Return when a job last ran for a period, None where nothing is known of it."""
    return session.scalar(select(func.max(ScheduledRun.ran_at)).where(ScheduledRun.job == job))
