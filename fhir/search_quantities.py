"""What an amount in a search means: a number with its implied precision, in a unit of our table.

Units are converted only where the code beside them names a vital sign whose table has both:
18.0156 belongs to glucose and to nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from fhir.codes import meaning
from fhir.search_dates import Prefix
from fhir.search_tokens import codings, unescaped
from fhir.units import TABLE, UCUM

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from core.vitals import Vital

_NUMBER = re.compile(
    r"(?P<prefix>[a-z]{2})?(?P<number>-?\d{1,20}(?:\.\d{1,20})?(?:[eE][+-]?\d{1,2})?)", re.ASCII
)
_PARTS = (1, 3)  # a number, or number|system|code
_INFINITE = Decimal("Infinity")


@dataclass(frozen=True, slots=True)
class Measured:
    """A number of a resource as the range that it stands for, its unit, and of which vital."""

    low: Decimal
    high: Decimal
    system: str
    code: str
    unit: str
    vital: Vital | None


@dataclass(frozen=True, slots=True)
class Amount:
    """A number that is searched for, with half a unit of its last digit on either side."""

    prefix: Prefix
    value: Decimal
    margin: Decimal
    system: str | None = None  # None where any system will do
    code: str | None = None

    def fits(self, measured: Measured) -> bool:
        """Return whether a number of a resource lies as the prefix says (R4 search, 3.1.1.4.8)."""
        known = self._in_its_unit(measured)
        if known is None:
            return False
        low, high = known
        inside = self._least <= low and (high < self._most or low == high == self._least)
        return {
            Prefix.EQ: inside,
            Prefix.NE: not inside,
            Prefix.GT: high > self.value,
            Prefix.LT: low < self.value,
            Prefix.GE: high > self.value or inside,
            Prefix.LE: low < self.value or inside,
            Prefix.SA: low > self.value,
            Prefix.EB: high < self.value,
            Prefix.AP: low <= self.value + self._about and high >= self.value - self._about,
        }[self.prefix]

    @property
    def _least(self) -> Decimal:
        return self.value - self.margin

    @property
    def _most(self) -> Decimal:
        return self.value + self.margin

    @property
    def _about(self) -> Decimal:
        return max(abs(self.value) / 10, self.margin)

    def _in_its_unit(self, measured: Measured) -> tuple[Decimal, Decimal] | None:
        """Return the resource's range in the unit that is searched for, or None."""
        if self.code is None or self._same_unit(measured):
            return measured.low, measured.high
        table = TABLE[measured.vital] if measured.vital else {}
        both = {self.code, measured.code} <= table.keys()
        if not both or {self.system or UCUM, measured.system} != {UCUM}:
            return None
        zero, one = table[self.code](Decimal(0)), table[self.code](Decimal(1))
        low, high = (
            each if each.is_infinite() else (table[measured.code](each) - zero) / (one - zero)
            for each in (measured.low, measured.high)
        )
        return low, high

    def _same_unit(self, measured: Measured) -> bool:
        if self.system is None:
            return self.code in (measured.code, measured.unit)
        return (self.system, self.code) == (measured.system, measured.code)


def read_amount(text: str) -> Amount | None:
    """Return what `[prefix]number`, `…|system|code` or `…||code` asks for, or None."""
    parts = unescaped(text)
    found = _NUMBER.fullmatch(parts[0])
    if found is None or len(parts) not in _PARTS or (len(parts) > 1 and not parts[2]):
        return None
    prefix = found["prefix"] or "eq"
    if prefix not in tuple(Prefix):
        return None
    value = Decimal(found["number"])
    exponent = int(value.as_tuple().exponent)
    unit = (parts[1] or None, parts[2]) if len(parts) > 1 else (None, None)
    return Amount(Prefix(prefix), value, Decimal(5).scaleb(exponent - 1), *unit)


def measured_in(node: Mapping[str, Any]) -> Iterator[Measured]:
    """Return the Quantity of an Observation or of a component, with the vital of its code."""
    quantity = node.get("valueQuantity") or {}
    try:
        value = Decimal(str(quantity["value"]))
    except (KeyError, InvalidOperation):
        return
    pairs = [(each.system, each.code) for each in codings([node.get("code")])]
    comparator = str(quantity.get("comparator", ""))
    yield Measured(
        low=-_INFINITE if "<" in comparator else value,
        high=_INFINITE if ">" in comparator else value,
        system=str(quantity.get("system", "")),
        code=str(quantity.get("code", "")),
        unit=str(quantity.get("unit", "")),
        vital=meaning(pairs).vital,
    )
