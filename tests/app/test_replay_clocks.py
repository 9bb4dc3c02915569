"""Wrong clocks in a folder: told when they came to be known, and to nobody as an alert."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from app import replay_folder
from app.replay_past import past_of
from ingest.repository import condition_groups
from monitoring import eventtime
from tests.app.test_replay import START, observation, patient, run, write
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from pathlib import Path

    from monitoring.eventtime import News


def pulse(taken: timedelta, arrived: timedelta, **more: Any) -> dict[str, Any]:
    issued = (START + arrived).isoformat()
    return observation("anna", "8867-4", 70, START + taken, issued=issued, **more)


def stamp(subject: str, off: timedelta) -> dict[str, Any]:
    coding = [{"system": "urn:iso:std:iso:11073:10101", "code": "67975"}]
    return {
        "resourceType": "Observation",
        "id": "clock",
        "status": "final",
        "code": {"coding": coding},
        "subject": {"reference": subject},
        "device": {"reference": "Device/cuff"},
        "effectiveDateTime": START.isoformat(),
        "valueDateTime": (START + off).isoformat(),
    }


def told(folder: Path, *resources: dict[str, Any]) -> list[News]:
    write(folder, [patient("anna", "Europe/Berlin"), *resources])
    (member,) = replay_folder.read(folder).members.values()
    past = past_of(member, condition_groups())
    until = START + timedelta(days=3)
    found = list(eventtime.run(past, rulebook=RULEBOOK, model=None, until=until))
    return [each for each in found if each.finding.rule_id == "DQ-CLOCK"]


NONE = timedelta(0)
MONTH, MINUTE = timedelta(days=30), timedelta(minutes=1)


@pytest.mark.parametrize(("ago", "count"), [(MONTH, 0), (MONTH + MINUTE, 1)])
def test_a_folder_tells_of_what_was_old_when_it_arrived_rel_21(
    tmp_path: Path, ago: timedelta, count: int
) -> None:
    found = told(tmp_path, pulse(-ago, NONE), pulse(NONE, NONE))

    assert [each.at for each in found] == [START] * count
    assert not any(each.alerts for each in found)


@pytest.mark.parametrize("subject", ["Patient/anna", "Device/cuff"])
@pytest.mark.parametrize(
    ("off", "count"), [(timedelta(hours=1), 0), (timedelta(hours=1) + MINUTE, 1)]
)
def test_a_folder_tells_of_a_clock_that_its_gateway_read_wrong_rel_21(
    tmp_path: Path, subject: str, off: timedelta, count: int
) -> None:
    taken = pulse(NONE, NONE, device={"reference": "Device/cuff"})

    found = told(tmp_path, taken, stamp(subject, off))

    assert [each.at for each in found] == [START] * count


def test_a_reading_from_the_future_is_told_when_it_arrives_rel_21(tmp_path: Path) -> None:
    found = told(tmp_path, pulse(NONE, NONE), pulse(timedelta(days=2), timedelta(hours=5)))

    assert [each.at for each in found] == [START + timedelta(hours=5)]


def test_a_wrong_clock_is_no_alert_of_a_replay_rel_21(tmp_path: Path) -> None:
    anna = patient("anna", "Europe/Berlin")
    issues, summary = run(tmp_path, [anna, pulse(-MONTH - MINUTE, NONE), pulse(NONE, NONE)])

    assert issues == []
    assert summary.taken["Observation"] == 2
