"""A limit that somebody set for a vital: four levels, who set it and why, and the rules it makes.

A value at a limit counts as beyond it. `alert` is AMBER and `warn` is YELLOW; RED stays with the
rulebook, whatever a plan says (AL-01).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date  # noqa: TC003 (toml_values reads the annotations)
from enum import StrEnum
from typing import TYPE_CHECKING

from core.errors import Sentence
from core.vitals import MEASURES, Severity, Vital
from monitoring.comparison import Comparison
from monitoring.problem_of import problem_of
from monitoring.rule_kinds import Level, LimitRule, Scope
from monitoring.rulebook_check import CONFIDENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

UNANSWERED = 30.0  # minutes that a repeat is waited for, where more than one reading must agree (E)
PREFIX = "PLAN-"


class Origin(StrEnum):
    """Who set a limit, the least binding first."""

    TEMPLATE = "template"
    SITE = "site"
    CLINICIAN = "clinician"


class Side(StrEnum):
    """Which end of the range a level guards."""

    LOW = "low"
    HIGH = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLimit:
    """Up to four levels for one vital, in its canonical unit.

    With `from_usual` the levels are signed differences from the person's own median of
    `usual_days` days. `readings` within `within_minutes` must agree, each `apart_minutes` after
    the one before, or `unanswered_minutes` pass without a repeat (AL-20); 0: then nothing is said.
    """

    vital: Vital
    reason: str
    alert_low: float | None = None
    warn_low: float | None = None
    warn_high: float | None = None
    alert_high: float | None = None
    from_usual: bool = False
    usual_days: int = 28
    readings: int = 1
    within_minutes: float = 30.0
    apart_minutes: float = 0.0
    unanswered_minutes: float = UNANSWERED
    basis: str = ""  # the literature behind it
    confidence: str = "E"  # tags of evidence.md
    scope: Scope = field(default_factory=Scope)
    set_by: str = ""
    set_on: date | None = None
    review_by: date | None = None
    locked: bool = False
    origin: Origin = Origin.SITE
    origin_name: str = ""  # of a template: its name

    def level(self, severity: Severity, side: Side) -> float | None:
        """Return one of the four levels."""
        if severity is Severity.AMBER:
            return self.alert_low if side is Side.LOW else self.alert_high
        return self.warn_low if side is Side.LOW else self.warn_high

    @property
    def sides(self) -> frozenset[Side]:
        """Return the ends of the range that this limit guards."""
        low = self.alert_low is not None or self.warn_low is not None
        high = self.alert_high is not None or self.warn_high is not None
        return frozenset({Side.LOW} if low else ()) | frozenset({Side.HIGH} if high else ())


def faults(limit: PlanLimit) -> Iterator[Sentence]:
    """Tell what nobody could have meant by a limit: no level, levels out of order or range."""
    levels = [limit.alert_low, limit.warn_low, limit.warn_high, limit.alert_high]
    given = [level for level in levels if level is not None]
    if not given:
        yield Sentence("none of alert_low, warn_low, warn_high, alert_high is given")
    if given != sorted(given) or len(set(given)) != len(given):
        yield Sentence("levels must rise: alert_low < warn_low < warn_high < alert_high")
    yield from _out_of_range(limit, given)
    if not limit.reason:
        yield Sentence("reason is missing")
    if limit.readings < 1 or limit.within_minutes <= 0 or limit.usual_days < 1:
        yield Sentence("readings, within_minutes and usual_days must be above 0")
    if limit.unanswered_minutes < 0 or not 0 <= limit.apart_minutes < limit.within_minutes:
        yield Sentence(
            "unanswered_minutes and apart_minutes must be 0 or more, and apart within the window"
        )
    if CONFIDENCE.fullmatch(limit.confidence) is None:
        tag = {"tag": limit.confidence}
        yield Sentence("confidence: '{tag}' is no tag of evidence.md", tag)
    if limit.scope.on_oxygen is not None:
        yield Sentence(
            "scope.on_oxygen: known only at the time, so that no plan can say what is in force"
        )


def _out_of_range(limit: PlanLimit, given: list[float]) -> Iterator[Sentence]:
    measure = MEASURES[limit.vital]
    if limit.from_usual:
        lows = [level for level in (limit.alert_low, limit.warn_low) if level is not None]
        highs = [level for level in (limit.warn_high, limit.alert_high) if level is not None]
        if any(level >= 0 for level in lows) or any(level <= 0 for level in highs):
            yield Sentence(
                "differences from the usual must be below 0 for low and above 0 for high levels"
            )
        return
    for level in given:
        if not measure.low <= level <= measure.high:
            yield Sentence(
                "{level} lies outside the plausible range of {measure}",
                {"level": f"{level:g}", "measure": Sentence(measure.display)},
            )


def rules_of(limit: PlanLimit, name: str) -> Iterator[LimitRule]:
    """Yield the rules a limit makes, one for each end of the range; `name` ends their ids."""
    for side in sorted(limit.sides):
        levels = tuple(_levels(limit, side))
        yield LimitRule(
            id=f"{PREFIX}{name}-{side}".upper(),
            problem=problem_of(limit.vital),
            source=source(limit),
            confidence=limit.confidence,
            clinician=CLINICIAN[side],
            patient=PATIENT,
            scope=limit.scope,
            vital=limit.vital,
            levels=levels,
        )


def _levels(limit: PlanLimit, side: Side) -> Iterator[Level]:
    comparison = Comparison.AT_MOST if side is Side.LOW else Comparison.AT_LEAST
    for severity in (Severity.AMBER, Severity.YELLOW):
        level = limit.level(severity, side)
        if level is not None:
            yield Level(
                severity=severity,
                comparison=comparison,
                limit=None if limit.from_usual else level,
                change=level if limit.from_usual else None,
                usual_days=limit.usual_days,
                readings=limit.readings,
                within_minutes=limit.within_minutes,
                apart_minutes=limit.apart_minutes,
                unanswered_minutes=_unanswered(limit),
            )


def _unanswered(limit: PlanLimit) -> float | None:
    return (limit.unanswered_minutes or None) if limit.readings > 1 else None


def source(limit: PlanLimit) -> str:
    """Return who set a limit, why, and until when it stands, in one line."""
    named = f"{limit.origin} {limit.origin_name}".strip()
    parts = [f"plan ({named}): {limit.reason}", *([limit.basis] if limit.basis else [])]
    if limit.set_by:
        parts.append(f"set by {limit.set_by}")
    if limit.set_on:
        parts.append(f"on {limit.set_on.isoformat()}")
    if limit.review_by:
        parts.append(f"to be reviewed by {limit.review_by.isoformat()}")
    return "; ".join(parts)


CLINICIAN = {
    Side.LOW: "{measure} {value} {unit}, at or below the plan's limit of {limit} {unit}",
    Side.HIGH: "{measure} {value} {unit}, at or above the plan's limit of {limit} {unit}",
}
PATIENT = (
    "{measure}: {value} {unit}. This is outside the range that your care team watches for you. "
    "It can mean that your treatment needs a check."
)
