from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from core.audit import AuditEvent
from core.outbox import Priority
from core.vitals import Quality
from tests.door import named, readings, value_of, work_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.database import Database


def test_a_reading_is_stored_with_its_bytes_its_work_and_its_audit_row(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())

    answer = gateway.post(build.heart_rate(f"Patient/{who}"))

    assert answer.status_code == 201
    assert answer.headers["Location"].startswith("http://testserver/fhir/Observation/")
    assert answer.headers["Location"].endswith("/_history/1")
    assert answer.headers["ETag"] == 'W/"1"'
    assert "GMT" in answer.headers["Last-Modified"]
    stored = readings(database, who)
    assert [(row.vital, row.value, row.quality) for row in stored] == [
        ("heart_rate", 72.0, "scored")
    ]
    assert [row.priority for row in work_for(database, who)] == [Priority.NORMAL]
    with database.transaction() as session:
        audited = select(AuditEvent.entity).where(AuditEvent.patient_id == UUID(who))
        assert set(session.scalars(audited)) == {"Patient", "Observation"}


def test_an_alarming_reading_goes_to_the_critical_queue(
    gateway: Any, build: Any, database: Database
) -> None:
    """REL-25."""
    who = gateway.create(build.patient())

    gateway.post(build.heart_rate(f"Patient/{who}", 140))

    assert [row.priority for row in work_for(database, who)] == [Priority.CRITICAL]


def test_a_read_gives_back_what_was_received_to_the_last_digit_fhir_14(
    gateway: Any, build: Any
) -> None:
    who = gateway.create(build.patient())
    body = json.dumps(named(build.heart_rate(f"Patient/{who}"))).replace(": 72,", ": 72.50,")
    created = gateway.http.post("/fhir/Observation", content=body, headers=gateway.headers())

    got = gateway.get(created.headers["Location"].removeprefix("http://testserver"))
    latest = gateway.get(f"/fhir/Observation/{created.headers['Location'].split('/')[-3]}")

    assert got.status_code == latest.status_code == 200
    assert '"value": 72.50' in got.text
    assert got.headers["content-type"] == "application/fhir+json; charset=utf-8"
    assert got.headers["Cache-Control"] == "no-store"
    assert got.json()["meta"]["versionId"] == "1"
    again = gateway.get(f"/fhir/Observation/{got.json()['id']}", If_None_Match='W/"1"')
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("prefer", "kind"),
    [
        ("return=minimal", None),
        ("return=representation", "Observation"),
        ("return=OperationOutcome", "OperationOutcome"),
        ("nonsense", "Observation"),
        ("", "Observation"),
    ],
)
def test_prefer_chooses_the_body_fhir_03(
    gateway: Any, build: Any, prefer: str, kind: str | None
) -> None:
    who = gateway.create(build.patient())

    answer = gateway.post(build.heart_rate(f"Patient/{who}"), Prefer=prefer)

    assert answer.status_code == 201
    assert (answer.json()["resourceType"] if answer.content else None) == kind


def test_a_repeat_answers_200_with_the_stored_id_and_stores_nothing_rel_05(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())
    reading = named(build.heart_rate(f"Patient/{who}"))

    first, *rest = [gateway.post(reading) for _ in range(3)]

    assert first.status_code == 201
    assert {each.status_code for each in rest} == {200}
    assert {each.headers["Location"] for each in rest} == {first.headers["Location"]}
    assert len(readings(database, who)) == 1


def test_56_repeats_without_identifier_store_one_reading_rel_07(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())
    repeats = [build.heart_rate(f"Patient/{who}", note=[{"text": str(n)}]) for n in range(56)]

    answers = [gateway.post(each).status_code for each in repeats]

    assert answers == [201, *[200] * 55]
    assert len(readings(database, who)) == 1


@pytest.mark.parametrize("identified", [True, False])
def test_16_identical_posts_at_once_make_one_201_and_15_times_200_rel_05(
    gateway: Any, build: Any, database: Database, *, identified: bool
) -> None:
    who = gateway.create(build.patient())
    reading = build.heart_rate(f"Patient/{who}")
    reading = named(reading) if identified else reading

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(gateway.post, [reading] * 16))

    assert sorted(each.status_code for each in answers) == [*[200] * 15, 201]
    assert len({each.headers["Location"] for each in answers}) == 1
    assert len(readings(database, who)) == 1
    assert len(work_for(database, who)) == 1


def test_16_identical_patients_at_once_become_one_fhir_04(gateway: Any, build: Any) -> None:
    person = build.patient()

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(gateway.post, [person] * 16))

    assert sorted(each.status_code for each in answers) == [*[200] * 15, 201]
    assert len({each.headers["Location"] for each in answers}) == 1


def test_the_same_number_from_two_systems_is_two_patients_sec_28(gateway: Any, build: Any) -> None:
    number = str(uuid4())
    people = [
        build.patient(identifier=[{"system": system, "value": number}])
        for system in ("urn:clinic:a", "urn:clinic:b")
    ]

    ids = {gateway.create(each) for each in people}

    assert len(ids) == 2


def test_a_number_without_system_never_merges_two_clients_patients_sec_28(
    register: Callable[..., Any], build: Any
) -> None:
    person = build.patient(identifier=[{"value": str(uuid4())}])
    one, other = register(), register()

    assert one.create(person) != other.create(person)
    assert one.create(person) == one.create(person)


def test_identifiers_of_two_known_patients_are_never_merged_sec_28(
    gateway: Any, build: Any
) -> None:
    one, other = build.patient(), build.patient()
    gateway.create(one)
    gateway.create(other)

    both = build.patient(identifier=[*one["identifier"], *other["identifier"]])

    assert gateway.post(both).status_code == 409


def test_another_value_for_the_same_moment_is_kept_in_conflict_rel_08(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())

    gateway.post(build.heart_rate(f"Patient/{who}", 72))
    answer = gateway.post(build.heart_rate(f"Patient/{who}", 95))
    again = gateway.post(build.heart_rate(f"Patient/{who}", 95))

    assert answer.status_code == 201
    assert answer.json()["issue"][0]["code"] == "conflict"
    assert again.status_code == 200
    assert {(row.value, row.quality) for row in readings(database, who)} == {
        (72.0, Quality.SCORED),
        (95.0, Quality.CONFLICT),
    }


def test_a_correction_is_a_new_version_and_the_old_value_leaves_the_judgement(
    gateway: Any, build: Any, database: Database
) -> None:
    """FHIR-20."""
    who = gateway.create(build.patient())
    first = named(build.heart_rate(f"Patient/{who}", 72))
    gateway.post(first)

    answer = gateway.post(
        named(build.heart_rate(f"Patient/{who}", 27, status="corrected"), value_of(first))
    )

    assert answer.status_code == 200
    assert answer.headers["ETag"] == 'W/"2"'
    assert {(row.value, row.superseded) for row in readings(database, who)} == {
        (72.0, True),
        (27.0, False),
    }
    assert gateway.get("/fhir/" + answer.headers["Location"].split("/fhir/")[1]).status_code == 200


def test_entered_in_error_withdraws_the_value_everywhere(
    gateway: Any, build: Any, database: Database
) -> None:
    """FHIR-20."""
    who = gateway.create(build.patient())
    first = named(build.heart_rate(f"Patient/{who}", 172))
    gateway.post(first)

    wrong = named(
        build.heart_rate(f"Patient/{who}", 172, status="entered-in-error"), value_of(first)
    )
    answer = gateway.post(wrong)
    late = gateway.post(first)

    assert answer.status_code == late.status_code == 200
    assert [row.superseded for row in readings(database, who)] == [True]


def test_a_future_reading_is_kept_and_not_scored_rel_21(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())
    times = ["2026-03-02T12:04:00Z", "2026-03-02T12:06:00Z", "2026-03-04T12:00:00Z"]

    for each in times:
        gateway.post(build.heart_rate(f"Patient/{who}", effectiveDateTime=each))

    stored = sorted(readings(database, who), key=lambda row: row.effective)
    assert [row.quality for row in stored] == ["scored", "future", "future"]


def test_a_history_load_feeds_baselines_and_is_not_judged(
    register: Callable[..., Any], build: Any, database: Database
) -> None:
    gateway = register(history=True)
    who = gateway.create(build.patient())

    gateway.post(build.heart_rate(f"Patient/{who}", effectiveDateTime="2026-03-01T11:00:00Z"))

    assert [row.history for row in readings(database, who)] == [True]
    assert work_for(database, who) == []
