"""What a person was asked to measure again, and whether they did, for their page (AL-20)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from app.pages.wording import Moment, moment
from core.vitals import MEASURES
from ingest import repository as people
from monitoring import words
from monitoring.asking.repository import asked
from monitoring.phrases import Phrase
from monitoring.repeats import outcome

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID
    from zoneinfo import ZoneInfo

    from sqlalchemy.orm import Session

SHOWN = timedelta(days=2)
RED_OPEN = "its RED is open already"


@dataclass(frozen=True, slots=True)
class Asked:
    """One line: what is to be measured again, until when, how, and what became of it."""

    taken: Moment
    until: Moment
    what: str
    outcome: str
    tip: str


def asked_of(
    session: Session, patient_id: UUID, *, now: datetime, zone: ZoneInfo, language: str
) -> list[Asked]:
    """Return what was asked in the last two days, newest first; its tips in a language."""
    asks = asked(session, patient_id, since=now - SHOWN)
    if not asks:
        return []
    readings = people.readings(session, patient_id, since=min(each.taken for each in asks))
    return [
        Asked(
            moment(each.taken, now=now, zone=zone),
            moment(each.until, now=now, zone=zone),
            MEASURES[each.vital].display,
            "; ".join(
                [str(outcome(each, readings, now=now)), *([RED_OPEN] if each.critical else [])]
            ),
            words.phrase(Phrase(each.tip), language),
        )
        for each in asks
    ]
