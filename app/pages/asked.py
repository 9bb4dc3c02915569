"""What a person was asked to measure again, and whether they did, for their page (AL-20)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from app.pages.wording import Moment
from core.vitals import MEASURES
from ingest import repository as people
from monitoring.asking.repository import asked
from monitoring.repeats import outcome

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from app.pages.explained import Reader
    from app.pages.language import Language
    from monitoring.repeats import Outcome

SHOWN = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Asked:
    """One line: what is to be measured again, until when, how, and what became of it."""

    taken: Moment
    until: Moment
    what: str
    outcome: str
    tip: str


def asked_of(session: Session, patient_id: UUID, reader: Reader) -> list[Asked]:
    """Return what was asked in the last two days, newest first."""
    asks = asked(session, patient_id, since=reader.now - SHOWN)
    if not asks:
        return []
    readings = people.readings(session, patient_id, since=min(each.taken for each in asks))
    said = reader.said
    return [
        Asked(
            reader.at(each.taken),
            reader.at(each.until),
            said.say(MEASURES[each.vital].display),
            _became(outcome(each, readings, now=reader.now), said, critical=each.critical),
            said.say(each.tip),
        )
        for each in asks
    ]


def _became(found: Outcome, said: Language, *, critical: bool) -> str:
    what = said.say(found)
    return said.say("{what}; its RED is open already", what=what) if critical else what
