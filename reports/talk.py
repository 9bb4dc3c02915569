"""Who needs talking about at the meeting, why, and what is to be asked; pure.

Read off the same report as everything else, so that nobody is talked about for a reason that the
first page does not show. The questions are the ones that the state of things leaves open; they
are asked of the team and answer nothing.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from alerts.inbox import GRAVE
from core.vitals import Severity
from reports import silence
from reports.quality import FALSE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from reports.episodes import Episode
    from reports.weekly import Report

MOST = 12  # pages at most: what is longer is not read aloud in a meeting
# Whose silence is explained, or is nobody's in particular.
EXCUSED = frozenset(
    {
        silence.Why.DIED,
        silence.Why.IN_HOSPITAL,
        silence.Why.PAUSED,
        silence.Why.EVERYBODY,
    }
)
OFTEN = 3  # alerts of one problem in four weeks, at which its limit is worth a question
CLINICAL = frozenset({Severity.RED, Severity.AMBER, Severity.YELLOW})


class Why(StrEnum):
    """Why somebody is talked about; the order is that of the meeting."""

    UNTAKEN = "untaken"  # a RED or AMBER that nobody has taken
    WORSE = "worse"
    OPEN = "open"  # a RED or AMBER that was taken and is not ended
    SILENT = "silent"
    DROPPING = "dropping"  # may be about to stop measuring


class Question(StrEnum):
    """What the meeting is asked."""

    WHO_TAKES = "who-takes"
    WHAT_ELSE = "what-else"
    WHAT_NEXT = "what-next"
    LIMIT_RIGHT = "limit-right"
    WHO_SAW_THEM = "who-saw-them"
    WHAT_STOPPED = "what-stopped"
    WHAT_HINDERS = "what-hinders"
    REVIEW_DUE = "review-due"
    GOALS = "goals"


@dataclass(frozen=True, slots=True)
class Talk:
    """One person of the meeting; `why` is never empty."""

    patient_id: UUID
    severity: Severity | None  # the gravest alert that was open at the week's end
    why: tuple[Why, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a person beside their week, as far as a question turns on it."""

    lives_alone: bool = False
    reviews_due: bool = False  # a limit whose review is past its day
    goals: bool = True  # whether goals of care are recorded
    recent: Sequence[Episode] = field(default_factory=tuple)  # of four weeks, as they stood


def talked_about(report: Report, *, end: datetime) -> tuple[Talk, ...]:
    """Return everybody who needs talking about: what nobody has taken first, then the gravest.

    `end` is the instant up to which the report tells.
    """
    reasons: dict[UUID, set[Why]] = defaultdict(set)
    gravest = _gravest(report.still_open)
    for episode in report.still_open:
        if episode.severity in GRAVE:
            taken = Why.OPEN if episode.taken_by(end) else Why.UNTAKEN
            reasons[episode.patient_id].add(taken)
    for change in report.worse:
        reasons[change.patient_id].add(Why.WORSE)
    silent = {each.patient_id for each in report.silent}
    for each in report.silent:
        if each.why not in EXCUSED:
            reasons[each.patient_id].add(Why.SILENT)
    for line in report.adherence:
        if line.risk is not None and line.patient_id not in silent:
            reasons[line.patient_id].add(Why.DROPPING)
    found = [
        Talk(who, gravest.get(who), tuple(each for each in Why if each in mine))
        for who, mine in reasons.items()
    ]
    return tuple(sorted(found, key=_order))


def _gravest(episodes: Iterable[Episode]) -> Mapping[UUID, Severity]:
    found: dict[UUID, Severity] = {}
    for each in episodes:
        known = found.get(each.patient_id)
        if each.severity in CLINICAL and (known is None or each.severity.rank > known.rank):
            found[each.patient_id] = each.severity
    return found


def _order(talk: Talk) -> tuple[int, int, str]:
    first = list(Why).index(talk.why[0])
    return first, -(talk.severity.rank if talk.severity else -1), str(talk.patient_id)


def questions(talk: Talk, known: Known) -> tuple[Question, ...]:
    """Return what the meeting is asked about somebody, the most pressing first."""
    asked = [_ASKED[why] for why in talk.why]
    if Why.SILENT in talk.why and known.lives_alone:
        asked.insert(asked.index(Question.WHAT_STOPPED), Question.WHO_SAW_THEM)
    if Why.WORSE in talk.why and Question.WHAT_NEXT not in asked:
        asked.append(Question.WHAT_NEXT)
    if repeated(known.recent):
        asked.append(Question.LIMIT_RIGHT)
    if known.reviews_due:
        asked.append(Question.REVIEW_DUE)
    if not known.goals and talk.severity in GRAVE:
        asked.append(Question.GOALS)
    return tuple(dict.fromkeys(asked))


_ASKED = {
    Why.UNTAKEN: Question.WHO_TAKES,
    Why.WORSE: Question.WHAT_ELSE,
    Why.OPEN: Question.WHAT_NEXT,
    Why.SILENT: Question.WHAT_STOPPED,
    Why.DROPPING: Question.WHAT_HINDERS,
}


def repeated(recent: Iterable[Episode]) -> bool:
    """Return whether one problem alerted often and more of it was false than true, as labelled."""
    by_problem: dict[str, list[Episode]] = defaultdict(list)
    for each in recent:
        if each.severity in CLINICAL:
            by_problem[each.problem].append(each)
    return any(
        len(mine) >= OFTEN and 2 * sum(e.outcome in FALSE for e in mine) > len(mine)
        for mine in by_problem.values()
    )
