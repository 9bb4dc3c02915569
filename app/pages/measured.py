"""One reading in a sentence: with its usual, its course and its limit; pure."""

from __future__ import annotations

from collections.abc import Mapping

from app.pages.course import Subject, course, range_words
from app.pages.language import Language
from app.pages.wording import Sentence, set_apart
from core.vitals import MEASURES, Vital
from monitoring.findings import Evidence, Says
from monitoring.phrases import Number, Phrase, Value, number


def measured(row: Subject, reading: Evidence, value: Number) -> Sentence:
    """Return one reading with its usual, its course and its limit; the number is set apart."""
    said, vital = row.said, reading.vital
    unit = MEASURES[vital].unit_display
    facts: dict[str, Value] = {"value": value, "unit": Phrase(unit)}
    amount = said.phrase(Phrase("{value} {unit}", facts)).strip()
    parts = {
        "measure": said.say(MEASURES[vital].display),
        "amount": amount,
        "course": course(row, reading.effective, reading.value, vital),
    }
    limit = _limit(row, vital, reading.value)
    if row.usual is None:
        return set_apart(_without_usual(said, limit, parts), (amount,))
    parts["range"] = range_words(row, row.usual)
    return set_apart(_beside_usual(said, limit, parts), (amount,))


def _beside_usual(said: Language, limit: str, parts: Mapping[str, str]) -> str:
    if not limit:
        return said.say("{measure} {amount}, usual {range}, {course}.", **parts)
    return said.say(
        "{measure} {amount}, usual {range}, {course}; limit {limit}.", limit=limit, **parts
    )


def _without_usual(said: Language, limit: str, parts: Mapping[str, str]) -> str:
    if not limit:
        return said.say("{measure} {amount}, no usual yet, {course}.", **parts)
    return said.say(
        "{measure} {amount}, no usual yet, {course}; limit {limit}.", limit=limit, **parts
    )


def _limit(row: Subject, vital: Vital, value: float) -> str:
    if row.limit is None or not isinstance(row.finding.says, Says):
        return ""
    if "{limit}" not in row.finding.says.clinician:
        return ""  # of a chart: not in the unit of its vital
    shown: Value = number(row.limit, vital, beside=value)
    return row.said.phrase(Phrase("{limit}", {"limit": shown}))
