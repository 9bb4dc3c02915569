from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from core.audit import AuditEvent
from core.outbox import Outbox, Priority
from core.vitals import Quality
from ingest.tables import Client, Condition, Resource, StoredReading

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi.testclient import TestClient

    from core.database import Database


def readings(database: Database, patient_id: str) -> list[StoredReading]:
    with database.transaction() as session:
        query = select(StoredReading).where(StoredReading.patient_id == UUID(patient_id))
        return list(session.scalars(query.order_by(StoredReading.received_at, StoredReading.id)))


def work_for(database: Database, patient_id: str) -> list[Outbox]:
    with database.transaction() as session:
        query = select(Outbox).where(Outbox.subject_id == UUID(patient_id))
        return list(session.scalars(query))


def named(resource: dict[str, Any], value: str | None = None) -> dict[str, Any]:
    return resource | {"identifier": [{"system": "urn:device", "value": value or str(uuid4())}]}


# --- create ----------------------------------------------------------------------------


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
    who = gateway.create(build.patient())
    first = named(build.heart_rate(f"Patient/{who}", 72))
    gateway.post(first)

    answer = gateway.post(
        named(build.heart_rate(f"Patient/{who}", 27, status="corrected"), _value(first))
    )

    assert answer.status_code == 200
    assert answer.headers["ETag"] == 'W/"2"'
    assert {(row.value, row.superseded) for row in readings(database, who)} == {
        (72.0, True),
        (27.0, False),
    }
    assert gateway.get("/fhir/" + answer.headers["Location"].split("/fhir/")[1]).status_code == 200


def _value(resource: dict[str, Any]) -> str:
    return str(resource["identifier"][0]["value"])


def test_entered_in_error_withdraws_the_value_everywhere(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())
    first = named(build.heart_rate(f"Patient/{who}", 172))
    gateway.post(first)

    wrong = named(build.heart_rate(f"Patient/{who}", 172, status="entered-in-error"), _value(first))
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


# --- refusals --------------------------------------------------------------------------


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
        ({"Content-Encoding": "gzip"}, 415),
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
    answer = gateway.http.post("/fhir/Patient", content=content, headers=gateway.headers())

    assert answer.status_code == status
    assert answer.json()["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH"])
def test_a_device_cannot_delete_or_overwrite_fhir_06(gateway: Any, method: str) -> None:
    answer = gateway.http.request(method, f"/fhir/Observation/{uuid4()}", headers=gateway.headers())

    assert answer.status_code == 405
    assert answer.json()["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize("path", ["Observation/nonsense", f"Observation/{uuid4()}", "Claim/1"])
def test_what_does_not_exist_is_404(gateway: Any, path: str) -> None:
    assert gateway.get(f"/fhir/{path}").status_code == 404


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


# --- conditional create ----------------------------------------------------------------


def test_if_none_exist_writes_at_most_once_fhir_04(gateway: Any, build: Any) -> None:
    person = build.patient()
    criteria = f"identifier=urn:clinic:a|{_value(person)}"

    first = gateway.post(person, If_None_Exist=criteria)
    second = gateway.post(person | {"gender": "male"}, If_None_Exist=criteria)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.headers["Location"] == second.headers["Location"]


@pytest.mark.parametrize(
    "criteria", ["name=Vale", "identifier=4711", "identifier=a|b&active=true", "identifier=a|"]
)
def test_criteria_that_are_not_understood_are_refused_fhir_04(
    gateway: Any, build: Any, criteria: str
) -> None:
    assert gateway.post(build.patient(), If_None_Exist=criteria).status_code == 400


# --- Bundles ---------------------------------------------------------------------------


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
    reading = build.heart_rate(f"Patient?identifier=urn:clinic:a|{_value(person)}")

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


def test_other_methods_inside_a_bundle_are_said_to_be_unsupported(gateway: Any, build: Any) -> None:
    posted = build.bundle("batch", build.patient())
    posted["entry"].append({"request": {"method": "DELETE", "url": f"Patient/{uuid4()}"}})

    answer = gateway.post(posted).json()

    assert [each["response"]["status"][:3] for each in answer["entry"]] == ["201", "405"]


def test_the_same_transaction_again_stores_nothing_new_rel_05(
    gateway: Any, build: Any, database: Database
) -> None:
    urn = f"urn:uuid:{uuid4()}"
    condition = {
        "resourceType": "Condition",
        "clinicalStatus": _status("clinical", "active"),
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


def _status(kind: str, code: str) -> dict[str, Any]:
    system = f"http://terminology.hl7.org/CodeSystem/condition-{kind}"
    return {"coding": [{"system": system, "code": code}]}


# --- tokens and declarations -----------------------------------------------------------


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
