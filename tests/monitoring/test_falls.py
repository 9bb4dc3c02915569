"""A detector takes its own fall back, and no other's."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.vitals import Reading, Severity, Vital
from ingest.enrolment import Person
from monitoring import judgement, windows
from tests.monitoring.conftest import START
from tests.rulebook import RULEBOOK


def fall(value: float, seconds: float, device: str) -> Reading:
    at = START + timedelta(seconds=seconds)
    return Reading(f"{device} {seconds}", Vital.FALL, value, at, at, device=device)


def red(*readings: Reading) -> list[str]:
    """Return which falls are RED two minutes after the last."""
    past = windows.history(Person("p", "UTC"), readings, gate=RULEBOOK.gate)
    last = max(r.effective for r in readings)
    due = [windows.time_of(r) for r in readings]
    found = judgement.judge(
        past, due, now=last + timedelta(minutes=2), rulebook=RULEBOOK, model=None
    )
    reds = [f for f in found.findings if f.severity is Severity.RED]
    return sorted({each.reading_id for f in reds for each in f.evidence})


@pytest.mark.parametrize(
    ("said", "by", "expected"),
    [
        ("pendant", "pendant", []),
        ("pendant", "watch", ["pendant 0"]),
        ("pendant", "", ["pendant 0"]),
        ("", "watch", [" 0"]),
        ("", "", []),
    ],
)
def test_only_its_own_device_takes_a_fall_back(said: str, by: str, expected: list[str]) -> None:
    assert red(fall(1, 0, said), fall(0, 20, by)) == expected


def test_of_two_detectors_that_saw_one_fall_the_other_still_says_it() -> None:
    told = red(fall(1, 0, "pendant"), fall(1, 3, "watch"), fall(0, 20, "pendant"))

    assert told == ["watch 3"]
