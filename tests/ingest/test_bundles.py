from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from ingest.tables import Condition, Resource
from tests.door import condition_status, named, readings, value_of, work_for

if TYPE_CHECKING:
    from core.database import Database


def test_a_transaction_links_its_own_entries_fhir_07(
    gateway: Any, build: Any, database: Database
) -> None:
    urn = f"urn:uuid:{uuid4()}"
    posted = build.bundle(
        "transaction", build.heart_rate(urn), build.patient(), urls=(f"urn:uuid:{uuid4()}", urn)
    )

    answer = gateway.post(posted)

    assert answer.status_code == 200
    assert answer.json()["type"] == "transaction-response"
    entries = [each["response"] for each in answer.json()["entry"]]
    assert [each["status"] for each in entries] == ["201 Created"] * 2
    who = entries[1]["location"].split("/")[1]
    assert len(readings(database, who)) == 1
    stored = gateway.get(f"/fhir/{entries[0]['location']}")
    assert stored.json()["subject"]["reference"] == f"Patient/{who}"


def test_a_conditional_reference_is_resolved(gateway: Any, build: Any) -> None:
    person = build.patient()
    who = gateway.create(person)
    reading = build.heart_rate(f"Patient?identifier=urn:clinic:a|{value_of(person)}")

    answer = gateway.post(build.bundle("transaction", reading))

    assert answer.status_code == 200
    location = answer.json()["entry"][0]["response"]["location"]
    assert gateway.get(f"/fhir/{location}").json()["subject"]["reference"] == f"Patient/{who}"


@pytest.mark.parametrize("fault", ["unknown-subject", "bad-status"])
def test_a_transaction_that_fails_in_its_last_entry_stores_nothing_fhir_07(
    gateway: Any, build: Any, database: Database, fault: str
) -> None:
    person = build.patient()
    who = gateway.create(person)
    bad = (
        build.heart_rate(f"Patient/{uuid4()}")
        if fault == "unknown-subject"
        else build.heart_rate(f"Patient/{who}", status="done")
    )
    new = build.patient()

    answer = gateway.post(build.bundle("transaction", new, build.heart_rate(f"Patient/{who}"), bad))

    assert answer.status_code in (400, 422)
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert answer.json()["issue"][0]["expression"][0].startswith("Bundle.entry[2].resource.")
    assert readings(database, who) == []
    assert work_for(database, who) == []
    assert gateway.post(new).status_code == 201


def test_a_bad_batch_entry_spoils_no_other_fhir_07(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())

    answer = gateway.post(
        build.bundle(
            "batch",
            build.heart_rate(f"Patient/{who}"),
            build.heart_rate(f"Patient/{uuid4()}"),
            build.heart_rate(f"Patient/{who}", 96),
            build.heart_rate(f"Patient/{who}"),
            {"resourceType": "Condition", "subject": {"reference": f"Patient/{uuid4()}"}},
            {"resourceType": "Basic", "code": {"text": "unused"}},
        )
    )

    statuses = [each["response"]["status"][:3] for each in answer.json()["entry"]]
    assert statuses == ["201", "422", "201", "200", "422", "200"]
    assert len(readings(database, who)) == 2
    with database.transaction() as session:
        assert not session.scalar(
            select(func.count()).select_from(Resource).where(Resource.type == "Basic")
        )


def test_the_same_transaction_again_stores_nothing_new_rel_05(
    gateway: Any, build: Any, database: Database
) -> None:
    urn = f"urn:uuid:{uuid4()}"
    condition = {
        "resourceType": "Condition",
        "clinicalStatus": condition_status("clinical", "active"),
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "84114007"}]},
        "subject": {"reference": urn},
    }
    posted = build.bundle(
        "transaction", build.patient(), condition, build.heart_rate(urn), urls=(urn,)
    )

    first, second = gateway.post(posted).json(), gateway.post(posted).json()

    assert [each["response"]["status"] for each in second["entry"]] == ["200 OK"] * 3
    assert [each["response"]["location"] for each in first["entry"]] == [
        each["response"]["location"] for each in second["entry"]
    ]
    who = UUID(first["entry"][0]["response"]["location"].split("/")[1])
    with database.transaction() as session:
        rows = select(func.count()).select_from(Condition).where(Condition.patient_id == who)
        assert session.scalar(rows) == 1


@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_8_identical_bundles_at_once_store_their_entries_once_rel_05(
    gateway: Any, build: Any, kind: str
) -> None:
    person, urn = build.patient(), f"urn:uuid:{uuid4()}"
    if kind == "batch":
        subject = f"Patient/{gateway.create(person)}"
        posted = build.bundle(kind, build.heart_rate(subject), named(build.heart_rate(subject, 90)))
    else:
        posted = build.bundle(kind, person, build.heart_rate(urn), urls=(urn,))

    with ThreadPoolExecutor(8) as pool:
        answers = [each.json()["entry"] for each in pool.map(gateway.post, [posted] * 8)]

    for entry in range(2):
        statuses = sorted(each[entry]["response"]["status"] for each in answers)
        assert statuses == [*["200 OK"] * 7, "201 Created"]
        assert len({each[entry]["response"]["location"] for each in answers}) == 1


def test_bundles_over_the_same_people_in_any_order_never_deadlock(
    gateway: Any, build: Any, database: Database
) -> None:
    people = [build.patient() for _ in range(6)]
    ids = [gateway.create(each) for each in people]

    def bundle_of(turn: int) -> dict[str, Any]:
        turned = [*range(turn % 6, 6), *range(turn % 6)]
        order = turned[::-1] if turn % 2 else turned
        readings_ = [build.heart_rate(f"Patient/{ids[n]}", 60 + turn) for n in order]
        return build.bundle("transaction", *readings_, *(people[n] for n in order))  # type: ignore[no-any-return]  # the builder is a fixture

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(gateway.post, [bundle_of(turn) for turn in range(24)]))

    assert {each.status_code for each in answers} == {200}
    for who in ids:
        stored = readings(database, who)
        assert len(stored) == 24
        assert sum(row.quality == "scored" for row in stored) == 1
