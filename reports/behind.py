"""Which alerts stand behind a figure of a report: the figures and their lists ask the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from core.vitals import Severity
from reports.episodes import CONTACT_TARGETS, TARGETS, Episode
from reports.rates import COUNTED
from reports.response import answered, due, reached
from reports.weekly import Report

OPENED, OPEN, ENDED = "opened", "open", "ended"
ANY, NOBODY, COUNTS = "any", "nobody", "counted"
Asks = Callable[[Episode], bool]


@dataclass(frozen=True, slots=True)
class Which:
    """Which alerts of a week: that opened in it, ended in it, or are open at its end; narrowed.

    `outcome` and `owner` may be `any`, `owner` also `nobody`, and `outcome` `counted` for what a
    predictive value rests on; `state` is one of `STATES`.
    """

    of: str = OPENED
    tier: str = ""
    problem: str = ""
    outcome: str = ""
    owner: str = ""
    hours: str = ""  # in or off
    state: str = ""

    @property
    def facts(self) -> dict[str, str]:
        """Return what it says, for an address."""
        return {f.name: v for f in fields(self) if (v := str(getattr(self, f.name)))}


def alerts_behind(report: Report, which: Which, *, end: datetime) -> list[Episode]:
    """Return the alerts of a figure, the newest first."""
    kinds: dict[str, Sequence[Episode]] = {OPEN: report.still_open, ENDED: report.ended}
    listed = kinds.get(which.of, report.alerts)
    asks = [
        (which.tier, lambda e: e.severity == which.tier),
        (which.problem, lambda e: e.problem == which.problem),
        (which.outcome, lambda e: _named(which.outcome, e.outcome)),
        (which.owner, lambda e: _named(which.owner, str(e.owner_id or ""))),
        (which.hours, lambda e: e.in_hours is (which.hours == "in")),
        (which.state, STATES.get(which.state, _no)(end)),
    ]
    wanted: list[Asks] = [ask for named, ask in asks if named]
    found = [each for each in listed if all(ask(each) for ask in wanted)]
    return sorted(found, key=lambda e: (e.opened_at, e.id.int), reverse=True)


def _named(wanted: str, value: str) -> bool:
    if wanted == NOBODY:
        return not value
    if wanted == COUNTS:
        return value in COUNTED
    return bool(value) if wanted == ANY else value == wanted


def _no(_: datetime) -> Asks:
    return lambda _: False


def _target(targets: dict[Severity, timedelta], episode: Episode) -> timedelta | None:
    return targets.get(episode.severity)


STATES: dict[str, Callable[[datetime], Asks]] = {
    "taken": lambda end: lambda e: bool(e.acknowledged_at and e.acknowledged_at < end),
    "reached": lambda end: lambda e: bool(e.contacted_at and e.contacted_at < end),
    "taken-due": lambda end: lambda e: due(e, _target(TARGETS, e), answered, end=end),
    "reached-due": lambda end: lambda e: due(e, _target(CONTACT_TARGETS, e), reached, end=end),
}
