"""One measurement that came by two paths: it counts once, and support is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.vitals import MEASURES, Group, Severity, Vital
from monitoring.moment import Hit, kept_evidence
from monitoring.phrases import Phrase
from monitoring.rule_kinds import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitoring.moment import Moment

SLACK = 1.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubleRule(Rule):
    """The same value of a vital within `seconds`, not twice from one device: one measurement.

    Its second copy confirms nothing, enters no mean and teaches no baseline.
    """

    severity: Severity
    vitals: tuple[Vital, ...]
    seconds: float


def doubled(rule: DoubleRule, now: Moment) -> Iterator[Hit]:
    """Say which measurement of this moment is one that is there already."""
    for first, second in now.past.twice:
        if second.vital in rule.vitals and 0 <= now.at - second.time <= SLACK:
            yield Hit(
                rule=rule,
                severity=rule.severity,
                at=second.time,
                day=second.day,
                vital=second.vital,
                value=second.value,
                count=2,
                since=first.time,
                evidence=(kept_evidence(first), kept_evidence(second)),
                otherwise=Phrase("It would not have fired if the two had differed."),
            )


def vitals(rule: DoubleRule) -> frozenset[Vital]:
    """Return the vitals that are looked at."""
    return frozenset(rule.vitals)


def faults(rule: DoubleRule) -> Iterator[str]:
    """Tell of a time in which nothing can be the same, and of what may truly happen twice."""
    if rule.seconds <= 0:
        yield "seconds must be above 0"
    for vital in rule.vitals:
        if MEASURES[vital].group is not Group.BODY:
            yield f"{vital}: an event or an answer may come twice"
