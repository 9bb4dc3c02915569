"""On which side of a limit the danger lies, for every rule that has one."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from monitoring.series import Bools, Floats


class Comparison(StrEnum):
    """How a value stands to a limit."""

    ABOVE = "above"
    AT_LEAST = "at-least"
    AT_MOST = "at-most"
    BELOW = "below"

    @property
    def upward(self) -> bool:
        """Return whether larger values are the dangerous ones."""
        return self in (Comparison.ABOVE, Comparison.AT_LEAST)

    @overload
    def holds(self, value: float, limit: float) -> bool: ...

    @overload
    def holds(self, value: Floats, limit: float) -> Bools: ...

    def holds(self, value: float | Floats, limit: float) -> bool | Bools:
        """Return whether the value lies beyond the limit; of float64[n], bool[n]."""
        if self is Comparison.ABOVE:
            return value > limit
        if self is Comparison.AT_LEAST:
            return value >= limit
        if self is Comparison.AT_MOST:
            return value <= limit
        return value < limit
