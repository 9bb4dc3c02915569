"""A client speaks for its own patients, a device for whom it measured (SEC-04)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from core.audit import AuditEvent
from core.errors import NotFoundError
from core.security import SYSTEM
from ingest.binding.service import set_grant
from tests.door import NOW, Gateway, readings

if TYPE_CHECKING:
    from core.database import Database


def outcomes(database: Database, patient: str) -> list[str]:
    with database.transaction() as session:
        query = select(AuditEvent.outcome).where(AuditEvent.patient_id == UUID(patient))
        return list(session.scalars(query.order_by(AuditEvent.id)))


@pytest.fixture
def bound(register: Any) -> Gateway:
    client: Gateway = register(bound=True)
    return client


def test_posting_for_another_patient_is_403_and_audited_sec_04(
    gateway: Any, bound: Gateway, build: Any, database: Database
) -> None:
    stranger, own = gateway.create(build.patient()), bound.create(build.patient())

    mine = bound.post(build.heart_rate(f"Patient/{own}"))
    theirs = bound.post(build.heart_rate(f"Patient/{stranger}"))

    assert (mine.status_code, theirs.status_code) == (201, 403)
    assert theirs.json()["issue"][0]["expression"] == ["Observation.subject"]
    assert readings(database, stranger) == []
    assert outcomes(database, stranger)[-1] == "refused 403"


def test_each_entry_of_a_batch_is_bound_and_a_transaction_as_a_whole_sec_04(
    gateway: Any, bound: Gateway, build: Any, database: Database
) -> None:
    stranger, own = gateway.create(build.patient()), bound.create(build.patient())
    both = [build.heart_rate(f"Patient/{own}"), build.heart_rate(f"Patient/{stranger}")]

    batch = bound.post(build.bundle("batch", *both)).json()
    whole = bound.post(build.bundle("transaction", *reversed(both)))

    assert [e["response"]["status"][:3] for e in batch["entry"]] == ["201", "403"]
    assert whole.status_code == 403
    assert outcomes(database, stranger)[1:] == ["refused 403", "refused 403"]
    assert readings(database, stranger) == []


@pytest.mark.parametrize("kind", ["Condition", "Device", "CareTeam", "Patient"])
def test_nothing_else_is_said_about_another_patient_either_sec_04(
    gateway: Any, bound: Gateway, build: Any, kind: str
) -> None:
    enrolment = build.patient()
    stranger = gateway.create(enrolment)
    said: dict[str, Any] = {
        "Condition": {"subject": {"reference": f"Patient/{stranger}"}},
        "Device": {"patient": {"reference": f"Patient/{stranger}"}},
        "CareTeam": {"subject": {"reference": f"Patient/{stranger}"}, "status": "active"},
        "Patient": enrolment,
    }[kind]

    answer = bound.post({"resourceType": kind} | said)

    assert answer.status_code == 403, answer.text
    assert bound.get(f"/fhir/Patient/{stranger}").status_code == 404


def test_a_conditional_create_shows_nothing_of_another_patient_sec_04(
    gateway: Any, bound: Gateway, build: Any, database: Database
) -> None:
    enrolment = build.patient()
    stranger = gateway.create(enrolment)
    number = enrolment["identifier"][0]
    asked = f"identifier={number['system']}|{number['value']}"
    posted = {"method": "POST", "url": "Patient", "ifNoneExist": asked}
    entry = {"fullUrl": f"urn:uuid:{uuid4()}", "resource": enrolment, "request": posted}

    alone = bound.post(enrolment, **{"If-None-Exist": asked})
    within = bound.post({"resourceType": "Bundle", "type": "transaction", "entry": [entry]})

    assert (alone.status_code, within.status_code) == (403, 403)
    assert stranger not in alone.text + within.text
    assert outcomes(database, stranger)[-2:] == ["refused 403", "refused 403"]


def test_a_grant_opens_and_its_end_closes_sec_04(
    gateway: Any, bound: Gateway, build: Any, database: Database
) -> None:
    patient = gateway.create(build.patient())
    pair = (bound.client_id, UUID(patient))
    statuses = []
    for granted in (True, False):
        with database.transaction() as session:
            set_grant(session, SYSTEM, pair, granted=granted, now=NOW)
        statuses.append(bound.post(build.heart_rate(f"Patient/{patient}")).status_code)

    assert statuses == [201, 403]
    with pytest.raises(NotFoundError), database.transaction() as session:
        set_grant(session, SYSTEM, pair, granted=False, now=NOW)


def device(patient: str | None, value: str) -> dict[str, Any]:
    whose = {"patient": {"reference": f"Patient/{patient}"}} if patient else {}
    return {
        "resourceType": "Device",
        "identifier": [{"system": "urn:serial", "value": value}],
        **whose,
    }


def measured(build: Any, patient: str, device_id: str, at: str) -> dict[str, Any]:
    said: dict[str, Any] = build.heart_rate(f"Patient/{patient}", effectiveDateTime=at)
    return said | {"device": {"reference": f"Device/{device_id}"}}


def test_a_device_speaks_for_whom_it_was_bound_to_when_it_measured_sec_04(
    gateway: Any, build: Any, clock: Any
) -> None:
    first, second, serial = (*(gateway.create(build.patient()) for _ in range(2)), str(uuid4()))
    scale = gateway.create(device(first, serial))
    clock.now = NOW + timedelta(days=1)
    assert gateway.create(device(second, serial)) == scale
    clock.now = NOW + timedelta(days=2)
    before, after = "2026-03-02T10:00:00Z", "2026-03-04T10:00:00Z"

    answers = {
        (who, at): gateway.post(measured(build, patient, scale, at)).status_code
        for who, patient in (("first", first), ("second", second))
        for at in (before, after)
    }

    assert answers == {
        ("first", before): 201,
        ("first", after): 403,
        ("second", before): 403,
        ("second", after): 201,
    }


def test_a_device_that_is_nobodys_speaks_for_whomever_its_sender_says(
    gateway: Any, build: Any
) -> None:
    shared = gateway.create(device(None, str(uuid4())))

    for _ in range(2):
        patient = gateway.create(build.patient())
        answer = gateway.post(measured(build, patient, shared, "2026-03-02T10:00:00Z"))
        assert answer.status_code == 201
