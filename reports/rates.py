"""Shares that never go without what they rest on, and what the outcome of an alert counts as."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

FEW = 5  # a rate over fewer is marked: one more alert would change it by a fifth
ACTIONABLE = "true-actionable"
TRUE = frozenset({ACTIONABLE, "true-no-action-needed"})
COUNTED = TRUE | {"false-measurement", "false-physiology-benign"}  # duplicate, unsure: apart
Z = 1.959964  # of the standard normal distribution: 95 % lie within


@dataclass(frozen=True, slots=True)
class Rate:
    """A share that never goes without its count."""

    hits: int
    of: int

    @property
    def share(self) -> float | None:
        """Return the share, or None of nothing."""
        return self.hits / self.of if self.of else None

    @property
    def few(self) -> bool:
        """Return whether it rests on too few to lean on."""
        return self.of < FEW


NONE = Rate(0, 0)


def actionable_of(labels: Iterable[str]) -> Rate:
    """Return PPV-actionable: of what counts, what led to an action."""
    counted = [label for label in labels if label in COUNTED]
    return Rate(sum(label == ACTIONABLE for label in counted), len(counted))


def ppv_of(labels: Iterable[str]) -> Rate:
    """Return PPV-event: of what counts, what was true."""
    counted = [label for label in labels if label in COUNTED]
    return Rate(sum(label in TRUE for label in counted), len(counted))


def wilson(rate: Rate) -> tuple[float, float] | None:
    """Return the 95 % score interval of a share, None of nothing.

    References
    ----------
    E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209-212.
    """
    if not rate.of:
        return None
    n, share = rate.of, rate.hits / rate.of
    spread = Z * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    middle, scale = share + Z * Z / (2 * n), 1 + Z * Z / n
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)
