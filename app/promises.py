"""What the auditor last found broken, as every process may read it (REL-18, REL-35)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Mapped, mapped_column

from app.periods import ScheduledRun
from core.database import Base, instant
from monitoring import words
from monitoring.phrases import Phrase, whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

JOB = "audit"
JOBS = {"I1": "audit-stored", "I3": "audit-replayed"}  # what looks at a few each time
AUDITS = {JOB, *JOBS.values()}
STALE_AFTER = timedelta(minutes=3)
UNCHECKED = "nobody has checked lately that readings are stored and alerts have their next step"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with alerting, and since when where that is known."""

    said: Phrase
    since: datetime | None = None

    @property
    def text(self) -> str:
        """Return it in English, for what is read by programs and operators."""
        return words.phrase(self.said)


class Broken(Base):
    """One promise that was broken: since when, last seen when, in how many places."""

    __tablename__ = "broken_promise"

    invariant: Mapped[str] = mapped_column(primary_key=True)
    what: Mapped[str]
    count: Mapped[int]
    repaired: Mapped[int]
    since: Mapped[datetime] = mapped_column(instant())
    seen_at: Mapped[datetime] = mapped_column(instant())


def looks(session: Session) -> dict[str, datetime]:
    """Return when each auditor last looked that ever did."""
    found = {
        job: session.scalar(select(func.max(ScheduledRun.ran_at)).where(ScheduledRun.job == job))
        for job in AUDITS
    }
    return {job: at for job, at in found.items() if at is not None}


def looked_at(session: Session) -> datetime | None:
    """Return the last look of the auditor who looked longest ago, None where one never did."""
    found = looks(session)
    return min(found.values()) if found.keys() == AUDITS else None


def broken(session: Session) -> Sequence[Broken]:
    """Return what the last look at each found broken and could not mend."""
    looked = looks(session)
    rows = session.scalars(
        select(Broken).where(Broken.repaired < Broken.count).order_by(Broken.invariant)
    )
    lasts = [(row, looked.get(JOBS.get(row.invariant, JOB))) for row in rows]
    return [row for row, last in lasts if last is not None and row.seen_at >= last]


def verdict(session: Session, *, now: datetime) -> list[Fault]:
    """Return what a page must say: nothing where every auditor looked lately and all was well."""
    looked = looked_at(session)
    unchecked = looked is None or now - looked > STALE_AFTER
    since = looked + STALE_AFTER if looked else None
    return [*([Fault(Phrase(UNCHECKED), since)] if unchecked else []), *_said(session)]


def _said(session: Session) -> list[Fault]:
    return [
        Fault(
            Phrase(
                "{what}: {count}, since {time} UTC",
                {
                    "what": Phrase(row.what),
                    "count": whole(row.count - row.repaired),
                    "time": Phrase(f"{row.since:%H:%M}"),
                },
            ),
            row.since,
        )
        for row in broken(session)
    ]
