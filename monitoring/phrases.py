"""What a sentence is made from, before it is one: a message and the facts that stand in it.

A message is named by its English text, as in gettext; `words` makes it a sentence in the
reader's language. Facts are numbers, instants and other phrases, never ready words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from core.vitals import MEASURES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.vitals import Vital

_SAME = 1e-6  # 36.2 + 1.1 is 37.300000000000004
_FINER = 3  # more digits than this tell nobody anything


@dataclass(frozen=True, slots=True)
class Number:
    """A number and how many of its decimals are shown."""

    value: float
    decimals: int = 0

    def __str__(self) -> str:
        """Return it as shown, without any language's grouping."""
        return f"{self.value:.{self.decimals}f}"


@dataclass(frozen=True, slots=True)
class Instant:
    """A point in time (seconds since the epoch) and the zone in which it is told."""

    at: float
    zone: str


@dataclass(frozen=True, slots=True)
class Day:
    """A local day, by its ordinal (`date.toordinal`)."""

    ordinal: int


@dataclass(frozen=True, slots=True)
class Phrase:
    """A message and its facts. With `plural`, the number is the fact `count`."""

    id: str
    facts: Mapping[str, Value] = field(default_factory=dict, hash=False)
    plural: str = ""


def counted(one: str, many: str, facts: Mapping[str, Value]) -> Phrase:
    """Return the message of a number: in English one or many, elsewhere as many forms as it has."""
    return Phrase(one, facts, many)


Value: TypeAlias = "Number | Instant | Day | Phrase | tuple[Phrase, ...]"


def number(value: float, vital: Vital | None, *, beside: float | None = None) -> Number:
    """Return a value as its vital is shown; with more digits where `beside` would read the same."""
    decimals = MEASURES[vital].decimals if vital else 1
    if beside is not None and abs(value - beside) > _SAME:
        while decimals < _FINER and f"{value:.{decimals}f}" == f"{beside:.{decimals}f}":
            decimals += 1
    return Number(value, decimals)


def shortest(value: float) -> Number:
    """Return a number of the rulebook with the decimals that it was written with."""
    return Number(value, len(f"{value:g}".partition(".")[2]))


def whole(value: float) -> Number:
    """Return a number without decimals."""
    return Number(value, 0)


def measured(vital: Vital, value: float) -> Phrase:
    """Return one value as it stands within a sentence; of an answer, only what was asked."""
    measure = MEASURES[vital]
    if not measure.unit_display:
        return Phrase(within(vital))
    facts: dict[str, Value] = {
        "measure": Phrase(within(vital)),
        "value": number(value, vital),
        "unit": Phrase(measure.unit_display),
    }
    return Phrase("{measure} {value} {unit}", facts)


@cache
def within(vital: Vital) -> str:
    """Return a vital's name as it stands within a sentence: `weight`, but `SpO2`."""
    first, *rest = MEASURES[vital].display.split(" ")
    acronym = any(letter.isupper() for letter in first[1:])
    return " ".join([first if acronym else first.lower(), *rest])


def write(value: Value) -> Any:
    """Return a fact as JSON values."""
    if isinstance(value, Number):
        return {"number": [value.value, value.decimals]}
    if isinstance(value, Instant):
        return {"instant": [value.at, value.zone]}
    if isinstance(value, Day):
        return {"day": value.ordinal}
    if isinstance(value, Phrase):
        return write_phrase(value)
    return [write_phrase(each) for each in value]


def write_phrase(phrase: Phrase) -> dict[str, Any]:
    """Return a phrase as JSON values."""
    plural = {"plural": phrase.plural} if phrase.plural else {}
    facts = {"facts": write_facts(phrase.facts)} if phrase.facts else {}
    return {"id": phrase.id, **facts, **plural}


def write_facts(facts: Mapping[str, Value]) -> dict[str, Any]:
    """Return named facts as JSON values."""
    return {name: write(value) for name, value in facts.items()}


def read(stored: Any) -> Value:
    """Return the fact that was written."""
    if isinstance(stored, list):
        return tuple(read_phrase(each) for each in stored)
    if "number" in stored:
        return Number(*stored["number"])
    if "instant" in stored:
        return Instant(*stored["instant"])
    if "day" in stored:
        return Day(stored["day"])
    return read_phrase(stored)


def read_phrase(stored: Mapping[str, Any]) -> Phrase:
    """Return the phrase that was written."""
    return Phrase(stored["id"], read_facts(stored.get("facts", {})), stored.get("plural", ""))


def read_facts(stored: Mapping[str, Any]) -> dict[str, Value]:
    """Return the named facts that were written."""
    return {name: read(value) for name, value in stored.items()}
