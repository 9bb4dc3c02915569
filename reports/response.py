"""How soon alerts were taken and people reached, by tier, in and out of service hours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from uuid import UUID

from core.vitals import Severity
from monitoring.findings import Problem
from reports.episodes import CONTACT_TARGETS, TARGETS, TIERS, Episode, waits_of
from reports.rates import NONE, Rate, actionable_of, ppv_of

At = Callable[[Episode], datetime | None]


@dataclass(frozen=True, slots=True)
class TierLine:
    """The alerts of one tier that opened in the week."""

    severity: Severity
    opened: int
    acknowledged: int
    median: timedelta | None
    on_time: Rate
    reached: int = 0
    reached_median: timedelta | None = None
    reached_on_time: Rate = NONE
    closed: int = 0
    labelled: int = 0


@dataclass(frozen=True, slots=True)
class ProblemLine:
    """The alerts of one problem that opened in the week, and what they turned out to be."""

    problem: Problem
    opened: int
    actionable: Rate
    ppv: Rate
    outcomes: Mapping[str, int]
    patients: int = 0


@dataclass(frozen=True, slots=True)
class RuleLine:
    """The alerts of the week in which one rule speaks; an alert of two rules is in both."""

    rule: str
    opened: int
    actionable: Rate
    ppv: Rate


def tiers(opened: Sequence[Episode], *, end: datetime) -> tuple[TierLine, ...]:
    """Return a line for each tier, the gravest first; one of no other tier is left out."""
    shown = (*TIERS[:3], Severity.INFO, *TIERS[3:])
    lines = [_tier(tier, [e for e in opened if e.severity is tier], end=end) for tier in shown]
    return tuple(line for line in lines if line.opened or line.severity in TIERS)


def _tier(tier: Severity, mine: Sequence[Episode], *, end: datetime) -> TierLine:
    waits = waits_of(mine, end=end)
    reaches = [
        (e.contacted_at - e.since).total_seconds()
        for e in mine
        if e.contacted_at and e.contacted_at < end
    ]
    return TierLine(
        severity=tier,
        opened=len(mine),
        acknowledged=len(waits),
        median=_median(waits),
        on_time=on_time(mine, TARGETS.get(tier), answered, end=end),
        reached=len(reaches),
        reached_median=_median(reaches),
        reached_on_time=on_time(mine, CONTACT_TARGETS.get(tier), reached, end=end),
        closed=sum(e.closed_at is not None and e.closed_at < end for e in mine),
        labelled=sum(bool(e.outcome) for e in mine),
    )


def _median(seconds: Sequence[float]) -> timedelta | None:
    return timedelta(seconds=median(seconds)) if seconds else None


def answered(episode: Episode) -> datetime | None:
    """Return when an alert was first taken, or ended without."""
    return episode.acknowledged_at or episode.closed_at


def reached(episode: Episode) -> datetime | None:
    """Return when the person, or who cares for them, was first reached about it."""
    return episode.contacted_at


def due(episode: Episode, target: timedelta | None, at: At, *, end: datetime) -> bool:
    """Return whether an alert counts for a target: it was answered, or its time is up, by `end`.

    What ended before its time was up, and needed nobody to be reached, does not. What is answered
    later changes nothing: a week is the same on the Monday after it and a month after.
    """
    if target is None:
        return False
    open_for = min(episode.closed_at or end, end) - episode.since
    return _by(end, at(episode)) is not None or open_for >= target


def _by(end: datetime, answer: datetime | None) -> datetime | None:
    """Return an answer that was there by the end."""
    return answer if answer is not None and answer < end else None


def on_time(mine: Iterable[Episode], target: timedelta | None, at: At, *, end: datetime) -> Rate:
    """Count what was answered in time among all that counts for a target."""
    counted = [(e, _by(end, at(e))) for e in mine if due(e, target, at, end=end)]
    kept = sum(
        answer is not None and target is not None and answer - e.since <= target
        for e, answer in counted
    )
    return Rate(kept, len(counted))


def problems(opened: Iterable[Episode]) -> tuple[ProblemLine, ...]:
    """Return a line for each problem, that with most alerts first."""
    of: dict[Problem, list[Episode]] = {}
    for each in opened:
        of.setdefault(each.problem, []).append(each)
    lines = [_problem(problem, mine) for problem, mine in of.items()]
    return tuple(sorted(lines, key=lambda line: (-line.opened, line.problem)))


def _problem(problem: Problem, mine: Sequence[Episode]) -> ProblemLine:
    labels = [e.outcome for e in mine if e.outcome]
    return ProblemLine(
        problem,
        len(mine),
        actionable_of(labels),
        ppv_of(labels),
        dict(sorted(Counter(labels).items())),
        len({e.patient_id for e in mine}),
    )


def rules(opened: Iterable[Episode]) -> tuple[RuleLine, ...]:
    """Return a line for each rule that speaks, that with most alerts first."""
    of: dict[str, list[Episode]] = {}
    for each in opened:
        for rule in set(each.rules):
            of.setdefault(rule, []).append(each)
    lines = []
    for rule, mine in of.items():
        labels = [e.outcome for e in mine if e.outcome]
        lines.append(RuleLine(rule, len(mine), actionable_of(labels), ppv_of(labels)))
    return tuple(sorted(lines, key=lambda line: (-line.opened, line.rule)))


def by_owner(opened: Iterable[Episode]) -> dict[UUID, int]:
    """Return how many of the alerts each clinician owns."""
    return dict(Counter(e.owner_id for e in opened if e.owner_id))
