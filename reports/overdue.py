"""What is open and past its deadline: alerts, steps, visits, reviews, questions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from core.vitals import Severity
from monitoring.findings import Problem
from reports.episodes import CONTACT_TARGETS, TARGETS, Episode

ANSWER_WITHIN = timedelta(days=7)  # a question about a past day: longer ago is remembered badly (E)


class Kind(StrEnum):
    """What is late, in the order in which it is told."""

    UNTAKEN = "untaken"  # an alert that nobody took within its target
    UNREACHED = "unreached"  # taken, and the person was not reached within its target
    STEP = "step"  # a step of an escalation that did not act when it was due
    VISIT = "visit"  # a video visit of which nobody wrote down what became of it
    REVIEW = "review"  # a limit that had to be looked at again
    FOLLOW_UP = "follow-up"  # a past day about which a clinician was asked
    CONTEST = "contest"  # a contested score that no clinician answered within its week
    QUESTION = "question"  # messages of the week that the person did not answer


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that is late, since when it is; `count` where several are one line."""

    kind: Kind
    patient_id: UUID
    due_at: datetime
    severity: Severity | None = None
    alert_id: UUID | None = None
    count: int = 1
    problem: Problem | None = None


def overdue(episodes: Iterable[Episode], others: Iterable[Due], *, end: datetime) -> list[Due]:
    """Return what was late at an instant, alerts first, the gravest, then the longest.

    `episodes` are those that were open then. That a step of an alert did not act is told only
    where nothing else of the alert is late.
    """
    found = [due for each in episodes if (due := late_alert(each, end=end)) is not None]
    told = {each.alert_id for each in found}
    beside = (d for d in others if d.kind is not Kind.STEP or d.alert_id not in told)
    return sorted([*found, *(each for each in beside if each.due_at <= end)], key=_order)


def late_alert(episode: Episode, *, end: datetime) -> Due | None:
    """Return what of an open alert is late: that nobody took it, or that nobody was reached."""
    taken, reached = episode.taken_by(end), episode.contacted_at
    target = (CONTACT_TARGETS if taken else TARGETS).get(episode.severity)
    if target is None or (taken and reached is not None and reached < end):
        return None
    kind = Kind.UNREACHED if taken else Kind.UNTAKEN
    since = episode.since if taken else episode.waits_since or episode.since
    due_at = since + target
    if due_at > end:
        return None
    return Due(
        kind, episode.patient_id, due_at, episode.severity, episode.id, problem=episode.problem
    )


def _order(due: Due) -> tuple[int, int, datetime, str]:
    rank = due.severity.rank if due.severity else -1
    return tuple(Kind).index(due.kind), -rank, due.due_at, str(due.patient_id)
