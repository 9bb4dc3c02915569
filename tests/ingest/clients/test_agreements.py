"""What was agreed with a client holds from its next request on, inside Bundles too."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from core.audit import AuditEvent
from core.errors import NotFoundError
from fhir.policy import BOM, Mode, Policy, Tolerance
from ingest.archive.repository import fetch
from ingest.service import agree
from tests.door import readings

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from core.database import Database

TOLERANT = Policy(tolerances=frozenset(Tolerance))


def send(gateway: Any, body: bytes, path: str = "/fhir/Observation") -> Any:
    return gateway.http.post(path, content=body, headers=gateway.headers())


def audited(database: Database, client: UUID) -> list[str]:
    with database.transaction() as session:
        query = select(AuditEvent.outcome).where(AuditEvent.caller_id == client)
        return list(session.scalars(query.order_by(AuditEvent.id)))


def test_a_strict_client_is_refused_what_others_are_warned_about_fhir_15(
    register: Callable[..., Any], gateway: Any, build: Any
) -> None:
    strict = register(policy=Policy(Mode.ENFORCE))
    who = gateway.create(build.patient())
    bare = build.heart_rate(f"Patient/{who}", category=[{"text": "vitals"}])

    refused, taken = strict.post(bare), gateway.post(bare)

    assert (refused.status_code, taken.status_code) == (422, 201)
    assert refused.json()["issue"][0]["expression"] == ["Observation.category"]
    assert taken.json()["issue"][0]["severity"] == "warning"


def test_an_agreement_changes_with_the_next_request(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())
    odd = {"value": 72, "system": "http://unitsofmeasure.org", "code": "bpm"}
    wrong = build.heart_rate(f"Patient/{who}", valueQuantity=odd)
    before = gateway.post(wrong)

    with database.transaction() as session:
        agree(session, gateway.name, Policy(Mode.OFF))
    after = gateway.post(wrong)

    assert (before.status_code, after.status_code) == (422, 201)
    assert [each.quality for each in readings(database, who)] == ["unit-unsure"]


def test_nobody_agrees_with_a_client_that_is_not_registered(session: Session) -> None:
    with pytest.raises(NotFoundError):
        agree(session, str(uuid4()), Policy())


def test_what_is_tolerated_is_stored_as_received_given_back_as_fhir_and_audited(
    register: Callable[..., Any], build: Any, database: Database
) -> None:
    tolerant = register(policy=TOLERANT)
    who = tolerant.create(build.patient())
    body = BOM + json.dumps(build.heart_rate(f"Patient/{who}") | {"issued": None}).encode()

    answer = send(tolerant, body)
    given = tolerant.get(answer.headers["Location"].removeprefix("http://testserver"))

    assert answer.status_code == 201, answer.text
    assert "issued" not in given.json()
    id_ = UUID(given.json()["id"])
    with database.transaction() as session:
        kept = fetch(session, "Observation", id_)
    assert kept is not None
    assert kept.body == body
    assert "success; tolerated bom; tolerated null-members" in audited(database, tolerant.client_id)
    assert len(readings(database, who)) == 1


def test_inside_a_bundle_too_and_for_people(
    register: Callable[..., Any], build: Any, database: Database
) -> None:
    tolerant = register(policy=TOLERANT)
    person = build.patient() | {"deceasedBoolean": None}
    beat = build.heart_rate("urn:uuid:1") | {"issued": None}
    bundle = build.bundle("transaction", person, beat, urls=("urn:uuid:1",))

    answer = send(tolerant, BOM + json.dumps(bundle).encode(), "/fhir")

    assert answer.status_code == 200, answer.text
    assert [each["response"]["status"][:3] for each in answer.json()["entry"]] == ["201", "201"]
    assert any("tolerated bom" in each for each in audited(database, tolerant.client_id))


@pytest.mark.parametrize("mark", [BOM, b""])
def test_without_an_agreement_nothing_is_tolerated_sec_33(
    gateway: Any, build: Any, database: Database, mark: bytes
) -> None:
    body = mark + json.dumps(build.heart_rate("Patient/x") | {"issued": None}).encode()

    assert send(gateway, body).status_code == 400
    assert audited(database, gateway.client_id) == ["refused 400"]
