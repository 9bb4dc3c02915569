"""What the learned score looks at: how far, how fast and how completely, at one instant.

One implementation for live assessment, replay and training. Everything is measured against
the person's own normal from before the week under test, and nothing after the cut-off is
seen. A vital that was not measured is NaN, and how often it was measured is a feature of its
own: people often measure less, or more, before they fall ill.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from core.vitals import MEASURES, Vital
from monitoring.baseline import SPAN_DAYS, like_days, usual
from monitoring.windows import DAY, cut, local_day, zone_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from monitoring.daily import Daily
    from monitoring.findings import Usual
    from monitoring.windows import History

FORMAT = 1  # rises when a feature changes its meaning: an older artefact is then refused

# The normal is learnt from the days before these: the days under test never teach it.
WINDOW_DAYS = 7
# Vitals scored against the own normal, and the sign in which worse lies where physiology
# dictates one (0: both directions can be bad).
SIGNS: dict[Vital, int] = {
    Vital.BODY_WEIGHT: 0,
    Vital.HEART_RATE: 1,
    Vital.SYSTOLIC_BP: 0,
    Vital.SPO2: -1,
    Vital.RESPIRATORY_RATE: 1,
    Vital.BODY_TEMPERATURE: 1,
    Vital.GLUCOSE: 1,
    Vital.STEPS: -1,
    Vital.SLEEP: 0,
}
STRAIN = (
    Vital.HEART_RATE,
    Vital.SPO2,
    Vital.RESPIRATORY_RATE,
    Vital.BODY_TEMPERATURE,
    Vital.STEPS,
)
STRAIN_CAP = 4.0  # spreads; one broken device must not look like five failing organs
LEVELS: dict[Vital, int] = {
    Vital.SPO2: -1,
    Vital.HEART_RATE: 1,
    Vital.RESPIRATORY_RATE: 1,
    Vital.BODY_TEMPERATURE: 1,
    Vital.GLUCOSE: 0,
    Vital.SYSTOLIC_BP: 0,
}
CONDITIONS = (
    "heart_failure",
    "copd",
    "diabetes",
    "chronic_kidney_disease",
    "atrial_fibrillation",
    "dementia",
)


@dataclass(frozen=True, slots=True)
class Feature:
    """One number that the score uses; `monotonic` is the sign of its effect, 0 if free."""

    name: str
    label: str
    vital: Vital | None = None
    monotonic: int = 0


def _of_vital(vital: Vital, sign: int) -> tuple[Feature, ...]:
    shown = MEASURES[vital].display
    return (
        Feature(f"{vital}.now", f"{shown}: last two days against usual", vital, sign),
        Feature(f"{vital}.week", f"{shown}: last week against usual", vital, sign),
        Feature(f"{vital}.change3", f"{shown}: change over 3 days", vital, 0),
        Feature(f"{vital}.change7", f"{shown}: change over 7 days", vital, 0),
        Feature(f"{vital}.measured", f"{shown}: days measured of the last 7", vital, 0),
    )


def _spelled(condition: str) -> str:
    return "COPD" if condition == "copd" else condition.replace("_", " ").capitalize()


_WEIGHT = Vital.BODY_WEIGHT
FEATURES: tuple[Feature, ...] = (
    *(feature for vital, sign in SIGNS.items() for feature in _of_vital(vital, sign)),
    Feature("fluid.now", "Weight above usual in heart failure, last two days", _WEIGHT, 1),
    Feature("fluid.week", "Weight above usual in heart failure, last week", _WEIGHT, 1),
    Feature("lungs.now", "SpO2 lower with a faster pulse in COPD, last two days", Vital.SPO2, 1),
    Feature("strain.now", "Several vitals worse than usual at once, last two days", None, 1),
    Feature("strain.week", "Several vitals worse than usual at once, last week", None, 1),
    *(
        Feature(f"{v}.level", f"{MEASURES[v].display}: level of the last 3 days", v, sign)
        for v, sign in LEVELS.items()
    ),
    Feature("age", "Age", None, 1),
    Feature("conditions", "Number of chronic conditions", None, 1),
    *(Feature(f"has.{name}", _spelled(name)) for name in CONDITIONS),
    Feature("contact.week", "Days with any reading, of the last 7"),
    Feature("contact.month", "Days with any reading, of the last 28"),
    Feature("contact.silence", "Hours since the last reading"),
)

Against = tuple[float, float, float, float]  # see _against_usual
Recent = dict[int, float]  # days back from today → median of that local day
_NOW = (0, 1)
_LAST_THREE = (0, 1, 2)
_THREE_DAYS_AGO = (3, 4)
_WEEK = tuple(range(WINDOW_DAYS))
_WEEK_SET = frozenset(_WEEK)
_WEEK_AGO = (7, 8, 9)


def describe(history: History, cutoff: float) -> NDArray[np.float64]:
    """Return float64[len(FEATURES)] at `cutoff` (epoch seconds), NaN where not known.

    Only what was measured by `cutoff` is used; a caller that replays cuts the history at what
    had arrived by then as well (`windows.cut`).
    """
    past = cut(history, cutoff)
    today = local_day(cutoff, zone_of(past.person.zone))
    recent = {vital: _recent(past, vital, today) for vital in SIGNS}
    normal = {
        vital: usual(past, vital, before=today - WINDOW_DAYS + 1) if recent[vital] else None
        for vital in SIGNS
    }
    against = {vital: _against_usual(normal[vital], recent[vital]) for vital in SIGNS}
    numbers: list[float] = []
    for vital in SIGNS:
        numbers += (*against[vital], float(len(recent[vital].keys() & _WEEK_SET)))
    numbers += _fluid(past.person.groups, normal[_WEIGHT], recent[_WEIGHT])
    numbers.append(_lungs(past.person.groups, against))
    numbers += (_strain(against, 0), _strain(against, 1))
    numbers += (_mean(recent[vital], _LAST_THREE) for vital in LEVELS)
    numbers += _about(past, today)
    numbers += _contact(past, cutoff)
    return np.array(numbers, dtype=np.float64)


_WEEKS = [n for n, f in enumerate(FEATURES) if f.vital in SIGNS and f.name == f"{f.vital}.week"]


def enough(described: NDArray[np.float64]) -> bool:
    """Return whether any vital of the last week can be held against the person's own normal.

    Without one a score would speak of age and diagnoses alone, and of how long somebody has
    been enrolled: it abstains.
    """
    return not bool(np.isnan(described[_WEEKS]).all())


def _recent(past: History, vital: Vital, today: int) -> Recent:
    """Return the daily medians of the last ten local days, by days back from today."""
    if vital not in past.series:
        return {}
    like = like_days(past, vital, before=today - WINDOW_DAYS + 1, days=SPAN_DAYS)
    daily = like.between(today - WINDOW_DAYS - 2, today)
    return {today - day: value for day, value in zip(*_plain(daily), strict=True)}


def _plain(daily: Daily) -> tuple[list[int], list[float]]:
    # Ten numbers are quicker as a dict than as an array: this runs for each vital and instant.
    return daily.days.tolist(), daily.medians.tolist()


def _against_usual(normal: Usual | None, recent: Recent) -> Against:
    """Return two-day level, week level, 3-day and 7-day change, all in the person's spreads."""
    if normal is None:
        return math.nan, math.nan, math.nan, math.nan
    now = _mean(recent, _NOW)
    return (
        (now - normal.centre) / normal.spread,
        (_mean(recent, _WEEK) - normal.centre) / normal.spread,
        (now - _mean(recent, _THREE_DAYS_AGO)) / normal.spread,
        (now - _mean(recent, _WEEK_AGO)) / normal.spread,
    )


def _fluid(groups: frozenset[str], normal: Usual | None, recent: Recent) -> tuple[float, float]:
    """Return kilograms above usual where weight means fluid: in heart failure (Chaudhry 2007)."""
    if normal is None or "heart_failure" not in groups:
        return math.nan, math.nan
    return _mean(recent, _NOW) - normal.centre, _mean(recent, _WEEK) - normal.centre


def _lungs(groups: frozenset[str], against: dict[Vital, Against]) -> float:
    """Return the mean fall of SpO2 and rise of pulse in COPD, in spreads (Hurst 2010)."""
    if "copd" not in groups:
        return math.nan
    return (against[Vital.HEART_RATE][0] - against[Vital.SPO2][0]) / 2


def _mean(recent: Recent, days_back: tuple[int, ...]) -> float:
    known = [recent[back] for back in days_back if back in recent]
    return sum(known) / len(known) if known else math.nan


def _strain(against: dict[Vital, Against], which: int) -> float:
    """Sum how many spreads the vitals lie on their bad side; NaN where none is known."""
    known = [
        min(max(SIGNS[vital] * against[vital][which], 0.0), STRAIN_CAP)
        for vital in STRAIN
        if not math.isnan(against[vital][which])
    ]
    return sum(known) if known else math.nan


def _about(past: History, today: int) -> Iterator[float]:
    person = past.person
    age = person.age(date.fromordinal(today))
    yield math.nan if age is None else float(age)
    yield float(len(person.groups))
    for name in CONDITIONS:
        yield float(name in person.groups)


def _contact(past: History, cutoff: float) -> Iterator[float]:
    """Count days (24 h steps back from the cut-off) with any reading, and hours of silence."""
    month = past.contacts[past.contacts.searchsorted(cutoff - 28 * DAY) :]
    back = np.unique(((cutoff - month) // DAY).astype(np.int64))
    yield float(np.count_nonzero(back < WINDOW_DAYS))
    yield float(len(back))
    yield (cutoff - float(month[-1])) / 3600 if len(month) else math.nan
