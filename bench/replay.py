"""Times `wardlight replay` over a generated folder: 50 people, a year, 6 readings a day.

Run `python bench/replay.py [--patients N] [--days D] [--repeats R]`; prints medians.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.replay import replay
from monitoring.service import load_model, load_rulebook

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

START = datetime(2025, 1, 1, 7, tzinfo=UTC)
LOINC = "http://loinc.org"
LATE = 0.03  # share of readings that arrive days later (evidence.md 8.3)
UCUM = "http://unitsofmeasure.org"
CONDITIONS = ("I50.9", "E11.9", "J44.9", "I10", "N18.3")
# code, unit, centre, day-to-day spread, decimals (evidence.md 8.2)
SIGNALS = (
    ("29463-7", "kg", 78.0, 0.5, 1),
    ("8480-6", "mm[Hg]", 132.0, 11.0, 0),
    ("8867-4", "/min", 72.0, 5.5, 0),
    ("59408-5", "%", 96.0, 1.0, 0),
    ("8310-5", "Cel", 36.5, 0.3, 1),
    ("41653-7", "mg/dL", 135.0, 30.0, 0),
)


def write_folder(
    folder: Path, *, patients: int, days: int, seed: int = 1, start: datetime = START
) -> int:
    """Write Patient, Condition and Observation lines; return how many readings."""
    random = np.random.default_rng(seed)
    people = [f"p{n}" for n in range(patients)]
    _write(folder / "Patient.ndjson", (_patient(each) for each in people))
    _write(
        folder / "Condition.ndjson",
        (_condition(each, code) for n, each in enumerate(people) for code in _codes(n)),
    )
    lines = (o for each in people for o in _observations(each, days, start, random))
    return _write(folder / "Observation.ndjson", lines)


def _write(path: Path, resources: Iterator[dict[str, Any]]) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as target:
        for resource in resources:
            target.write(json.dumps(resource) + "\n")
            count += 1
    return count


def _codes(number: int) -> tuple[str, str]:
    return CONDITIONS[number % 5], CONDITIONS[(number + 2) % 5]


def _patient(name: str) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": name,
        "birthDate": "1946-04-01",
        "extension": [
            {
                "url": "http://hl7.org/fhir/StructureDefinition/timezone",
                "valueCode": "Europe/Berlin",
            }
        ],
    }


def _condition(patient: str, code: str) -> dict[str, Any]:
    status = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    return {
        "resourceType": "Condition",
        "subject": {"reference": f"Patient/{patient}"},
        "clinicalStatus": {"coding": [{"system": status, "code": "active"}]},
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": code}]},
    }


def _observations(
    patient: str, days: int, start: datetime, random: np.random.Generator
) -> Iterator[dict[str, Any]]:
    centres = {code: centre + spread * random.normal() for code, _, centre, spread, _ in SIGNALS}
    for day in range(days):
        for minutes, (code, unit, _, spread, decimals) in enumerate(SIGNALS):
            value = centres[code] + spread * random.standard_t(5)
            taken = start + timedelta(days=day, minutes=minutes + int(random.integers(40)))
            late = timedelta(days=int(random.integers(1, 4))) if random.random() < LATE else None
            yield {
                "resourceType": "Observation",
                "id": f"{patient}-{code}-{day}",
                "status": "final",
                "category": [{"coding": [_VITAL_SIGNS]}],
                "code": {"coding": [{"system": LOINC, "code": code}]},
                "subject": {"reference": f"Patient/{patient}"},
                "effectiveDateTime": taken.isoformat(),
                "issued": (taken + (late or timedelta(seconds=20))).isoformat(),
                "valueQuantity": {
                    "value": round(min(value, 100.0) if unit == "%" else value, decimals),
                    "unit": unit,
                    "system": UCUM,
                    "code": unit,
                },
            }


_VITAL_SIGNS = {
    "system": "http://terminology.hl7.org/CodeSystem/observation-category",
    "code": "vital-signs",
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the folder once, replay it several times, print the medians."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--patients", type=int, default=50)
    options.add_argument("--days", type=int, default=365)
    options.add_argument("--repeats", type=int, default=3)
    chosen = options.parse_args(arguments)
    rulebook, model = load_rulebook(), load_model()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        readings = write_folder(folder, patients=chosen.patients, days=chosen.days)
        seconds: list[float] = []
        cpu: list[float] = []
        for _ in range(chosen.repeats):
            start, busy = time.perf_counter(), time.process_time()
            summary = replay(
                folder, folder / "out.ndjson", per_day=False, rulebook=rulebook, model=model
            )
            seconds.append(time.perf_counter() - start)
            cpu.append(time.process_time() - busy)
    taken = statistics.median(seconds)
    print(
        f"{readings} readings of {chosen.patients} patients in {taken:.1f} s, "
        f"{statistics.median(cpu):.1f} s of one core (medians)"
    )
    print(f"{1e6 * taken / readings:.0f} microseconds a reading; model: {model is not None}")
    print(f"refused: {sum(summary.refused.values())}; written: {dict(summary.written)}")


if __name__ == "__main__":
    main()
