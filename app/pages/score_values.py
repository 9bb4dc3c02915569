"""The numbers of a score in words: a probability, the value of a part, what a part does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.vitals import Vital
from monitoring import predictors, words

if TYPE_CHECKING:
    from app.pages.language import Language
    from monitoring.findings import Contribution

MINUS = "\N{MINUS SIGN}"
AGAINST_USUAL = ("latest", "change7", "change21", "now", "week", "change3")
SYNDROMES = frozenset(feature.name for feature in predictors.SYNDROMES)
LEAST_PERCENT, MOST_PERCENT = 0.01, 0.99


def percent(probability: float, said: Language) -> str:
    """Return a probability in whole per cent; never that something is sure."""
    if probability < LEAST_PERCENT:
        return said.say("under 1 %")
    if probability > MOST_PERCENT:
        return said.say("over 99 %")
    return f"{probability * 100:.0f} %"


def effect(points: float, every: float, said: Language) -> str:
    """Return which way points move a score, and their share of all that moves it."""
    share = f"{abs(points) / every * 100:.0f} %"
    if points > 0:
        return said.say("raises it, {share} of all", share=share)
    return said.say("lowers it, {share} of all", share=share)


def value_words(each: Contribution, said: Language) -> str:
    """Return the value that a part speaks of, in the unit of its feature."""
    value, kind = each.value, each.feature
    if value is None:
        return said.say("not known")
    group, _, what = kind.rpartition(".")
    if group == "has":
        return said.say("yes" if value else "no")
    if kind == "age":
        return said.say("{count} years", count=round(value))
    if what == "silence":
        return said.say("{count} h", count=round(value))
    if what in ("measured", "told") or group == "contact":
        return said.count("{count} day", "{count} days", round(value))
    return _measured(group, what, value, said)


def _measured(group: str, what: str, value: float, said: Language) -> str:
    signed = f"{value:+.1f}".replace("-", MINUS)
    if what in ("level", "highest", "lowest"):
        return words.quantity(value, Vital(group), said.name)
    if f"{group}.{what}" in SYNDROMES:
        return said.say("{value} times the usual variation in sum", value=signed)
    if what == "change60":
        return f"{signed} %"
    if what == "recent":
        return said.say("{value} standard errors from usual", value=signed)
    if what in AGAINST_USUAL:
        return said.say("{value} times the usual variation", value=signed)
    return f"{value:g}"
