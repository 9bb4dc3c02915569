"""What the auditor last found broken, as every process may read it (REL-18, REL-35)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Mapped, mapped_column

from app.periods import ScheduledRun
from core.database import Base, instant

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

JOB = "audit"
STALE_AFTER = timedelta(minutes=3)


class Broken(Base):
    """One promise that was broken: since when, last seen when, in how many places."""

    __tablename__ = "broken_promise"

    invariant: Mapped[str] = mapped_column(primary_key=True)
    what: Mapped[str]
    count: Mapped[int]
    repaired: Mapped[int]
    since: Mapped[datetime] = mapped_column(instant())
    seen_at: Mapped[datetime] = mapped_column(instant())


def verdict(session: Session, *, now: datetime) -> list[str]:
    """Return what a page must say: nothing where the auditor looked lately and all was well."""
    looked = session.scalar(select(func.max(ScheduledRun.ran_at)).where(ScheduledRun.job == JOB))
    if looked is None or now - looked > STALE_AFTER:
        return ["nobody has checked lately that every alert has its next step"]
    rows = session.scalars(
        select(Broken)
        .where(Broken.seen_at >= looked, Broken.repaired < Broken.count)
        .order_by(Broken.invariant)
    )
    return [f"{row.what}: {row.count - row.repaired}, since {row.since:%H:%M} UTC" for row in rows]
