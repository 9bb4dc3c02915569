"""Where the word of a bound stands: before the number in English, behind its unit in Korean."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from monitoring.phrases import Phrase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitoring.catalogue import Catalogue
    from monitoring.phrases import Value

BOUNDS = frozenset({"above {value}", "below {value}"})  # the meter showed LO or HI
_WITH_UNIT = re.compile(r"\{value\}(?:%|회/분|mmHg|mg/dL|kg|°C)?")


def beside_unit(
    template: str, facts: Mapping[str, Value], book: Catalogue
) -> tuple[str, Mapping[str, Value]]:
    """Return a sentence and its facts, with the word of a bound outside number and unit.

    Otherwise Korean would say `600 초과mg/dL`.
    """
    value = facts.get("value")
    if not isinstance(value, Phrase) or value.id not in BOUNDS:
        return template, facts
    word = book.text(value.id)
    said = _WITH_UNIT.sub(lambda found: word.replace("{value}", found[0]), template)
    return said, {**facts, "value": value.facts["value"]}
