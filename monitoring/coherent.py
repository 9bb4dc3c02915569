"""Which head of a model speaks for which: no whole is told below one of its parts.

Heads are fitted apart, so one family of events can come out above any event, and three days above
seven. The larger figure then stands for both, with its own exact parts: any event is at least as
likely as its likeliest family (decision 40).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from monitoring.families import ANY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from monitoring.risk import Head


def includes(head: Head, other: Head) -> bool:
    """Return whether each event that the other speaks of is one that this speaks of."""
    return head.family in (ANY, other.family) and head.horizon_days >= other.horizon_days


def carriers(heads: Sequence[Head], odds: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return int64[n, heads], which head speaks for each: the largest of those it includes.

    `odds` float64[n, heads] are what each says by itself; of equals each speaks for itself.
    """
    every = []
    for number, head in enumerate(heads):
        others = [n for n, each in enumerate(heads) if n != number and includes(head, each)]
        within = np.array([number, *others], dtype=np.int64)
        every.append(within[odds[:, within].argmax(axis=1)])
    return np.stack(every, axis=1)
