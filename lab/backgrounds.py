"""Real people of the reference data as simulated lives without illness, split by person.

Nothing of the data is written anywhere. TIHM: see `lab.reference`. Glucose: ShanghaiT1DM and
ShanghaiT2DM, Zhao et al., Scientific Data 2023, 10:35, doi 10.1038/s41597-023-01940-7, CC BY 4.0.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from core.vitals import Vital
from lab.devices import PROMPT, Stream
from lab.reference import DEVICE_TYPES, read_tihm

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from numpy.random import Generator
    from numpy.typing import NDArray

    from lab.reference import Participant

    Floats = NDArray[np.float64]

TAKEN_OVER = (
    Vital.SYSTOLIC_BP,
    Vital.DIASTOLIC_BP,
    Vital.HEART_RATE,
    Vital.BODY_TEMPERATURE,
    Vital.BODY_WEIGHT,
)
NIGHT_ENDS, NIGHT_BEGINS = 6, 22  # hours between which a visit to the bathroom is one at night
TOLD = 23.9 / 24  # when a day's movements are summed
LEAST_READINGS = 20
FINGER_STICKS = (7.0, 11.5, 17.5, 22.0)  # local hours at which a sensor's value stands for one
BLOCK = 3  # days that stay together when days are drawn again
DRAWN_DAYS = 150


@dataclass(frozen=True, slots=True)
class Background:
    """The real readings of one person, in days since their first day."""

    name: str
    sex: str
    streams: Mapping[Vital, Stream]
    days: int
    age: int | None = None
    insulin: bool = False


def half(people: Iterable[Background], *, held_out: bool) -> list[Background]:
    """Return the half of the people that is kept for the report, or the other, by their names."""
    ordered = sorted(people, key=lambda each: hashlib.sha256(each.name.encode()).hexdigest())
    return ordered[1::2] if held_out else ordered[::2]


def tihm_people(folder: Path) -> list[Background]:
    """Return the people of TIHM with physiology: vitals, movements, nights."""
    moved = _activity(folder / "Activity.csv.gz")
    slept = _nights(folder / "Sleep_nightly_derived.csv")
    return [
        _tihm_person(who, moved.get(who.id, {}), slept.get(who.id, {}))
        for who in read_tihm(folder)
        if len(who.measured) >= LEAST_READINGS
    ]


def _tihm_person(
    who: Participant, moved: Mapping[Vital, Mapping[int, float]], slept: Mapping[Vital, list[Point]]
) -> Background:
    points: dict[Vital, list[Point]] = defaultdict(list)
    for row in who.measured:
        vital = DEVICE_TYPES.get(row.kind, (None, ""))[0]
        if vital in TAKEN_OVER:
            points[vital].append((row.taken.replace(tzinfo=None), row.value))
    first = min(taken for each in points.values() for taken, _ in each).toordinal()
    for vital, nights in slept.items():
        points[vital] += nights
    streams = {vital: _stream(each, first) for vital, each in points.items()}
    for vital, days in moved.items():
        told = [(day - first + TOLD, value) for day, value in sorted(days.items()) if day >= first]
        streams[vital] = _of_days(np.array(told).reshape(-1, 2))
    last = max(float(s.taken[-1]) for s in streams.values() if len(s.taken))
    return Background(who.id, who.sex, streams, math.ceil(last) + 1)


Point = tuple[datetime, float]


def _stream(points: list[Point], first: int) -> Stream:
    rows = [(_days_since(taken, first), value) for taken, value in points]
    return _of_days(np.array(sorted(row for row in rows if row[0] >= 0)).reshape(-1, 2))


def _of_days(rows: Floats) -> Stream:
    """Return a stream of float64[n, 2]; of two readings at one moment the later row counts."""
    taken = rows[:, 0]
    kept = np.r_[np.diff(taken) > 0, True][: len(taken)]
    return Stream(taken[kept], taken[kept] + PROMPT, rows[kept, 1])


def _days_since(moment: datetime, first: int) -> float:
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second
    return moment.toordinal() - first + seconds / 86_400


def _activity(path: Path) -> dict[str, dict[Vital, dict[int, float]]]:
    """Return movements and visits to the bathroom at night, by person, vital and day."""
    found: dict[str, dict[Vital, dict[int, float]]] = defaultdict(
        lambda: {Vital.MOTION: defaultdict(float), Vital.NIGHT_BATHROOM: defaultdict(float)}
    )
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            moment = datetime.fromisoformat(row["date"])
            own = found[row["patient_id"]]
            own[Vital.MOTION][moment.toordinal()] += 1.0
            at_night = not NIGHT_ENDS <= moment.hour < NIGHT_BEGINS
            if row["location_name"] == "Bathroom":
                own[Vital.NIGHT_BATHROOM][moment.toordinal()] += float(at_night)
    return found


def _nights(path: Path) -> dict[str, dict[Vital, list[Point]]]:
    """Return the nightly means that the data's README calls usable (trap 9)."""
    found: dict[str, dict[Vital, list[Point]]] = defaultdict(lambda: defaultdict(list))
    columns = {"mean_HR": Vital.RESTING_HEART_RATE, "mean_RR": Vital.RESPIRATORY_RATE}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            evening = datetime.fromisoformat(row["window_start"])
            morning = datetime.fromordinal(evening.toordinal() + 1).replace(hour=7)
            for column, vital in columns.items():
                if row[column]:
                    found[row["patient_id"]][vital].append((morning, round(float(row[column]), 1)))
    return found


def glucose_people(folder: Path, random: Generator) -> Iterator[Background]:
    """Yield the subjects with diabetes: their own days drawn again, three in a row together.

    A record lasts about 12 days, too short for a personal baseline: what is real is each
    block of days, not the sequence of blocks.
    """
    for name, days in sorted(_glucose_days(folder / "glucose_long.csv.gz").items()):
        if len(days) >= BLOCK:
            yield _glucose_person(name, days, random)


def _glucose_days(path: Path) -> dict[str, list[list[tuple[float, float]]]]:
    """Return, for each subject, the days as (hour, mg/dL) near the hours of finger-sticks."""
    found: dict[str, dict[int, dict[float, tuple[float, float]]]] = defaultdict(dict)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if not row["cgm_mg_dl"]:
                continue
            subject = f"{row['type']}-{row['record'].split('_')[0]}"
            moment = datetime.fromisoformat(row["datetime"])
            hour = moment.hour + moment.minute / 60
            near = min(FINGER_STICKS, key=lambda stick: abs(stick - hour))
            if abs(near - hour) <= 0.25:  # noqa: PLR2004 (a sensor speaks each quarter of an hour)
                found[subject].setdefault(moment.toordinal(), {})[near] = (
                    hour,
                    float(row["cgm_mg_dl"]),
                )
    return {
        subject: [list(days[day].values()) for day in sorted(days)]
        for subject, days in found.items()
    }


def _glucose_person(
    name: str, days: list[list[tuple[float, float]]], random: Generator
) -> Background:
    starts = random.integers(0, len(days) - BLOCK + 1, size=math.ceil(DRAWN_DAYS / BLOCK))
    drawn = [days[start + i] for start in starts.tolist() for i in range(BLOCK)]
    rows = [(day + hour / 24, value) for day, each in enumerate(drawn) for hour, value in each]
    stream = _of_days(np.array(sorted(rows)).reshape(-1, 2))
    return Background(name, "", {Vital.GLUCOSE: stream}, DRAWN_DAYS, insulin=name.startswith("T1"))
