"""A device's event, such as a fall: said unless the device itself takes it back in time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.vitals import Severity, Vital  # noqa: TC001 (toml_values reads the annotations)
from monitoring.moment import Hit, Waiting, evidence
from monitoring.phrases import Phrase, shortest
from monitoring.rule_kinds import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitoring.moment import Moment
    from monitoring.windows import Series

SLACK = 1.0  # seconds; what was waited for falls due exactly at the end of the wait


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRule(Rule):
    """An event (1) that no cancellation (0) by its device follows within `cancel_seconds`."""

    vital: Vital
    severity: Severity
    cancel_seconds: float


def event(rule: EventRule, now: Moment) -> Iterator[Hit | Waiting]:
    """Wait for a cancellation of each event, then say it, dated when it happened.

    Each for itself: that somebody falls again within the wait takes nothing back, nor does what
    another device says.
    """
    series = now.series(rule.vital)
    if series is None:
        return
    first = int(series.times.searchsorted(now.at - rule.cancel_seconds - SLACK))
    for i in range(first, len(series)):
        if series.values[i] >= 1 and not _taken_back(rule, series, i):
            due = float(series.times[i]) + rule.cancel_seconds
            yield Waiting(due) if now.at < due else _hit(rule, series, i)


def _taken_back(rule: EventRule, series: Series, event: int) -> bool:
    at = float(series.times[event])
    after = range(event + 1, len(series))
    return any(
        series.values[i] < 1
        and at < float(series.times[i]) <= at + rule.cancel_seconds
        and _of_one_device(series, i, event)
        for i in after
    )


def _of_one_device(series: Series, one: int, other: int) -> bool:
    """Return whether one device spoke twice; what nobody named is taken for one."""
    sources = series.origin.sources if series.origin else None
    return sources is None or bool(sources[one] == sources[other])


def _hit(rule: EventRule, series: Series, event: int) -> Hit:
    at = float(series.times[event])
    return Hit(
        rule=rule,
        severity=rule.severity,
        at=at,
        day=int(series.days[event]),
        vital=rule.vital,
        since=at,
        otherwise=Phrase(
            "It would not have fired if the device had taken it back within {limit} seconds.",
            {"limit": shortest(rule.cancel_seconds)},
        ),
        evidence=evidence(series, rule.vital, [event]),
    )


def vitals(rule: EventRule) -> frozenset[Vital]:
    """Return the one vital."""
    return frozenset({rule.vital})


def faults(rule: EventRule) -> Iterator[str]:
    """Tell of a time that is none."""
    if rule.cancel_seconds < 0:
        yield "cancel_seconds must not be below 0"
