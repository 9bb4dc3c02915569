"""Described instants with what followed: what a learned risk is fitted and judged on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from monitoring.families import MAIN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from monitoring.families import Target

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Rows of one group are in order of time; a row stands for one patient-day.

    `described` float[n, f]; `outcomes` bool[n] for each target, an event of its family within
    its horizon; `usable` bool[n], false while an event that was already recorded is being
    treated; `groups` int64[n] patients; `days` float64[n] time of each row in days; `weights`
    float64[n], how many patient-days each stands for, None where each stands for itself.
    """

    described: Floats
    outcomes: Mapping[Target, Bools]
    usable: Bools
    groups: NDArray[np.int64]
    days: Floats
    weights: Floats | None = None

    @property
    def weight(self) -> Floats:
        """Return float64[n], how many patient-days each row stands for."""
        return np.ones(len(self.days)) if self.weights is None else self.weights

    @property
    def worsened(self) -> Bools:
        """Return bool[n]: any event within the main horizon."""
        return self.outcomes[MAIN]

    def of(self, rows: Bools) -> Sample:
        """Return the sample of these rows, bool[n]."""
        return Sample(
            self.described[rows],
            {target: each[rows] for target, each in self.outcomes.items()},
            self.usable[rows],
            self.groups[rows],
            self.days[rows],
            None if self.weights is None else self.weights[rows],
        )

    def joined(self, others: Sample | None, target: Target) -> Sample:
        """Return this sample with other people after it, of whom the outcome of a target is known.

        The outcome of that target alone is in it. Itself, where nothing is known of them.
        """
        if others is None or target not in others.outcomes or target not in self.outcomes:
            return self
        first = int(self.groups.max(initial=-1)) + 1
        return Sample(
            np.concatenate([self.described, others.described], dtype=self.described.dtype),
            {target: np.concatenate([self.outcomes[target], others.outcomes[target]])},
            np.concatenate([self.usable, others.usable]),
            np.concatenate([self.groups, others.groups + first]),
            np.concatenate([self.days, others.days]),
            np.concatenate([self.weight, others.weight]),
        )

    def digest(self) -> str:
        """Return a hash of everything that was learned from."""
        content = hashlib.sha256()
        outcomes = [self.outcomes[target] for target in sorted(self.outcomes)]
        for array in (self.described, *outcomes, self.usable, self.groups, self.days, self.weight):
            content.update(np.ascontiguousarray(array).tobytes())
        return content.hexdigest()
