"""In which unit a reader sees weight, temperature and glucose; stored is the canonical one only.

The one place of conversion is the table of `fhir.units`, read the other way round.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from core.vitals import MEASURES, Vital
from fhir.units import TABLE

COOKIE = "wardlight-units"


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit that can be chosen: its UCUM code, how it is written, with how many digits."""

    code: str
    display: str
    decimals: int


# By the word that a cookie and a form hold.
WEIGHT = {"kg": Unit("kg", "kg", 1), "lb": Unit("[lb_av]", "lb", 1)}
TEMPERATURE = {"c": Unit("Cel", "°C", 1), "f": Unit("[degF]", "°F", 1)}
GLUCOSE = {"mg": Unit("mg/dL", "mg/dL", 0), "mmol": Unit("mmol/L", "mmol/L", 1)}
CHOICES = (WEIGHT, TEMPERATURE, GLUCOSE)
CHOSEN_BY: dict[Vital, int] = {
    Vital.BODY_WEIGHT: 0,
    Vital.BODY_TEMPERATURE: 1,
    Vital.SKIN_TEMPERATURE: 1,
    Vital.GLUCOSE: 2,
}


@dataclass(frozen=True, slots=True)
class Shown:
    """How the values of one vital are shown: canonical value times `scale` plus `shift`."""

    unit: str
    decimals: int
    scale: float = 1.0
    shift: float = 0.0

    def value(self, canonical: float) -> float:
        """Return a canonical value in the unit that is shown."""
        return canonical * self.scale + self.shift

    def words(self, canonical: float) -> str:
        """Return it with its digits."""
        return f"{self.value(canonical):.{self.decimals}f}"


@dataclass(frozen=True, slots=True)
class Units:
    """One word of each choice; what is not known falls to the canonical unit."""

    words: tuple[str, ...] = ("kg", "c", "mg")

    def of(self, vital: Vital) -> Shown:
        """Return how a vital is shown."""
        measure = MEASURES[vital]
        place = CHOSEN_BY.get(vital)
        if place is None:
            return Shown(measure.unit_display, measure.decimals)
        unit = CHOICES[place][self.words[place]]
        if unit.code == measure.unit:
            return Shown(measure.unit_display, measure.decimals)
        convert = TABLE[vital][unit.code]
        nought = convert(Decimal(0))
        step = convert(Decimal(1)) - nought
        return Shown(unit.display, unit.decimals, float(1 / step), float(-nought / step))

    def __str__(self) -> str:
        """Return what a cookie holds of it."""
        return ".".join(self.words)


CANONICAL = Units()


def units(said: str, default: str = "") -> Units:
    """Return the units that a cookie names; where it names none of ours, the site's."""
    words = said.split(".")
    if len(words) == len(CHOICES) and all(
        word in choice for word, choice in zip(words, CHOICES, strict=True)
    ):
        return Units(tuple(words))
    return units(default) if default else CANONICAL
