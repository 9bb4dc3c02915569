"""Whether the people scored of late are like those a model was trained on, feature by feature.

The population stability index (PSI) compares two distributions over the same groups:
Σ (lately - trained) · ln(lately / trained). Below 0.10 nothing is said to have moved, from 0.25
on much has (N. Siddiqi, Credit Risk Scorecards, Wiley 2006). Where nothing moved, PSI · n is about
chi-squared with one degree of freedom less than there are groups (B. Yurdakul and J. Naranjo,
Statistical properties of the population stability index, J. Risk Model Validation 14, 2020): what
chance alone would show in so few people is not told as drift.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from monitoring.risk import single

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]

SOME, MARKED = 0.10, 0.25
GROUPS = 10  # beside the missing: the many bins of a feature would each hold almost nobody
FEWEST = 30  # people below whom nothing is said at all (E)
_HALF = 0.5  # added to each group, so that an empty one does not make the index infinite
_RARE = 1e-4  # the least share that training is taken to have had in a group
_ONE_IN_A_THOUSAND = 3.0902  # standard deviations


class Drift(StrEnum):
    """How much a feature has moved since training."""

    NONE = "none"
    SOME = "some"
    MARKED = "marked"
    NOT_ENOUGH = "not enough"


@dataclass(frozen=True, slots=True)
class Moved:
    """One feature: its index, what chance shows in one feature of a thousand, and the word."""

    feature: str
    index: float
    noise: float
    word: Drift


def bin_shares(binned: Floats | NDArray[np.float32], bins: Sequence[int]) -> list[list[float]]:
    """Return for each feature the share of its rows in each bin, and last that of the missing.

    `binned` is float64[n, f] of bin numbers with NaN for missing, as `training.binned` makes it;
    `bins` says how many bins each feature has. Written into the card of an artefact.
    """
    rows = max(len(binned), 1)
    return [
        [round(float(count) / rows, 6) for count in counted(column, many)]
        for column, many in zip(binned.T, bins, strict=True)
    ]


def counted(column: Floats, bins: int) -> Counts:
    """Return int64[bins + 1]: rows in each bin, and last the missing; `column` is float64[n]."""
    missing = np.isnan(column)
    codes = np.where(missing, bins, np.nan_to_num(column)).astype(np.int64)
    return np.bincount(codes, minlength=bins + 1)


def placed(edges: Floats, values: Floats) -> Floats:
    """Return the bin of each value, float64[n], keeping NaN; `edges` may end in infinities."""
    codes = edges.searchsorted(single(values), side="right").astype(np.float64)
    return np.where(np.isnan(values), np.nan, codes)


def drifted(trained: Mapping[str, Sequence[float]], lately: Mapping[str, Counts]) -> list[Moved]:
    """Return what moved, the most first; `lately` are people counted by bin, missing last.

    A feature of which training kept no shares is left out.
    """
    known = [
        _moved(name, np.array(trained[name]), counts)
        for name, counts in lately.items()
        if len(trained.get(name, ())) == len(counts)
    ]
    return sorted(known, key=lambda each: -each.index)


def _moved(name: str, shares: Floats, counts: Counts) -> Moved:
    group = _groups(shares)
    expected = np.bincount(group, shares)
    found = np.bincount(group, counts)
    people, many = int(counts.sum()), len(expected)
    expected = np.maximum(expected, _RARE)
    expected = expected / expected.sum()
    now = (found + _HALF) / (people + _HALF * many)
    index = float(((now - expected) * np.log(now / expected)).sum())
    noise = _noise(many - 1) / max(people, 1)
    return Moved(name, round(index, 4), round(noise, 4), _word(index, noise, people))


def _groups(shares: Floats) -> Counts:
    """Return the group of each bin: neighbours until each group has about a tenth; missing last."""
    before = np.cumsum(shares[:-1]) - shares[:-1] / 2
    whole = max(float(shares[:-1].sum()), _RARE)
    raw = np.minimum((before / whole * GROUPS).astype(np.int64), GROUPS - 1)
    group = np.unique(raw, return_inverse=True)[1]
    return np.append(group, group.max(initial=-1) + 1)


def _noise(freedom: int) -> float:
    """Return the chi-squared value that chance passes once in a thousand (Wilson and Hilferty)."""
    if freedom < 1:
        return 0.0
    part = 2 / (9 * freedom)
    return float(freedom * (1 - part + _ONE_IN_A_THOUSAND * part**0.5) ** 3)


def _word(index: float, noise: float, people: int) -> Drift:
    if people < FEWEST or (noise >= SOME and index < max(noise, SOME)):
        return Drift.NOT_ENOUGH
    if index >= MARKED:
        return Drift.MARKED
    return Drift.SOME if index >= SOME else Drift.NONE
