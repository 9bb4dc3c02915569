"""A care team's week in numbers, from plain values: people first, every rate with its count.

Nothing here rounds or words; a page prints what this computes, and a test recomputes it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING

from alerts.inbox import GRAVE
from core.vitals import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from monitoring.findings import Problem
    from reports.week import Week

FEW = 5  # a rate over fewer is marked: one more alert would change it by a fifth
SILENT_AFTER = timedelta(hours=48)
TIERS = (Severity.RED, Severity.AMBER, Severity.YELLOW, Severity.DQ)
TARGETS: dict[Severity, timedelta] = {  # acknowledged within (alerting.md section 2)
    Severity.RED: timedelta(minutes=15),
    Severity.AMBER: timedelta(hours=4),
    Severity.YELLOW: timedelta(days=3),
}
ACTIONABLE = "true-actionable"
TRUE = frozenset({ACTIONABLE, "true-no-action-needed"})
COUNTED = TRUE | {"false-measurement", "false-physiology-benign"}  # duplicate, unsure: apart


@dataclass(frozen=True, slots=True)
class Episode:
    """One alert as it stood at the end of the week; outcome as recorded until now."""

    id: UUID
    patient_id: UUID
    problem: Problem
    severity: Severity
    opened_at: datetime
    acknowledged_at: datetime | None
    closed_at: datetime | None
    outcome: str
    owner_id: UUID | None
    detail: str = ""  # the sub-reason of the outcome

    def live_in(self, start: datetime, end: datetime) -> bool:
        """Return whether it was open at some time of a span."""
        return self.opened_at < end and (self.closed_at is None or self.closed_at > start)


@dataclass(frozen=True, slots=True)
class World:
    """Everything a report is computed from."""

    patients: tuple[UUID, ...]
    episodes: tuple[Episode, ...]  # this week's, as they stood at its end
    before: tuple[Episode, ...]  # the week before's, as they stood at its end
    days: Mapping[UUID, frozenset[date]]  # local days with a reading, both weeks
    last: Mapping[UUID, datetime]  # newest reading before the end of the week


@dataclass(frozen=True, slots=True)
class Rate:
    """A share that never goes without its count."""

    hits: int
    of: int

    @property
    def share(self) -> float | None:
        """Return the share, or None of nothing."""
        return self.hits / self.of if self.of else None

    @property
    def few(self) -> bool:
        """Return whether it rests on too few to lean on."""
        return self.of < FEW


@dataclass(frozen=True, slots=True)
class Change:
    """How grave somebody's week was beside the week before; None: no alert."""

    patient_id: UUID
    now: Severity | None
    before: Severity | None


@dataclass(frozen=True, slots=True)
class TierLine:
    """The alerts of one tier that opened in the week."""

    severity: Severity
    opened: int
    acknowledged: int
    median: timedelta | None
    on_time: Rate


@dataclass(frozen=True, slots=True)
class ProblemLine:
    """The alerts of one problem that opened in the week, and what they turned out to be."""

    problem: Problem
    opened: int
    actionable: Rate
    ppv: Rate


@dataclass(frozen=True, slots=True)
class Adherence:
    """On how many days somebody sent a reading."""

    patient_id: UUID
    days: int
    before: int


@dataclass(frozen=True, slots=True)
class Report:
    """One team's week."""

    patients: int
    worse: tuple[Change, ...]
    better: tuple[Change, ...]
    silent: tuple[UUID, ...]
    still_open: tuple[Episode, ...]
    tiers: tuple[TierLine, ...]
    problems: tuple[ProblemLine, ...]
    outcomes: Mapping[str, int]
    actionable: Rate
    ppv: Rate
    opened: int
    closed: int
    grave: int
    per_clinician: Mapping[UUID, int]  # alerts of the week by who owns them
    adherence: tuple[Adherence, ...]
    possible_days: int


def weekly(world: World, week: Week, *, now: datetime) -> Report:
    """Compute a team's report; `now` cuts a week that is not over."""
    end = min(week.end, now)
    opened = [e for e in world.episodes if week.start <= e.opened_at < end]
    changes = _changes(world, week, end=end)
    labels = [e.outcome for e in opened if e.outcome]
    return Report(
        patients=len(world.patients),
        worse=tuple(c for c in changes if _rank(c.now) > _rank(c.before) and c.now in GRAVE),
        better=tuple(c for c in changes if _rank(c.now) < _rank(c.before) and c.before in GRAVE),
        silent=_silent(world, end=end),
        still_open=tuple(e for e in world.episodes if e.closed_at is None or e.closed_at >= end),
        tiers=tuple(_tier(tier, opened, end=end) for tier in TIERS),
        problems=_problems(opened),
        outcomes=Counter(labels),
        actionable=actionable_of(labels),
        ppv=ppv_of(labels),
        opened=len(opened),
        closed=sum(
            e.closed_at is not None and week.start <= e.closed_at < end for e in world.episodes
        ),
        grave=sum(e.severity in GRAVE for e in opened),
        per_clinician=Counter(e.owner_id for e in opened if e.owner_id),
        adherence=_adherence(world, week),
        possible_days=_possible(week, end),
    )


def _rank(severity: Severity | None) -> int:
    return -1 if severity is None else severity.rank


def _changes(world: World, week: Week, *, end: datetime) -> list[Change]:
    """Return everybody's gravest tier in both weeks, gravest first."""
    earlier = week.shifted(-1)
    now = _gravest(world.episodes, lambda e: e.live_in(week.start, end))
    before = _gravest(world.before, lambda e: e.live_in(earlier.start, earlier.end))
    changes = [Change(who, now.get(who), before.get(who)) for who in world.patients]
    return sorted(changes, key=lambda c: (-max(_rank(c.now), _rank(c.before)), str(c.patient_id)))


def _gravest(
    episodes: Iterable[Episode], counts: Callable[[Episode], bool]
) -> dict[UUID, Severity]:
    """Return each patient's gravest clinical tier; data quality says nothing of health."""
    found: dict[UUID, Severity] = {}
    for episode in episodes:
        if counts(episode) and episode.severity is not Severity.DQ:
            known = found.get(episode.patient_id)
            if known is None or episode.severity.rank > known.rank:
                found[episode.patient_id] = episode.severity
    return found


def _silent(world: World, *, end: datetime) -> tuple[UUID, ...]:
    newest = world.last
    return tuple(
        who for who in world.patients if who not in newest or end - newest[who] >= SILENT_AFTER
    )


def _tier(tier: Severity, opened: Sequence[Episode], *, end: datetime) -> TierLine:
    mine = [e for e in opened if e.severity is tier]
    waits = waits_of(mine, end=end)
    return TierLine(
        severity=tier,
        opened=len(mine),
        acknowledged=len(waits),
        median=timedelta(seconds=median(waits)) if waits else None,
        on_time=_on_time(tier, mine, end=end),
    )


def waits_of(episodes: Iterable[Episode], *, end: datetime) -> list[float]:
    """Return after how many seconds each was first taken, of those that were by `end`."""
    return [
        (e.acknowledged_at - e.opened_at).total_seconds()
        for e in episodes
        if e.acknowledged_at and e.acknowledged_at < end
    ]


def _on_time(tier: Severity, mine: Sequence[Episode], *, end: datetime) -> Rate:
    """Count what was acknowledged in time among all whose time is up, or who were taken."""
    target = TARGETS.get(tier)
    if target is None:
        return Rate(0, 0)
    due = [e for e in mine if e.acknowledged_at or e.closed_at or end - e.opened_at >= target]
    answered = [e.acknowledged_at or e.closed_at for e in due]
    kept = sum(
        at is not None and at - e.opened_at <= target for e, at in zip(due, answered, strict=True)
    )
    return Rate(kept, len(due))


def _problems(opened: Sequence[Episode]) -> tuple[ProblemLine, ...]:
    counts = Counter(e.problem for e in opened)
    lines = []
    for problem, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        labels = [e.outcome for e in opened if e.problem is problem and e.outcome]
        lines.append(ProblemLine(problem, count, actionable_of(labels), ppv_of(labels)))
    return tuple(lines)


def actionable_of(labels: Iterable[str]) -> Rate:
    """Return PPV-actionable: of what counts, what led to an action."""
    counted = [label for label in labels if label in COUNTED]
    return Rate(sum(label == ACTIONABLE for label in counted), len(counted))


def ppv_of(labels: Iterable[str]) -> Rate:
    """Return PPV-event: of what counts, what was true."""
    counted = [label for label in labels if label in COUNTED]
    return Rate(sum(label in TRUE for label in counted), len(counted))


def _adherence(world: World, week: Week) -> tuple[Adherence, ...]:
    """Return everybody's days, the fewest first."""
    lines = [
        Adherence(who, _days_in(world, who, week), _days_in(world, who, week.shifted(-1)))
        for who in world.patients
    ]
    return tuple(sorted(lines, key=lambda line: (line.days, line.before, str(line.patient_id))))


def _days_in(world: World, who: UUID, week: Week) -> int:
    last = week.monday + timedelta(days=7)
    return sum(week.monday <= day < last for day in world.days.get(who, frozenset()))


def _possible(week: Week, end: datetime) -> int:
    """Return how many days of the week have begun."""
    last = (end - timedelta(microseconds=1)).astimezone(week.zone).date()
    return max(min((last - week.monday).days + 1, 7), 0)
