"""What would have made a rule not fire, where that is one number; and true for every reading.

The number is rounded towards the safe side, so that a value which reads as the stated one does
not fire either. Of several levels of a rule the loosest counts: short of it none fires.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

from core.vitals import MEASURES
from monitoring.comparison import Comparison
from monitoring.phrases import Number, Phrase, within
from monitoring.rule_kinds import (
    AverageRule,
    ChangeRule,
    DriftRule,
    LimitRule,
    RepeatedDaysRule,
    SustainedRule,
)

if TYPE_CHECKING:
    from core.vitals import Vital
    from monitoring.moment import Hit
    from monitoring.phrases import Value
    from monitoring.rule_kinds import Level

_DIGITS = 6  # 36.2 + 1.1 is 37.300000000000004


def otherwise(hit: Hit) -> Phrase | None:
    """Return what would have made it not fire, or None where that is not one number."""
    comparison = _comparison(hit)
    limit = _loosest(hit)
    if hit.vital is None or limit is None or comparison is None:
        return None
    return safe_side(hit.vital, comparison, limit)


def safe_side(vital: Vital, comparison: Comparison, limit: float) -> Phrase:
    """Return the sentence for a vital that fires where `comparison` with `limit` holds."""
    facts: dict[str, Value] = {
        "measure": Phrase(within(vital)),
        "limit": _rounded(limit, vital, upward=comparison.upward),
        "unit": Phrase(MEASURES[vital].unit_display),
    }
    if comparison is Comparison.ABOVE:
        return Phrase("It would not have fired with {measure} at or below {limit} {unit}.", facts)
    if comparison is Comparison.AT_LEAST:
        return Phrase("It would not have fired with {measure} below {limit} {unit}.", facts)
    if comparison is Comparison.AT_MOST:
        return Phrase("It would not have fired with {measure} above {limit} {unit}.", facts)
    return Phrase("It would not have fired with {measure} at or above {limit} {unit}.", facts)


def _rounded(limit: float, vital: Vital, *, upward: bool) -> Number:
    decimals = MEASURES[vital].decimals
    exact = Decimal(str(round(limit, _DIGITS)))
    towards = ROUND_FLOOR if upward else ROUND_CEILING
    return Number(float(exact.quantize(Decimal(1).scaleb(-decimals), towards)), decimals)


def _comparison(hit: Hit) -> Comparison | None:
    rule = hit.rule
    if isinstance(rule, LimitRule):
        return rule.levels[-1].comparison
    if isinstance(rule, AverageRule):
        return next(t.comparison for t in rule.terms if t.vital is hit.vital)
    if isinstance(rule, ChangeRule | RepeatedDaysRule):
        return rule.comparison
    if isinstance(rule, SustainedRule):
        return Comparison.AT_LEAST if rule.change > 0 else Comparison.AT_MOST
    if isinstance(rule, DriftRule):
        return Comparison.AT_LEAST if (rule.change or -1.0) > 0 else Comparison.AT_MOST
    return None


def _loosest(hit: Hit) -> float | None:
    """Return the limit short of which no level of the rule fires."""
    rule = hit.rule
    if not isinstance(rule, LimitRule):
        return hit.limit
    limits = [x for level in rule.levels if (x := _limit(level, hit)) is not None]
    extreme = min if rule.levels[-1].comparison.upward else max
    return extreme(limits, default=None)


def _limit(level: Level, hit: Hit) -> float | None:
    """Return a level's limit; None where it needs a usual and there is none, so it is silent."""
    if level.limit is not None:
        return level.limit
    if level.change is None or hit.usual is None:
        return None
    return hit.usual.centre + level.change
