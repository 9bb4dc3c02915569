"""Each row of boundaries.csv is one test: readings in, expected rule and tier out.

`usual` is value x days (x readings a day) before the day of the readings; a reading is
vital, sign (`=` value, `<` or `>` a meter's bound, `!` implausible), value, minutes, and after
a `#` the device, which may stand in `usual` too; `wait` is how many minutes after the last
reading the person is judged.
"""

from __future__ import annotations

import csv
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.vitals import Quality, Reading, Severity, Vital
from ingest.enrolment import Person
from monitoring import judgement, windows
from monitoring.service import load_rulebook

if TYPE_CHECKING:
    from monitoring.rulebook import Rulebook

TODAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
MEDICINES = {"insulin", "diuretic", "raas-inhibitor", "antihypertensive", "metformin"}
TRAITS = {"frail", "late-kidney-disease", "fall-history"}
QUALITIES = {
    "=": Quality.SCORED,
    "<": Quality.BOUND,
    ">": Quality.BOUND,
    "!": Quality.IMPLAUSIBLE,
}
READING = re.compile(r"(\w+)([=<>!])([\d.]+)@(-?[\d.]+)(?:#(\w+))?")
USUAL = re.compile(r"(\w+)=([\d.]+)x(\d+)(?:x(\d+))?(?:#(\w+))?")
Row = dict[str, str]

with (Path(__file__).parent / "boundaries.csv").open(encoding="utf-8") as source:
    ROWS = list(csv.DictReader(source))


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return load_rulebook()


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['rule']}: {row['name']}" for row in ROWS])
def test_the_rulebook_at_its_boundaries(row: Row, rulebook: Rulebook) -> None:
    readings = readings_of(row)
    past = windows.history(person_of(row["about"]), readings, gate=rulebook.gate)
    last = max(windows.time_of(r) for r in readings)
    now = datetime.fromtimestamp(last, UTC) + timedelta(minutes=float(row["wait"]))

    judged = judgement.judge(
        past,
        [windows.time_of(r) for r in readings if r.effective >= TODAY],
        now=now,
        rulebook=rulebook,
        model=None,
    )

    found = [f for f in judged.findings if f.rule_id == row["rule"]]
    gravest = max(found, key=lambda f: (f.severity.rank, f.confirmed), default=None)
    if row["expected"] == "none":
        assert gravest is None
    else:
        assert gravest is not None
        certainty = "confirmed" if gravest.confirmed else "unconfirmed"
        if gravest.severity is Severity.DQ and gravest.vital is None:
            certainty = "confirmed"
        assert f"{gravest.severity} {certainty}" == row["expected"]


def test_every_red_and_amber_rule_has_boundary_rows(rulebook: Rulebook) -> None:
    tested = {row["rule"] for row in ROWS}

    elsewhere = {
        "COMBO",
        "DQ-UNIT",
        "DQ-CLOCK",
        "RISK",
        "HF-W30",
        "MOT-NONE",
        "MOT-GAP",
        "MOT-MORN",
        "MOT-BATH",
        "SIL-DROP",
        "SIL-MISSED",
        "DQ-STUCK",
    }  # many days: see tests/monitoring
    assert {rule.id for rule in rulebook.rules} - elsewhere == tested


def person_of(about: str) -> Person:
    words = about.split()
    ages = [word.removeprefix("age=") for word in words if word.startswith("age=")]
    age = ages[0] if ages else "80"
    return Person(
        id="somebody",
        zone="UTC",
        birth_date=None if age == "unknown" else date(TODAY.year - int(age), 1, 1),
        groups=frozenset(words),
        lives_alone="alone" in words,
        scale_two="scale_two" in words,
        medicines=frozenset(MEDICINES & set(words)),
        traits=frozenset(TRAITS & set(words)),
        on_oxygen=True if "oxygen" in words else None,
    )


def readings_of(row: Row) -> list[Reading]:
    readings = [
        reading(vital, sign, float(value), TODAY + timedelta(minutes=float(minutes)), device)
        for vital, sign, value, minutes, device in READING.findall(row["readings"])
    ]
    first = min(r.effective for r in readings)
    for vital, value, days, times, device in USUAL.findall(row["usual"]):
        for back in range(1, int(days) + 1):
            at = first.replace(hour=9, minute=0) - timedelta(days=back)
            readings += [
                reading(vital, "=", float(value), at + timedelta(minutes=5 * n), device)
                for n in range(int(times or 1))
            ]
    return readings


def reading(vital: str, sign: str, value: float, at: datetime, device: str = "") -> Reading:
    return Reading(
        id=f"{vital} {at.isoformat()} {value} {device}",
        vital=Vital(vital),
        value=value,
        effective=at,
        received=at,
        quality=QUALITIES[sign],
        comparator=sign if sign in "<>" else "",
        device=device,
    )
