"""A value past a general limit that is usual for this person is news of a lesser tier.

General limits speak of anybody; who lives near one, or whose scale swings, would be called about
for their own normal (evidence.md 0, finding 4). Only YELLOW is touched: RED and AMBER speak as they
were signed, whoever is used to it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.vitals import Severity

if TYPE_CHECKING:
    from monitoring.moment import Hit

DIGITS = 6


def lesser(hit: Hit) -> Hit:
    """Return the hit, lowered where its value lies within the person's own range."""
    own = hit.rule.own_range
    if own is None or hit.severity is not Severity.YELLOW:
        return hit
    if hit.value is None or hit.usual is None or hit.usual.provisional:
        return hit
    away = round(abs(hit.value - hit.usual.centre), DIGITS)
    if away >= round(own.spreads * hit.usual.spread, DIGITS):
        return hit
    if own.severity.rank >= hit.severity.rank:
        return hit
    return replace(hit, severity=own.severity)
