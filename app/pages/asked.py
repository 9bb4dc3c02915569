"""What a person was asked to measure again, and whether they did, for their page (AL-20)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.lifecycle import State
from app.pages.wording import Moment
from core.vitals import MEASURES
from ingest import repository as people
from monitoring.asking.repository import asked
from monitoring.repeats import outcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.inbox import EpisodeView
    from app.pages.explained import Reader
    from app.pages.language import Language
    from monitoring.findings import Ask
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


def asked_of(
    session: Session, patient_id: UUID, reader: Reader, episodes: Sequence[EpisodeView]
) -> list[Asked]:
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
            became(outcome(each, readings, now=reader.now), raised(each, episodes), said),
            said.say(each.tip),
        )
        for each in asks
    ]


def raised(ask: Ask, episodes: Sequence[EpisodeView]) -> State | None:
    """Return where the alert stands that a critical value raised; None where there is none.

    An alert keeps the newest reading of each rule: where another one of that rule came since,
    it is the alert that was open when the value was taken.
    """
    if not ask.critical:
        return None
    of_rule = [each for each in episodes if ask.rule_id in {f.rule_id for f in each.findings}]
    found = [each for each in of_rule if _rests_on(each, ask) or _was_open(each, ask)]
    return max(found, key=lambda e: (_rests_on(e, ask), e.opened_at)).state if found else None


def _rests_on(episode: EpisodeView, ask: Ask) -> bool:
    return any(
        evidence.reading_id == ask.reading_id
        for finding in episode.findings
        for evidence in finding.evidence
    )


def _was_open(episode: EpisodeView, ask: Ask) -> bool:
    ended = episode.closed_at
    return episode.started_at <= ask.taken and (ended is None or ask.taken <= ended)


def became(found: Outcome, state: State | None, said: Language) -> str:
    """Return what became of an asking, and where the RED that it is about stands now."""
    what = said.say(found)
    if state is None:
        return what
    words = {
        State.OPEN: said.say("{what}; its RED is open already", what=what),
        State.CLAIMED: said.say("{what}; its RED is open already", what=what),
        State.ACKNOWLEDGED: said.say("{what}; somebody has taken its RED", what=what),
        State.SNOOZED: said.say("{what}; its RED is put off", what=what),
        State.RESOLVED: said.say("{what}; its RED was resolved", what=what),
        State.AUTO_CLOSED: said.say("{what}; its RED closed by itself", what=what),
        State.WITHDRAWN: said.say("{what}; its RED was withdrawn", what=what),
    }
    return words[state]
