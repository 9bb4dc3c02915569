"""Wrong device clocks through the door, with and without a coincident timestamp (REL-21)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from fhir.policy import Mode, Policy
from ingest.clocks.repository import doubts_of
from ingest.clocks.tables import ClockCorrection
from tests.door import NOW, readings, work_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.database import Database

MDC = "urn:iso:std:iso:11073:10101"
TAKEN = NOW - timedelta(minutes=10)
AHEAD = {
    "4 minutes": timedelta(minutes=14),
    "6 minutes": timedelta(minutes=16),
    "2 days": timedelta(days=2, minutes=10),
}
IN_1970 = datetime(1970, 1, 1, tzinfo=NOW.tzinfo) - NOW


def stamp(subject: str, device: str, ahead: timedelta) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": MDC, "code": "67975"}]},
        "subject": {"reference": subject},
        "device": {"reference": device},
        "effectiveDateTime": NOW.isoformat(),
        "valueDateTime": (NOW + ahead).isoformat(),
    }


def pulse(build: Any, who: str, device: str, ahead: timedelta) -> Any:
    gateway = "http://hl7.org/fhir/StructureDefinition/observation-gatewayDevice"
    return build.heart_rate(
        f"Patient/{who}",
        effectiveDateTime=(TAKEN + ahead).isoformat(),
        device={"reference": device},
        extension=[{"url": gateway, "valueReference": {"reference": "Device/gateway"}}],
    )


@pytest.mark.parametrize("by", AHEAD)
@pytest.mark.parametrize("of_device", [True, False])
def test_a_clock_that_runs_ahead_is_set_right_by_its_timestamp_rel_21(
    gateway: Any, build: Any, database: Database, by: str, *, of_device: bool
) -> None:
    who, cuff, ahead = gateway.create(build.patient()), f"Device/{uuid4()}", AHEAD[by]
    about = (
        stamp(cuff, "Device/gateway", ahead) if of_device else stamp(f"Patient/{who}", cuff, ahead)
    )

    answer = gateway.post(build.bundle("batch", about, pulse(build, who, cuff, ahead)))

    entries = [each["response"] for each in answer.json()["entry"]]
    assert [each["status"][:3] for each in entries] == ["201", "201"], answer.text
    (one,) = readings(database, who)
    moved = by != "4 minutes"
    assert one.quality == "scored"
    assert one.effective == (TAKEN if moved else TAKEN + ahead)
    assert ("is placed at the corrected time" in str(entries[1])) is moved
    with database.transaction() as session:
        kept = session.scalars(
            select(ClockCorrection.seconds_ahead).where(
                ClockCorrection.resource_id == one.resource_id
            )
        ).all()
    assert kept == ([ahead.total_seconds()] if moved else [])
    given = gateway.get(f"/fhir/Observation/{one.resource_id}").json()
    assert datetime.fromisoformat(given["effectiveDateTime"]) == TAKEN + ahead


@pytest.mark.parametrize(
    ("by", "quality"), [("4 minutes", "scored"), ("6 minutes", "future"), ("2 days", "future")]
)
def test_without_a_timestamp_the_future_is_kept_and_pages_nobody_rel_21(
    gateway: Any, build: Any, database: Database, by: str, quality: str
) -> None:
    who = gateway.create(build.patient())

    answer = gateway.post(pulse(build, who, "Device/d", AHEAD[by]))

    assert answer.status_code == 201
    assert [each.quality for each in readings(database, who)] == [quality]


def test_1970_without_a_timestamp_is_history_and_never_judged_rel_21(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())

    gateway.post(pulse(build, who, "Device/d", IN_1970))

    (one,) = readings(database, who)
    assert one.history
    assert work_for(database, who) == []


def test_1970_with_a_timestamp_that_came_before_is_today_rel_21(
    gateway: Any, build: Any, database: Database
) -> None:
    who, cuff = gateway.create(build.patient()), f"Device/{uuid4()}"
    gateway.post(stamp(cuff, "Device/gateway", IN_1970))

    gateway.post(pulse(build, who, cuff, IN_1970))
    gateway.post(
        pulse(build, who, f"Device/{uuid4()}", IN_1970)
    )  # another device's clock is its own

    first, second = sorted(readings(database, who), key=lambda each: each.effective, reverse=True)
    assert (first.effective, first.history) == (TAKEN, False)
    assert second.history


def test_one_clients_timestamps_say_nothing_about_anothers_device_rel_21(
    register: Callable[..., Any], build: Any, database: Database
) -> None:
    ours, theirs = register(), register()
    who = ours.create(build.patient())
    theirs.post(stamp("Device/shared", "Device/gateway", AHEAD["2 days"]))

    ours.post(pulse(build, who, "Device/shared", AHEAD["2 days"]))

    assert [each.quality for each in readings(database, who)] == ["future"]


def test_a_timestamp_of_a_device_is_stored_and_read_back(gateway: Any) -> None:
    body = stamp("Device/d", "Device/gateway", AHEAD["6 minutes"])

    answer = gateway.post(body)

    assert answer.status_code == 201, answer.text
    id_ = UUID(answer.headers["Location"].split("/")[-3])
    assert gateway.get(f"/fhir/Observation/{id_}").json()["valueDateTime"] == body["valueDateTime"]


def test_in_enforce_mode_a_reading_from_the_future_is_refused_rel_21(
    register: Callable[..., Any], build: Any, database: Database
) -> None:
    strict = register(policy=Policy(Mode.ENFORCE))
    who = strict.create(build.patient())

    answer = strict.post(pulse(build, who, "Device/d", AHEAD["6 minutes"]))

    assert answer.status_code == 422
    assert answer.json()["issue"][0]["expression"] == ["Observation.effective"]
    assert "kept" not in answer.text
    assert readings(database, who) == []


@pytest.mark.parametrize(("history", "severity"), [(False, "warning"), (True, "information")])
def test_whose_readings_are_old_without_a_declared_load_is_told_of_the_clock_rel_21(
    register: Callable[..., Any], build: Any, severity: str, *, history: bool
) -> None:
    client = register(history=history)
    who = client.create(build.patient())

    answer = client.post(pulse(build, who, "Device/d", IN_1970), Prefer="return=OperationOutcome")

    assert answer.status_code == 201
    (issue,) = answer.json()["issue"]
    assert issue["severity"] == severity
    assert issue["expression"] == ["Observation.effective"]
    assert ("check the device's clock" in issue["diagnostics"]) is not history


def doubts(database: Database, who: str) -> list[tuple[timedelta, bool]]:
    with database.transaction() as session:
        found = doubts_of(session, {UUID(who): [UUID(who)]}, since=NOW).get(UUID(who), [])
    return [(each.ahead, each.of_reading) for each in found]


@pytest.mark.parametrize("of_device", [True, False])
def test_a_clock_read_wrong_is_noted_once_a_day_of_whom_the_device_measures_rel_21(
    gateway: Any, build: Any, database: Database, *, of_device: bool
) -> None:
    who, other = gateway.create(build.patient()), gateway.create(build.patient())
    cuff, ahead = f"Device/{uuid4()}", timedelta(hours=3)
    shown = (
        stamp(cuff, "Device/gateway", ahead) if of_device else stamp(f"Patient/{who}", cuff, ahead)
    )
    fine = stamp(f"Patient/{other}", f"Device/{uuid4()}", timedelta(hours=1))

    for _ in range(2):
        gateway.post(build.bundle("batch", shown, fine, pulse(build, who, cuff, timedelta(0))))

    assert doubts(database, who) == [(ahead, False)]
    assert doubts(database, other) == []


def test_a_clock_is_that_of_whom_its_device_was_enrolled_for_rel_21(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())
    device = {"resourceType": "Device", "patient": {"reference": f"Patient/{who}"}}
    cuff = gateway.create(device)

    gateway.post(stamp(f"Device/{cuff}", "Device/gateway", -timedelta(hours=3)))
    gateway.post(stamp(f"Device/{uuid4()}", "Device/gateway", -timedelta(hours=9)))

    assert doubts(database, who) == [(-timedelta(hours=3), False)]


@pytest.mark.parametrize("history", [False, True])
def test_a_reading_of_long_ago_is_noted_unless_a_load_of_the_past_is_declared_rel_21(
    register: Callable[..., Any], build: Any, database: Database, *, history: bool
) -> None:
    client = register(history=history)
    who = client.create(build.patient())
    ago = timedelta(days=40) - timedelta(minutes=10)

    client.post(pulse(build, who, "Device/d", -ago))

    assert doubts(database, who) == ([] if history else [(-timedelta(days=40), True)])


def test_a_correction_of_an_old_reading_says_nothing_of_a_clock_rel_21(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())
    named = {"identifier": [{"system": "urn:gateway", "value": str(uuid4())}]}
    first = pulse(build, who, "Device/d", timedelta(0)) | named
    gateway.post(first)
    gateway.clock.now = NOW + timedelta(days=40)

    wrong = first | {"status": "amended", "valueQuantity": first["valueQuantity"] | {"value": 77}}
    assert gateway.post(wrong).status_code == 200

    assert doubts(database, who) == []


def test_a_client_bound_to_its_own_patients_notes_no_clock_of_anothers_rel_21(
    register: Callable[..., Any], build: Any, database: Database
) -> None:
    who = register().create(build.patient())
    stranger = register(bound=True)

    answer = stranger.post(stamp(f"Patient/{who}", "Device/d", timedelta(hours=3)))

    assert answer.status_code == 403
    assert doubts(database, who) == []
