"""Everything that a running server answers in FHIR goes before the independent panel."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx
import pytest

from alerts.visit import Span
from alerts.visits.service import book
from app.commands.clients import make_key, register_client
from app.commands.tokens import fetch_token
from core.security import Caller, Role
from fhir.search_fields import PATIENT_FIELDS
from ingest.receipt import STORED
from tests.api_processes import api_processes
from tests.door import bundle, heart_rate, patient
from tests.oracle.panel import panel
from tests.ward import Ward, open_ward

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.database import Database
    from core.embedded import Servers

pytestmark = pytest.mark.processes
JSON = {"Content-Type": "application/fhir+json"}
# What each must be refused with, and how it is provoked: method, path, body, headers.
REFUSALS: list[tuple[int, str, str, bytes, dict[str, str]]] = [
    (400, "POST", "/Observation", b"{", JSON),
    (400, "POST", "/Observation", b'{"resourceType":"Observation","status":"done"}', JSON),
    (400, "POST", "/Patient", json.dumps(patient()).encode(), JSON | {"If-None-Exist": "x=y"}),
    (401, "GET", "/Observation", b"", {"Authorization": "Bearer nonsense"}),
    (404, "GET", "/Observation/nobody", b"", {}),
    (404, "GET", "/Nothing/here/at/all", b"", {}),
    (405, "DELETE", f"/Observation/{uuid4()}", b"", {}),
    (406, "GET", f"/Patient/{uuid4()}?_format=xml", b"", {}),
    (406, "GET", "/Observation", b"", {"Accept": "application/fhir+xml"}),
    (413, "POST", "/Observation", b" " * ((1 << 20) + 1), JSON),
    (415, "POST", "/Observation", b"<Observation/>", {"Content-Type": "application/fhir+xml"}),
    (422, "POST", "/Observation", json.dumps(heart_rate("Patient/nobody")).encode(), JSON),
    (400, "GET", "/Observation?date=yesterday", b"", {}),
]


@pytest.fixture(scope="module")
def ward(database: Database) -> Ward:
    return open_ward(database)


@pytest.fixture(scope="module")
def http(
    embedded: Servers, database: Database, ward: Ward, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    with database.transaction() as session:
        doctor = Caller("user", ward.user_id, Role.PHYSICIAN, ward.practitioner_id)
        soon = Span(ward.now + timedelta(minutes=30), ward.now + timedelta(minutes=50))
        book(session, doctor, ward.alerts["Oh Malsun"][0], soon, now=ward.now)
    private, public = make_key()
    client = register_client(
        embedded.database_url, f"oracle-{uuid4()}", frozenset({"system/*.cruds"}), public
    )
    with api_processes(embedded, tmp_path_factory.mktemp("api")) as [(base, _)]:
        token = fetch_token({**private, "client_id": str(client)}, base_url=base)
        with httpx.Client(
            base_url=f"{base}/fhir", headers={"Authorization": f"Bearer {token}"}, timeout=30
        ) as http:
            yield http


@pytest.fixture(scope="module")
def statement(http: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = http.get("/metadata").json()
    return found


def passes(documents: list[dict[str, Any]]) -> None:
    verdicts = panel(documents)
    for document, objections in zip(documents, verdicts, strict=True):
        assert not objections, (objections[:5], json.dumps(document))


def declaring(statement: dict[str, Any], code: str) -> list[str]:
    """Return the types that declare an interaction."""
    (rest,) = statement["rest"]
    return [
        each["type"]
        for each in rest["resource"]
        if code in {interaction["code"] for interaction in each.get("interaction", ())}
    ]


def test_the_capability_statement_is_fhir_fhir_25(statement: dict[str, Any]) -> None:
    passes([statement])


def test_every_refusal_is_a_valid_outcome_with_the_right_status_fhir_08(
    http: httpx.Client,
) -> None:
    answers = [
        http.request(method, path, content=body, headers=headers)
        for _, method, path, body, headers in REFUSALS
    ]

    assert [each.status_code for each in answers] == [status for status, *_ in REFUSALS]
    passes([each.json() for each in answers])
    assert {each.json()["resourceType"] for each in answers} == {"OperationOutcome"}


def newest(kind: str) -> dict[str, str]:
    """Return how the newest of a type are asked for; a subscription has no order."""
    return {"_count": "20"} | ({"_sort": "-_lastUpdated"} if kind in PATIENT_FIELDS else {})


def whose(kind: str, stored: str) -> dict[str, str]:
    """Return the condition for what devices sent: others sent what refers to what they know."""
    return {"patient": stored} if PATIENT_FIELDS.get(kind) and kind in STORED else {}


def test_what_is_found_of_every_searchable_type_is_fhir_fhir_25(
    http: httpx.Client, statement: dict[str, Any], ward: Ward
) -> None:
    who = stored_patient(http)
    http.post("/Observation", json=heart_rate(f"Patient/{who}"), headers=JSON)
    found = {
        kind: http.get(f"/{kind}", params=newest(kind) | whose(kind, who))
        for kind in declaring(statement, "search-type")
    }

    assert {kind: each.status_code for kind, each in found.items()} == dict.fromkeys(found, 200)
    assert {"Observation", "RiskAssessment", "DetectedIssue"} <= set(found)
    for kind in ("RiskAssessment", "DetectedIssue", "Appointment"):
        assert found[kind].json().get("entry"), kind
    visits = [each["resource"] for each in found["Appointment"].json()["entry"]]
    whom = {"reference": f"Patient/{ward.patients['Oh Malsun']}"}
    mine = [each for each in visits if whom in [one["actor"] for one in each["participant"]]]
    assert [each["status"] for each in mine] == ["booked"]
    passes([each.json() for each in found.values()])


def test_answers_to_bundles_are_fhir_fhir_25(http: httpx.Client) -> None:
    person = patient()
    urn = f"urn:uuid:{uuid4()}"
    answers = [
        http.post("/", json=sent, headers=JSON)
        for sent in (
            bundle("transaction", person, heart_rate(urn), urls=(urn, "")),
            bundle("batch", patient(), heart_rate("Patient/nobody"), heart_rate(urn, "x")),  # type: ignore[arg-type]
        )
    ]

    assert [each.status_code for each in answers] == [200, 200]
    passes([each.json() for each in answers])


def test_histories_and_everything_are_fhir_where_declared_fhir_25(
    http: httpx.Client, statement: dict[str, Any]
) -> None:
    who = stored_patient(http)
    http.post("/Observation", json=heart_rate(f"Patient/{who}"), headers=JSON)
    paths = []
    if "Patient" in declaring(statement, "history-instance"):
        paths.append(f"/Patient/{who}/_history")
    (rest,) = statement["rest"]
    (person,) = [each for each in rest["resource"] if each["type"] == "Patient"]
    if any(each["name"] == "everything" for each in person.get("operation", [])):
        paths.append(f"/Patient/{who}/$everything")

    answers = [http.get(path) for path in ["/Patient/" + who, *paths]]

    assert {each.status_code for each in answers} == {200}
    passes([each.json() for each in answers])


def test_the_outcome_of_an_upload_is_fhir_fhir_25(http: httpx.Client) -> None:
    lines = "\n".join(json.dumps(each) for each in (patient(), heart_rate("Patient/nobody")))
    answer = http.post(
        "/$import", content=lines, headers={"Content-Type": "application/fhir+ndjson"}
    )

    assert answer.status_code == 200
    passes([answer.json()])


def stored_patient(http: httpx.Client) -> str:
    answer = http.post("/Patient", json=patient(), headers=JSON)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])
