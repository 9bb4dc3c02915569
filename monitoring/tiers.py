"""The probabilities at which the tiers of a learned score begin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.vitals import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping


def begin_in_order(thresholds: Mapping[str, Any]) -> bool:
    """Return whether each tier is one, begins at a probability, and none below a lesser one."""
    if not thresholds or not thresholds.keys() <= set(Severity):
        return False
    least = [thresholds[tier] for tier in sorted(thresholds, key=lambda t: Severity(t).rank)]
    numbers = all(type(each) in (int, float) and 0 < each <= 1 for each in least)
    return numbers and least == sorted(least)
