"""`$import`: each line for itself, chunk by chunk, and what became of it can be read."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from core.audit import AuditEvent
from core.outbox import Priority
from tests.door import heart_rate, named, patient, readings, work_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from httpx2 import Response as Received

    from core.database import Database
    from tests.door import Gateway

NDJSON = "application/fhir+ndjson"


def ndjson(*resources: dict[str, Any] | str) -> bytes:
    return b"".join(
        (each if isinstance(each, str) else json.dumps(each)).encode() + b"\n" for each in resources
    )


def load(gateway: Gateway, body: Any, **headers: str) -> Received:
    said = gateway.headers(Content_Type=NDJSON, **headers)
    return gateway.http.post("/fhir/$import", content=body, headers=said)


def counts(answer: Received) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    return {
        each["name"]: each.get("valueInteger", each.get("valueCode"))
        for each in answer.json()["parameter"]
        if "valueInteger" in each or "valueCode" in each
    }


def outcomes(gateway: Gateway, answer: Received) -> list[dict[str, Any]]:
    place = answer.headers["Content-Location"].removeprefix("http://testserver")
    return [json.loads(line) for line in gateway.get(f"{place}/outcome").text.splitlines()]


def at(minute: int, second: int = 0) -> dict[str, Any]:
    return {"effectiveDateTime": f"2026-03-02T10:{minute:02}:{second:02}Z"}


def test_each_line_is_taken_for_itself_and_its_outcome_can_be_read(
    gateway: Gateway, database: Database
) -> None:
    who = gateway.create(patient())
    good = named(heart_rate(f"Patient/{who}", **at(1)))
    wrong = heart_rate(f"Patient/{who}", **at(2)) | {"status": "finished"}
    stranger = heart_rate("Patient/00000000-0000-0000-0000-000000000001", **at(3))

    answer = load(gateway, ndjson(good, "", "{oops", wrong, stranger, good, patient()))

    assert counts(answer) == {
        "state": "done",
        "lines": 6,
        "created": 2,
        "updated": 0,
        "repeated": 1,
        "unused": 0,
        "refused": 3,
    }
    told = outcomes(gateway, answer)
    assert [each["line"] for each in told] == [1, 3, 4, 5, 6, 7]
    assert [each["status"] for each in told] == ["201", "400", "400", "422", "200", "201"]
    assert told[0]["location"] == told[4]["location"]
    assert told[3]["outcome"]["issue"][0]["expression"] == ["Observation.subject"]
    assert len(readings(database, who)) == 1


def test_the_same_upload_again_stores_nothing_new_rel_05(
    gateway: Gateway, database: Database
) -> None:
    who = gateway.create(patient())
    body = ndjson(*(heart_rate(f"Patient/{who}", **at(n // 60, n % 60)) for n in range(1200)))

    first, again = counts(load(gateway, body)), counts(load(gateway, body))

    assert (first["created"], first["repeated"]) == (1200, 0)
    assert (again["created"], again["repeated"]) == (0, 1200)
    assert len(readings(database, who)) == 1200


def test_what_was_taken_stays_when_the_upload_breaks_off(
    gateway: Gateway, database: Database
) -> None:
    who = gateway.create(patient())
    lines = ndjson(*(heart_rate(f"Patient/{who}", **at(n // 60, n % 60)) for n in range(1500)))
    packed = gzip.compress(lines)

    def broken() -> Iterator[bytes]:
        yield packed[:-8]

    answer = load(gateway, broken(), Content_Encoding="gzip")

    assert answer.status_code == 400
    assert "1000 lines before" in answer.json()["issue"][0]["diagnostics"]
    assert len(readings(database, who)) == 1000
    assert len(outcomes(gateway, answer)) == 1000
    listed = gateway.get("/fhir/$import").json()["parameter"]
    assert {"name": "state", "valueCode": "broken"} in [each["part"][0] for each in listed]


def test_a_compressed_upload_is_read(gateway: Gateway, database: Database) -> None:
    who = gateway.create(patient())
    packed = gzip.compress(ndjson(heart_rate(f"Patient/{who}")))

    answer = load(gateway, packed, Content_Encoding="gzip")

    assert counts(answer)["created"] == 1
    assert len(readings(database, who)) == 1


def test_scopes_hold_for_each_line_sec_03(register: Callable[..., Gateway]) -> None:
    device = register("system/Observation.c")

    answer = load(device, ndjson(patient(), {"resourceType": "Basic"}))

    assert [each["status"] for each in outcomes(device, answer)] == ["403", "404"]
    reader = register("system/*.rs")
    assert load(reader, ndjson(patient())).status_code == 403


def test_nobody_reads_what_became_of_anothers_upload_sec_12(
    gateway: Gateway, register: Callable[..., Gateway]
) -> None:
    place = load(gateway, ndjson(patient())).headers["Content-Location"]
    place = place.removeprefix("http://testserver")
    stranger = register()

    assert gateway.get(place).status_code == 200
    assert stranger.get(place).status_code == 404
    assert stranger.get(f"{place}/outcome").status_code == 404
    assert stranger.get("/fhir/$import").json()["parameter"] == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content_Type": "application/fhir+json"}, 415),
        ({"Content_Encoding": "br"}, 415),
        ({"Authorization": "Bearer nonsense"}, 401),
    ],
)
def test_an_upload_of_another_form_is_refused(
    gateway: Gateway, headers: dict[str, str], status: int
) -> None:
    said = gateway.headers(**({"Content_Type": NDJSON} | headers))

    answer = gateway.http.post("/fhir/$import", content=b"", headers=said)

    assert answer.status_code == status
    assert answer.json()["resourceType"] == "OperationOutcome"


def test_an_upload_is_audited_for_each_patient_sec_16(gateway: Gateway, database: Database) -> None:
    people = [gateway.create(patient()) for _ in range(3)]

    load(gateway, ndjson(*(heart_rate(f"Patient/{each}") for each in people)))

    with database.transaction() as session:
        query = select(func.count(AuditEvent.patient_id.distinct())).where(
            AuditEvent.entity == "Import",
            AuditEvent.patient_id.in_([UUID(each) for each in people]),
        )
        assert session.scalar(query) == 3


def test_what_a_history_load_brings_is_judged_after_everybody_elses_rel_25(
    gateway: Gateway, register: Callable[..., Gateway], database: Database
) -> None:
    loads_history = register(history=True)
    old, now = gateway.create(patient()), gateway.create(patient())
    alarming = gateway.create(patient())

    load(
        loads_history, ndjson(heart_rate(f"Patient/{old}"), heart_rate(f"Patient/{alarming}", 140))
    )
    load(gateway, ndjson(heart_rate(f"Patient/{now}")))

    asked = {who: [row.priority for row in work_for(database, who)] for who in (old, now, alarming)}
    assert asked == {old: [Priority.BULK], now: [Priority.NORMAL], alarming: [Priority.CRITICAL]}


def test_a_list_of_answers_is_a_line_like_any_other(gateway: Gateway, database: Database) -> None:
    who = gateway.create(patient())
    given = {
        "resourceType": "QuestionnaireResponse",
        "identifier": {"system": "urn:answers", "value": f"of-{who}"},
        "questionnaire": "urn:wardlight:questionnaire:daily",
        "status": "completed",
        "subject": {"reference": f"Patient/{who}"},
        "authored": "2026-03-02T10:01:00Z",
        "item": [
            {"linkId": "chest-pain", "answer": [{"valueBoolean": True}]},
            {"linkId": "shoe-size", "answer": [{"valueInteger": 43}]},
        ],
    }

    answer = load(gateway, ndjson(given, given, given | {"questionnaire": "urn:another"}))

    assert [(row.vital, row.value) for row in readings(database, who)] == [("chest_pain", 1.0)]
    lines = outcomes(gateway, answer)
    found = [i for each in lines for i in (each.get("outcome") or each).get("issue", ())]
    said = {expression for issue in found for expression in issue.get("expression", ())}
    assert "QuestionnaireResponse.questionnaire" in said
    assert counts(answer)["lines"] == 3
