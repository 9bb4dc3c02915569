"""The score as a forecast, day by day: whether it ranks, is true, and is of use.

Only days on which no recorded event is being treated count. Patients are drawn, never days.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lab.reporting.metrics import (
    Ranked,
    auprc,
    auroc,
    bin_of,
    calibration,
    net_benefit,
    reliability,
)
from lab.reporting.people import followed
from lab.reporting.tally import Figure
from lab.scorecard import interval

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from lab.reporting.metrics import Reliability
    from lab.reporting.people import Watched

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

HORIZON = 7.0  # days ahead that a column foretells
DRAWS = 200  # each draw goes over all patient-days
SUSPECT = 0.90  # AUROC above which leakage is assumed until shown otherwise (G9)
THRESHOLDS = (0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.07, 0.10, 0.15, 0.20)


@dataclass(frozen=True, slots=True, eq=False)
class Days:
    """The patient-days that count, over some people: who, and what followed."""

    kept: Bools  # of all rows of these people
    followed: Bools  # of the rows kept
    patient: NDArray[np.int64]  # of the rows kept
    patients: int

    @classmethod
    def of(
        cls, people: Sequence[Watched], horizon: float, kinds: frozenset[str] | None = None
    ) -> Days:
        """Return the days of people, with what follows within a horizon."""
        pairs = [followed(person, horizon, kinds) for person in people]
        ahead = np.concatenate([each for each, _ in pairs])
        kept = np.concatenate([each for _, each in pairs])
        names, own = np.unique([person.name for person in people], return_inverse=True)
        rows = np.repeat(own, [len(person.days) for person in people])
        return cls(kept, ahead[kept], rows[kept], len(names))

    def weights(self, seed: int, draws: int = DRAWS) -> list[Floats]:
        """Return how often each row counts in each bootstrap sample of patients."""
        random = np.random.default_rng(seed)
        drawn = random.integers(0, self.patients, size=(draws, self.patients))
        each = (np.bincount(row, minlength=self.patients) for row in drawn)
        return [np.asarray(counts[self.patient], dtype=np.float64) for counts in each]


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """One column of probabilities judged on its days."""

    figures: Mapping[str, Figure]
    bins: Reliability | None  # None where the column is no probability


def forecast(days: Days, values: Floats, seed: int, *, probability: bool) -> Forecast:
    """Judge one column; `values` are of all rows of the people of `days`."""
    own = values[days.kept]
    even, draws = np.ones(len(own)), days.weights(seed)
    ranked = Ranked.of(own, days.followed)
    found = {
        "auroc": _figure(lambda w: auroc(ranked, w), even, draws),
        "auprc": _figure(lambda w: auprc(ranked, w), even, draws),
        "prevalence": _figure(lambda w: _share(days.followed, w), even, draws),
        "days": Figure(float(len(own))),
    }
    if not probability:
        return Forecast(found, None)
    bins = reliability(own, days.followed, even, bin_of(own))
    return Forecast(found | calibrated(days, values, seed), bins)


def calibrated(days: Days, values: Floats, seed: int) -> dict[str, Figure]:
    """Return slope, intercept and calibration error of a column of probabilities."""
    own = values[days.kept]
    even, draws, bins = np.ones(len(own)), days.weights(seed), bin_of(own)
    exact = calibration(own, days.followed, even)
    again = np.array(
        [calibration(own, days.followed, w, exact) for w in draws] if _known(exact) else [exact]
    )
    return {
        "intercept": Figure(exact[0], *interval(again[:, 0])),
        "slope": Figure(exact[1], *interval(again[:, 1])),
        "ece": _figure(lambda w: reliability(own, days.followed, w, bins).ece, even, draws),
    }


def _known(pair: tuple[float, float]) -> bool:
    return not any(math.isnan(value) for value in pair)


def _share(followed_: Bools, weights: Floats) -> float:
    return float(np.average(followed_, weights=weights)) if weights.sum() else math.nan


def _figure(measure: Callable[[Floats], float], even: Floats, draws: Sequence[Floats]) -> Figure:
    if not len(even):
        return Figure(math.nan)
    return Figure(measure(even), *interval(np.array([measure(each) for each in draws])))


def suspected(forecasts: Mapping[str, Mapping[str, Forecast]]) -> list[str]:
    """Return which columns rank too well to be believed, by world: taken as leakage (G9)."""
    return [
        f"{column} in {name}"
        for name, each in forecasts.items()
        for column, one in each.items()
        if one.figures["auroc"].value > SUSPECT
    ]


def decision_curve(
    days: Days, columns: Mapping[str, Floats], alerts: Mapping[str, Bools]
) -> dict[str, list[float]]:
    """Return net benefit at THRESHOLDS: of probabilities, of plain alerts, of all and none."""
    everybody = np.ones(len(days.followed), dtype=np.bool_)
    ways: dict[str, Callable[[float], Bools]] = {
        "alert on every day": lambda _: everybody,
        "alert on no day": lambda _: ~everybody,
    }
    for name, values in columns.items():
        ways[name] = _above(values[days.kept])
    for name, fired in alerts.items():
        ways[name] = _always(fired[days.kept])
    return {
        name: [net_benefit(way(least), days.followed, least) for least in THRESHOLDS]
        for name, way in ways.items()
    }


def _above(values: Floats) -> Callable[[float], Bools]:
    return lambda least: np.asarray(values >= least, dtype=np.bool_)


def _always(fired: Bools) -> Callable[[float], Bools]:
    return lambda _: fired


def alerted_days(person: Watched) -> Bools:
    """Return on which judged days the rules said AMBER or RED in the day before their end."""
    every = np.concatenate([*person.seen.rules.values(), np.empty(0)])
    ahead = person.days[:, None] - every
    return np.asarray(np.any((ahead >= 0) & (ahead < 1), axis=1), dtype=np.bool_)
