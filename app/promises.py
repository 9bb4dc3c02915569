"""What the auditor last found broken, as every process may read it (REL-18, REL-35)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Mapped, mapped_column

from app.periods import ScheduledRun
from core.database import Base, instant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

JOB = "audit"
JOBS = {"I1": "audit-stored", "I3": "audit-replayed"}  # what looks at a few each time
STALE_AFTER = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with alerting, in words, and since when where that is known."""

    text: str
    since: datetime | None = None


class Broken(Base):
    """One promise that was broken: since when, last seen when, in how many places."""

    __tablename__ = "broken_promise"

    invariant: Mapped[str] = mapped_column(primary_key=True)
    what: Mapped[str]
    count: Mapped[int]
    repaired: Mapped[int]
    since: Mapped[datetime] = mapped_column(instant())
    seen_at: Mapped[datetime] = mapped_column(instant())


def looked_at(session: Session, job: str = JOB) -> datetime | None:
    """Return when the auditor last looked."""
    return session.scalar(select(func.max(ScheduledRun.ran_at)).where(ScheduledRun.job == job))


def broken(session: Session) -> Sequence[Broken]:
    """Return what the last look at each found broken and could not mend."""
    jobs = (JOB, *JOBS.values())
    looked = {job: at for job in jobs if (at := looked_at(session, job))}
    rows = session.scalars(
        select(Broken).where(Broken.repaired < Broken.count).order_by(Broken.invariant)
    )
    lasts = [(row, looked.get(JOBS.get(row.invariant, JOB))) for row in rows]
    return [row for row, last in lasts if last is not None and row.seen_at >= last]


def verdict(session: Session, *, now: datetime) -> list[Fault]:
    """Return what a page must say: nothing where the auditor looked lately and all was well."""
    looked = looked_at(session)
    if looked is None or now - looked > STALE_AFTER:
        since = looked + STALE_AFTER if looked else None
        return [Fault("nobody has checked lately that every alert has its next step", since)]
    return [
        Fault(f"{row.what}: {row.count - row.repaired}, since {row.since:%H:%M} UTC", row.since)
        for row in broken(session)
    ]
