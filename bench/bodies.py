"""Invented Observations as gateways send them, encoded before any clock runs."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from core.clock import utc_now

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"
# code, display, unit, lowest, highest, decimals
SIGNALS = (
    ("8867-4", "Heart rate", "/min", 55, 95, 0),
    ("59408-5", "Oxygen saturation", "%", 93, 99, 0),
    ("29463-7", "Body weight", "kg", 60, 95, 1),
    ("8310-5", "Body temperature", "Cel", 36, 37, 1),
    ("85354-9", "Blood pressure panel", "mm[Hg]", 100, 140, 0),
)


@dataclass(slots=True)
class Invention:
    """Never gives two readings of one person and measurement at the same time.

    Parameters
    ----------
    patients : sequence of str
        The ids to post for, in turn.
    named : bool
        Whether each Observation carries an identifier of its own.
    """

    patients: Sequence[str]
    named: bool
    round: str
    until: datetime
    made: int = 0

    def observation(self) -> dict[str, Any]:
        """Return the next Observation: five measurements in turn, one second apart."""
        number = self.made
        self.made += 1
        rng = random.Random(number)  # noqa: S311 (the same numbers every time)
        signal = SIGNALS[number % len(SIGNALS)]
        at = self.until - timedelta(seconds=1 + number // len(self.patients))
        found = {
            "resourceType": "Observation",
            "status": "final",
            "category": [{"coding": [{"system": CATEGORY, "code": "vital-signs"}]}],
            "code": _concept(signal[0], signal[1]),
            "subject": {"reference": f"Patient/{self.patients[number % len(self.patients)]}"},
            "effectiveDateTime": at.isoformat(timespec="seconds"),
            "issued": self.until.isoformat(timespec="seconds"),
        }
        if self.named:
            value = f"{self.round}-{number:08d}"
            found["identifier"] = [{"system": "https://gateway.example/readings", "value": value}]
        if signal[0] != "85354-9":
            low, high, decimals = signal[3:]
            measured = rng.uniform(low, high)
            shown = round(measured, decimals) if decimals else round(measured)
            return found | {"valueQuantity": _quantity(shown, signal[2])}
        halves = (("8480-6", "Systolic", 125), ("8462-4", "Diastolic", 78))
        return found | {
            "component": [
                {
                    "code": _concept(code, f"{name} blood pressure"),
                    "valueQuantity": _quantity(middle + rng.randint(-9, 9), "mm[Hg]"),
                }
                for code, name, middle in halves
            ]
        }

    def single(self) -> bytes:
        """Return one encoded Observation."""
        return json.dumps(self.observation()).encode()

    def bundle(self, entries: int) -> bytes:
        """Return an encoded batch."""
        listed = [
            {"resource": self.observation(), "request": {"method": "POST", "url": "Observation"}}
            for _ in range(entries)
        ]
        return json.dumps({"resourceType": "Bundle", "type": "batch", "entry": listed}).encode()


def _concept(code: str, display: str) -> dict[str, Any]:
    return {"coding": [{"system": LOINC, "code": code, "display": display}], "text": display}


def _quantity(value: float, unit: str) -> dict[str, Any]:
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


def rounds(patients: Sequence[str], *, named: bool) -> Iterator[Invention]:
    """Yield inventions whose times never meet: each three hours before the one before it.

    Those without identifiers lie between those with them.
    """
    start = utc_now().replace(microsecond=0) - timedelta(minutes=1 if named else 91)
    for number in range(1_000):
        until = start - timedelta(hours=3 * number)
        yield Invention(patients, named, f"{start:%H%M%S}-{number}", until)
