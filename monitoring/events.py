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

SLACK = 1.0  # seconds; what was waited for falls due exactly at the end of the wait


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRule(Rule):
    """An event (1) that no cancellation (0) follows within `cancel_seconds`."""

    vital: Vital
    severity: Severity
    cancel_seconds: float


def event(rule: EventRule, now: Moment) -> Iterator[Hit | Waiting]:
    """Wait for a cancellation of the newest event, then say it, dated when it happened."""
    series = now.series(rule.vital)
    if series is None:
        return
    happened = [i for i in range(len(series)) if series.values[i] >= 1]
    if not happened:
        return
    last = happened[-1]
    at = float(series.times[last])
    if now.at > at + rule.cancel_seconds + SLACK:
        return
    if any(at < float(t) <= at + rule.cancel_seconds for t in series.times[last + 1 :]):
        return
    if now.at < at + rule.cancel_seconds:
        yield Waiting(at + rule.cancel_seconds)
        return
    yield Hit(
        rule=rule,
        severity=rule.severity,
        at=at,
        day=int(series.days[last]),
        vital=rule.vital,
        since=at,
        otherwise=Phrase(
            "It would not have fired if the device had taken it back within {limit} seconds.",
            {"limit": shortest(rule.cancel_seconds)},
        ),
        evidence=evidence(series, rule.vital, [last]),
    )


def vitals(rule: EventRule) -> frozenset[Vital]:
    """Return the one vital."""
    return frozenset({rule.vital})


def faults(rule: EventRule) -> Iterator[str]:
    """Tell of a time that is none."""
    if rule.cancel_seconds < 0:
        yield "cancel_seconds must not be below 0"
