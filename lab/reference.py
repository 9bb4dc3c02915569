"""The reference data as FHIR, in memory or in a folder outside the project: never inside it.

TIHM: Palermo et al., Scientific Data 2023, 10:606, doi 10.1038/s41597-023-02519-y, CC BY 4.0;
with thanks to Surrey and Borders Partnership NHS Foundation Trust and Howz.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from core.errors import InvalidError
from core.vitals import MEASURES, Vital
from lab.resources import (
    PRESSURE,
    SNOMED,
    TIMEZONE,
    Key,
    Resource,
    Sent,
    condition,
    observation,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PROJECT = Path(__file__).resolve().parent.parent
LONDON = ZoneInfo("Europe/London")
# Physiology.date is UK local time; Labels.date is UTC (the data's README, trap 1).
DEVICE_TYPES: dict[str, tuple[Vital, str]] = {
    "Systolic blood pressure": (Vital.SYSTOLIC_BP, "mm[Hg]"),
    "Diastolic blood pressure": (Vital.DIASTOLIC_BP, "mm[Hg]"),
    "Heart rate": (Vital.HEART_RATE, "beats/min"),  # not UCUM: mapped here, nowhere else
    "Body Temperature": (Vital.BODY_TEMPERATURE, "Cel"),
    "Body weight": (Vital.BODY_WEIGHT, "kg"),
    "Skin Temperature": (Vital.SKIN_TEMPERATURE, "Cel"),
}
BODY_WATER = "Total body water"
SYSTEM = "urn:wardlight:reference:tihm"
DEMENTIA = (SNOMED, "52448006", "Dementia")
# The scored labels: agitation is no physiology (trap 3 says which of these can be judged).
PHYSIOLOGICAL = ("Blood pressure", "Pulse", "Body water", "Weight")
LABELS_TO_LOCAL = timedelta(hours=1)  # BST throughout April to June


@dataclass(frozen=True, slots=True)
class Measured:
    """One row of the source: a local moment and a value under the source's own name."""

    taken: datetime
    kind: str
    value: float


@dataclass(frozen=True, slots=True)
class Participant:
    """One participant of the source."""

    id: str
    sex: str
    birth_year: int | None  # the middle of the age band
    measured: tuple[Measured, ...]
    labelled: frozenset[date]  # local days with a physiological alert that was confirmed


def read_tihm(folder: Path) -> list[Participant]:
    """Return the participants with physiology, in the order of their ids."""
    measured: dict[str, list[Measured]] = defaultdict(list)
    for row in _rows(folder / "Physiology.csv"):
        measured[row["patient_id"]].append(_measured(row))
    labels = defaultdict(set)
    for row in _rows(folder / "Labels.csv"):
        if row["type"] in PHYSIOLOGICAL:
            moment = datetime.fromisoformat(row["date"]).replace(tzinfo=UTC) + LABELS_TO_LOCAL
            labels[row["patient_id"]].add(moment.date())
    about = {row["patient_id"]: row for row in _rows(folder / "Demographics.csv")}
    return [
        Participant(
            id=who,
            sex=about.get(who, {}).get("sex", "").lower(),
            birth_year=_birth_year(about.get(who, {}).get("age", "")),
            measured=tuple(sorted(rows, key=lambda m: m.taken)),
            labelled=frozenset(labels[who]),
        )
        for who, rows in sorted(measured.items())
    ]


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _measured(row: dict[str, str]) -> Measured:
    """Read one row; a unit other than the one mapped is refused, never guessed."""
    kind = row["device_type"]
    if kind in DEVICE_TYPES and row["unit"] != DEVICE_TYPES[kind][1]:
        raise InvalidError(f"{kind} came in {row['unit']!r}", field="unit")
    taken = datetime.fromisoformat(row["date"]).replace(tzinfo=LONDON)
    return Measured(taken, kind, float(row["value"]))


def _birth_year(band: str) -> int | None:
    bounds = band.strip("([])").split(",")
    return 2019 - (int(bounds[0]) + int(bounds[1])) // 2 if len(bounds) > 1 else None


def patient(who: Participant) -> Resource:
    """Return the participant as a Patient; the birth date is no more exact than the source."""
    body: Resource = {
        "resourceType": "Patient",
        "id": f"tihm-{who.id}",
        "extension": [{"url": TIMEZONE, "valueCode": LONDON.key}],
        "identifier": [{"system": SYSTEM, "value": who.id}],
        "gender": who.sex if who.sex in ("male", "female") else "unknown",
    }
    return body | ({"birthDate": str(who.birth_year)} if who.birth_year else {})


def problems(who: Participant) -> list[Resource]:
    """Return the one diagnosis that the source names."""
    own = Key(f"{SYSTEM}:condition", who.id)
    return [condition(Key(SYSTEM, who.id).conditional("Patient"), DEMENTIA, own)]


def observations(who: Participant) -> Iterator[Resource]:
    """Return what the pipeline can read as Observations; the two pressures of a cuff are one."""
    together: dict[datetime, dict[Vital, float]] = defaultdict(dict)
    for number, row in enumerate(who.measured):
        if row.kind not in DEVICE_TYPES:
            continue
        vital = DEVICE_TYPES[row.kind][0]
        if vital in PRESSURE and vital not in together[row.taken]:
            together[row.taken][vital] = row.value
        else:
            yield _observation(
                who, row.taken, {vital: row.value}, f"{vital.value}-{number}".replace("_", "-")
            )
    for taken, values in together.items():
        if values:
            ordered = {vital: values[vital] for vital in PRESSURE if vital in values}
            yield _observation(who, taken, ordered, f"pressure-{int(taken.timestamp())}")


def _observation(
    who: Participant, taken: datetime, values: dict[Vital, float], name: str
) -> Resource:
    sent = Sent(
        key=Key(f"{SYSTEM}:reading", f"{who.id}-{name}"),
        subject=Key(SYSTEM, who.id),
        device=Key(f"{SYSTEM}:device", f"{who.id}-{next(iter(values)).value}"),
        values={
            vital: round(value, MEASURES[vital].decimals + 2) for vital, value in values.items()
        },
        effective=taken,
        issued=taken + timedelta(minutes=1),
    )
    return observation(sent, alone=True, exact=True) | {"id": f"tihm-{who.id}-{name}"[:64]}


def write(participants: Iterable[Participant], folder: Path) -> None:
    """Write Patient, Condition and Observation NDJSON for `wardlight replay`.

    Raises
    ------
    InvalidError
        If the folder lies inside the project: reference data is never copied into it.
    """
    if folder.resolve().is_relative_to(PROJECT):
        raise InvalidError("reference data is never written inside the project", field="folder")
    folder.mkdir(parents=True, exist_ok=True)
    everybody = list(participants)
    files = {
        "Patient": (patient(who) for who in everybody),
        "Condition": (_refer(each, who) for who in everybody for each in problems(who)),
        "Observation": (_refer(each, who) for who in everybody for each in observations(who)),
    }
    for kind, resources in files.items():
        with (folder / f"{kind}.ndjson").open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(each, ensure_ascii=False) + "\n" for each in resources)


def _refer(resource: Resource, who: Participant) -> Resource:
    return resource | {"subject": {"reference": f"Patient/tihm-{who.id}"}}
