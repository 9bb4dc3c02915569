from __future__ import annotations

import gzip
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from core.audit import AuditEvent
from ingest.repository import person
from ingest.tables import Client
from tests.door import readings, value_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi.testclient import TestClient

    from core.database import Database


def test_an_unknown_patient_is_refused_naming_the_element(gateway: Any, build: Any) -> None:
    answer = gateway.post(build.heart_rate(f"Patient/{uuid4()}"))

    assert answer.status_code == 422
    assert answer.json()["issue"][0]["expression"] == ["Observation.subject"]


def test_another_servers_patient_with_the_same_id_is_not_ours(gateway: Any, build: Any) -> None:
    who = gateway.create(build.patient())

    theirs = gateway.post(build.heart_rate(f"https://elsewhere.example/fhir/Patient/{who}"))
    ours = gateway.post(build.heart_rate(f"http://testserver/fhir/Patient/{who}"))

    assert (theirs.status_code, ours.status_code) == (422, 201)


def test_a_subject_by_identifier_is_resolved(gateway: Any, build: Any) -> None:
    person = build.patient()
    gateway.create(person)

    reading = build.heart_rate("") | {"subject": {"identifier": person["identifier"][0]}}

    assert gateway.post(reading).status_code == 201


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer nonsense"}, 401),
        ({"Content-Type": "application/xml"}, 415),
        ({"Content-Type": "application/fhir+json; fhirVersion=3.0"}, 415),
        ({"Content-Encoding": "br"}, 415),
        ({"Accept": "application/fhir+xml"}, 406),
    ],
)
def test_what_is_wrong_with_the_request_is_said_as_an_outcome_fhir_09(
    gateway: Any, build: Any, change: dict[str, str], status: int
) -> None:
    body = json.dumps(build.patient())

    answer = gateway.http.post("/fhir/Patient", content=body, headers=gateway.headers() | change)

    assert answer.status_code == status
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert answer.headers["content-type"] == "application/fhir+json; charset=utf-8"


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b"\xef\xbb\xbf{}", 400),
        (b'{"resourceType":"Patient","resourceType":"Patient"}', 400),
        (b'{"resourceType":"Condition"}', 400),
        (b'{"resourceType":"Patient","id":"a\\u0000b"}', 400),
        (b" " * (1 << 20) + b"{}", 413),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(gateway: Any, content: bytes, status: int) -> None:
    """FHIR-10: a media type that is not FHIR JSON included."""
    answer = gateway.http.post("/fhir/Patient", content=content, headers=gateway.headers())

    assert answer.status_code == status
    assert answer.json()["resourceType"] == "OperationOutcome"
    if status == 400:
        assert all(issue["expression"] for issue in answer.json()["issue"])


def test_a_packed_body_is_unpacked_within_its_bounds_sec_32(gateway: Any, build: Any) -> None:
    def post(body: bytes) -> int:
        headers = gateway.headers(Content_Encoding="gzip")
        return int(gateway.http.post("/fhir/Patient", content=body, headers=headers).status_code)

    good = gzip.compress(json.dumps(build.patient()).encode())

    assert [post(good), post(good[:-3]), post(gzip.compress(b" " * (2 << 20)))] == [201, 400, 413]


@pytest.mark.parametrize("method", ["DELETE", "PATCH"])
def test_a_device_cannot_delete_or_patch_fhir_06(gateway: Any, method: str) -> None:
    answer = gateway.http.request(method, f"/fhir/Observation/{uuid4()}", headers=gateway.headers())

    assert answer.status_code == 405
    assert answer.json()["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize("path", ["Observation/nonsense", f"Observation/{UUID(int=1)}", "Claim/1"])
def test_what_does_not_exist_is_404_and_the_attempt_is_audited_sec_16(
    gateway: Any, database: Database, path: str
) -> None:
    assert gateway.get(f"/fhir/{path}").status_code == 404
    with database.transaction() as session:
        tries = select(AuditEvent.outcome).where(AuditEvent.caller_id == gateway.client_id)
        assert session.scalars(tries).all() == ["refused"]


def test_a_create_only_device_may_not_read_nor_create_other_types_sec_03(
    register: Callable[..., Any], gateway: Any, build: Any
) -> None:
    who = gateway.create(build.patient())
    device = register("system/Observation.c")

    created = device.post(build.heart_rate(f"Patient/{who}"))

    assert created.status_code == 201
    assert device.get(f"/fhir/{created.json()['resourceType']}/{uuid4()}").status_code == 403
    assert device.post(build.patient()).status_code == 403
    batch = device.post(
        build.bundle("batch", build.patient(), build.heart_rate(f"Patient/{who}", 71))
    )
    assert [each["response"]["status"][:3] for each in batch.json()["entry"]] == ["403", "201"]


def test_a_disabled_client_is_refused_on_its_next_request(
    gateway: Any, build: Any, database: Database
) -> None:
    gateway.create(build.patient())
    with database.transaction() as session:
        session.get_one(Client, gateway.client_id).disabled = True

    assert gateway.post(build.patient()).status_code == 401
    assert gateway.get(f"/fhir/Patient/{uuid4()}").status_code == 401
    assert gateway.ask_token().status_code == 401


def test_an_identifier_too_long_for_an_index_is_refused(gateway: Any, build: Any) -> None:
    answer = gateway.post(
        build.patient(identifier=[{"system": "urn:clinic:a", "value": "9" * 5000}])
    )

    assert answer.status_code == 422
    assert answer.json()["issue"][0]["expression"] == ["Patient.identifier"]


@pytest.mark.parametrize(
    "effective", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "9999-12-31"]
)
def test_the_edges_of_the_calendar_are_kept_and_never_judged(
    gateway: Any, build: Any, database: Database, effective: str
) -> None:
    who = gateway.create(build.patient())

    answer = gateway.post(build.heart_rate(f"Patient/{who}", effectiveDateTime=effective))

    assert answer.status_code in (201, 400, 422)
    assert {row.quality for row in readings(database, who)} <= {"time-unsure", "future"}


def test_a_device_with_an_endless_name_still_has_one_key(gateway: Any, build: Any) -> None:
    who = gateway.create(build.patient())
    device = {"device": {"identifier": {"system": "urn:d", "value": "d" * 5000}}}
    reading = build.heart_rate(f"Patient/{who}", **device)

    answers = [gateway.post(each).status_code for each in (reading, reading)]

    assert answers == [201, 200]


def test_a_survey_answer_says_who_lives_alone(gateway: Any, build: Any, database: Database) -> None:
    who = gateway.create(build.patient())
    survey = build.heart_rate(f"Patient/{who}") | {
        "code": {"coding": [{"system": "http://loinc.org", "code": "63503-7"}]},
        "valueCodeableConcept": {
            "coding": [{"system": "http://snomed.info/sct", "code": "105529008"}]
        },
    }
    del survey["valueQuantity"], survey["category"]

    answer = gateway.post(survey)

    assert answer.status_code == 201, answer.text
    with database.transaction() as session:
        assert person(session, UUID(who)).lives_alone is True


def test_if_none_exist_writes_at_most_once_fhir_04(gateway: Any, build: Any) -> None:
    person = build.patient()
    criteria = f"identifier=urn:clinic:a|{value_of(person)}"

    first = gateway.post(person, If_None_Exist=criteria)
    second = gateway.post(person | {"gender": "male"}, If_None_Exist=criteria)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.headers["Location"] == second.headers["Location"]


@pytest.mark.parametrize(
    "criteria",
    ["name=Vale", "identifier=4711", "identifier=a|b&active=true", "identifier=a|", "", " "],
)
def test_criteria_that_are_not_understood_are_refused_fhir_04(
    gateway: Any, build: Any, criteria: str
) -> None:
    assert gateway.post(build.patient(), If_None_Exist=criteria).status_code == 400


def test_a_client_gets_a_short_token_and_uses_it(gateway: Any, build: Any) -> None:
    granted = gateway.ask_token(scope="system/Patient.c")

    assert granted.status_code == 200
    assert granted.json()["scope"] == "system/Patient.c"
    assert granted.json()["expires_in"] <= 300
    assert granted.headers["Cache-Control"] == "no-store"
    bearer = {"Authorization": f"Bearer {granted.json()['access_token']}"}
    answer = gateway.post(build.patient(), **bearer)
    assert answer.status_code == 201


def test_a_replayed_assertion_is_refused_sec_02(gateway: Any) -> None:
    proof = gateway.assertion()

    first = gateway.ask_token(client_assertion=proof)
    second = gateway.ask_token(client_assertion=proof)

    assert (first.status_code, second.status_code) == (200, 401)
    assert second.json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"client_assertion_type": "x"}, 400, "invalid_request"),
        ({"client_assertion": ""}, 400, "invalid_request"),
        ({"client_assertion": "nonsense"}, 401, "invalid_client"),
        ({"scope": "system/nothing"}, 400, "invalid_scope"),
    ],
)
def test_a_token_request_that_is_wrong_is_refused_sec_01(
    gateway: Any, form: dict[str, str], status: int, error: str
) -> None:
    answer = gateway.ask_token(**form)

    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_a_token_runs_out(gateway: Any, build: Any, clock: Any) -> None:
    headers = gateway.headers()
    clock.now += timedelta(seconds=301)

    answer = gateway.http.post(
        "/fhir/Patient", content=json.dumps(build.patient()), headers=headers
    )

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_the_declarations_need_no_token_fhir_01_fhir_02(web: TestClient) -> None:
    statement = web.get("/fhir/metadata").json()
    smart = [
        web.get(path).json()
        for path in (
            "/.well-known/smart-configuration",
            "/fhir/.well-known/smart-configuration",
        )
    ]

    assert statement["fhirVersion"] == "4.0.1"
    assert smart[0] == smart[1]
    assert smart[0]["token_endpoint"] == "http://testserver/auth/token"
