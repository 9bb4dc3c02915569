"""How the rulebook and the score do on TIHM: alerts that clinicians confirmed, day by day.

The labels say "a rule fired and a clinician confirmed it", not deterioration: this measures
alert quality, not early detection (the data's README, traps 2 to 6).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

import numpy as np

from core.vitals import Severity
from ingest.enrolment import Person
from lab.intake import readings_of
from lab.reference import BODY_WATER, LONDON, observations, read_tihm
from monitoring.judgement import judge
from monitoring.windows import history

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from lab.reference import Participant
    from monitoring.findings import Finding
    from monitoring.risk import Model
    from monitoring.rulebook import Rulebook

CAVEAT = (
    "TIHM (Palermo et al. 2023, doi 10.1038/s41597-023-02519-y, CC BY 4.0). Labels are alerts that"
    " clinicians confirmed, not outcomes; few people carry many. Not early detection."
)
DRAWS = 500
SEED = 20190401
# Same-day limits of the data's README, trap 4: (kind, fires below, fires above).
PAPER = (
    ("Systolic blood pressure", 80.0, 190.0),
    ("Diastolic blood pressure", 50.0, 110.0),
    ("Heart rate", 55.0, 100.0),
    ("Body Temperature", 35.0, 37.6),
    (BODY_WATER, 40.0, 70.0),
)
IN_FORCE = (
    ("Systolic blood pressure", 90.0, 160.0),
    ("Diastolic blood pressure", 50.0, 100.0),
    ("Heart rate", 50.0, 100.0),
    ("Body Temperature", -math.inf, math.nextafter(38.0, 0)),  # fires at 38.0 too
    (BODY_WATER, 40.0, 70.0),
)
FIXED = {"fixed limits as printed": PAPER, "fixed limits as in force": IN_FORCE}


@dataclass(frozen=True, slots=True)
class Day:
    """One patient-day with physiology: was it labelled, and which rule sets fired."""

    patient: str
    labelled: bool
    fired: frozenset[str]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How one rule set agrees with the labels; intervals are 95 %, bootstrap by patient."""

    name: str
    sensitivity: float
    ppv: float
    f1: float
    fired_per_100: float
    sensitivity_interval: tuple[float, float]
    ppv_interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Comparison:
    """All rule sets on the same patient-days."""

    days: int
    labelled: int
    agreements: tuple[Agreement, ...]


def read(folder: Path) -> list[Participant]:
    """Return the participants of the source in `folder`."""
    return read_tihm(folder)


def compare(
    participants: Iterable[Participant], rulebook: Rulebook, model: Model | None
) -> Comparison:
    """Judge every patient-day with physiology by fixed limits and by the pipeline."""
    days = [day for who in participants for day in judged_days(who, rulebook, model)]
    names = [*FIXED, *_RULE_SETS, *(_SCORED if model else ())]
    return Comparison(
        days=len(days),
        labelled=sum(day.labelled for day in days),
        agreements=tuple(agreement(name, days) for name in names),
    )


ALERTED = (Severity.RED, Severity.AMBER, Severity.YELLOW)
_RULE_SETS = {
    "rules: RED": (Severity.RED,),
    "rules: RED, AMBER": (Severity.RED, Severity.AMBER),
    "rules: RED, AMBER, YELLOW": ALERTED,
}
_SCORED = ("rules and score: RED, AMBER, YELLOW",)


def judged_days(who: Participant, rulebook: Rulebook, model: Model | None) -> Iterator[Day]:
    """Judge each local day with physiology at its end, knowing only what had arrived."""
    past = history(person_of(who), readings_of(observations(who), zone=LONDON.key))
    taken = np.unique(np.concatenate([s.times for s in past.series.values()] or [np.empty(0)]))
    for day in sorted({row.taken.date() for row in who.measured}):
        start = datetime.combine(day, time(0), tzinfo=LONDON)
        end = start + timedelta(days=1) - timedelta(seconds=1)
        points = taken[(taken >= start.timestamp()) & (taken <= end.timestamp())]
        judged = judge(past, points.tolist(), now=end, rulebook=rulebook, model=model)
        today = [finding for finding in judged.findings if finding.day in (None, day)]
        yield Day(who.id, day in who.labelled, frozenset(_fired(who, day, today, rulebook)))


def person_of(who: Participant) -> Person:
    """Return what the judgement may know about a participant."""
    return Person(id=who.id, zone=LONDON.key, sex=who.sex, groups=frozenset({"dementia"}))


def _fired(
    who: Participant, day: date, findings: Sequence[Finding], rulebook: Rulebook
) -> Iterator[str]:
    for name, limits in FIXED.items():
        if _outside(who, day, limits):
            yield name
    score = rulebook.score.id if rulebook.score else ""
    for name, tiers in _RULE_SETS.items():
        if any(f.severity in tiers and f.rule_id != score for f in findings):
            yield name
    if any(f.severity in ALERTED for f in findings):
        yield from _SCORED


def _outside(who: Participant, day: date, limits: tuple[tuple[str, float, float], ...]) -> bool:
    bounds = {kind: (low, high) for kind, low, high in limits}
    return any(
        row.value < bounds[row.kind][0] or row.value > bounds[row.kind][1]
        for row in who.measured
        if row.kind in bounds and row.taken.date() == day
    )


def agreement(name: str, days: Sequence[Day]) -> Agreement:
    """Compare one rule set with the labels, patient-day by patient-day."""
    patients = sorted({day.patient for day in days})
    row_of = {patient: number for number, patient in enumerate(patients)}
    counts = np.zeros((len(patients), 4))  # both, labelled, fired, days
    for day in days:
        fired = name in day.fired
        counts[row_of[day.patient]] += (fired and day.labelled, day.labelled, fired, 1)
    both, labelled, fired_days, every = counts.sum(axis=0).tolist()
    drawn = np.random.default_rng(SEED).integers(0, len(patients), (DRAWS, len(patients)))
    again = counts[drawn].sum(axis=1)
    return Agreement(
        name=name,
        sensitivity=_ratio(both, labelled),
        ppv=_ratio(both, fired_days),
        f1=_ratio(2 * both, labelled + fired_days),
        fired_per_100=100 * fired_days / every,
        sensitivity_interval=_interval(again[:, 0], again[:, 1]),
        ppv_interval=_interval(again[:, 0], again[:, 2]),
    )


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def _interval(
    part: np.typing.NDArray[np.float64], whole: np.typing.NDArray[np.float64]
) -> tuple[float, float]:
    known = whole > 0
    if not known.any():
        return math.nan, math.nan
    low, high = np.quantile(part[known] / whole[known], (0.025, 0.975))
    return float(low), float(high)


HEADINGS = ("rule set", "sens (95 %)", "PPV (95 %)", "F1", "fired / 100 patient-days")


def rows(table: Comparison) -> list[tuple[str, ...]]:
    """Return the agreements as text, one row each, under HEADINGS."""
    return [
        (
            each.name,
            f"{each.sensitivity:.3f} ({_span(each.sensitivity_interval)})",
            f"{each.ppv:.3f} ({_span(each.ppv_interval)})",
            f"{each.f1:.3f}",
            f"{each.fired_per_100:.1f}",
        )
        for each in table.agreements
    ]


def _span(interval: tuple[float, float]) -> str:
    return f"{interval[0]:.2f} to {interval[1]:.2f}"
