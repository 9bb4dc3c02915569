"""A batch under an Idempotency-Key: what was refused of it is tried anew, the rest is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy.exc import IntegrityError

from ingest.people.service import PROJECTIONS
from ingest.receipt import Kind
from tests.door import bundle, heart_rate, patient, readings

if TYPE_CHECKING:
    import pytest

    from core.database import Database
    from tests.door import Gateway


def said(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return [each["response"] for each in answer.json()["entry"]]


def statuses(answer: Any) -> list[str]:
    return [each["status"][:3] for each in said(answer)]


def test_an_entry_that_can_be_taken_by_now_is_taken_by_the_repeat_rel_06(
    gateway: Gateway, database: Database
) -> None:
    who, key, stranger = gateway.create(patient()), str(uuid4()), patient()
    subject = {"identifier": stranger["identifier"][0]}
    sent = bundle(
        "batch",
        heart_rate("") | {"subject": subject},
        heart_rate(f"Patient/{who}"),
        heart_rate("Patient/nobody"),
    )

    first = gateway.post(sent, Idempotency_Key=key)
    still = gateway.post(sent, Idempotency_Key=key)
    stranger_id = gateway.create(stranger)
    later = [gateway.post(sent, Idempotency_Key=key) for _ in range(2)]

    assert statuses(first) == ["422", "201", "422"]
    assert still.content == first.content
    assert statuses(later[0]) == ["201", "201", "422"]
    assert said(later[0])[1:] == said(first)[1:]
    assert later[1].content == later[0].content
    assert later[1].headers["Idempotency-Replayed"] == "true"
    assert (len(readings(database, stranger_id)), len(readings(database, who))) == (1, 1)


def test_a_conflict_of_the_moment_is_over_for_whoever_retries_rel_05(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, key = bundle("batch", patient(), patient(gender="male")), str(uuid4())
    real = PROJECTIONS[Kind.PATIENT]

    def raced(desk: Any, id_: Any, resource: Any) -> Any:
        if resource["gender"] == "male":
            raise IntegrityError("insert", {}, Exception("duplicate key"))
        return real(desk, id_, resource)

    monkeypatch.setitem(PROJECTIONS, Kind.PATIENT, raced)
    first = gateway.post(sent, Idempotency_Key=key)
    monkeypatch.undo()
    again = gateway.post(sent, Idempotency_Key=key)

    assert (statuses(first), statuses(again)) == (["201", "409"], ["201", "201"])
    assert said(again)[0] == said(first)[0]


def test_what_is_wrong_is_named_at_its_own_place_when_it_is_tried_anew(gateway: Gateway) -> None:
    who, key = gateway.create(patient()), str(uuid4())
    sent = bundle("batch", heart_rate(f"Patient/{who}"), heart_rate(f"Patient/{who}", 91))
    sent["entry"][1]["request"]["url"] = "Patient"

    answers = [gateway.post(sent, Idempotency_Key=key) for _ in range(2)]

    for each in answers:
        [issue] = said(each)[1]["outcome"]["issue"]
        assert issue["expression"] == ["Bundle.entry[1].request.url"]


def test_what_was_taken_is_not_done_again_where_something_else_was_refused(
    gateway: Gateway,
) -> None:
    own, key = f"p{uuid4().hex}", str(uuid4())
    person = patient(id=own)
    sent = bundle("batch", person, heart_rate("Patient/nobody"))
    sent["entry"][0]["request"] = {"method": "PUT", "url": f"Patient/{own}"}

    assert statuses(gateway.post(sent, Idempotency_Key=key)) == ["201", "422"]
    assert gateway.put(f"Patient/{own}", person | {"gender": "male"}).status_code == 200
    assert statuses(gateway.post(sent, Idempotency_Key=key)) == ["201", "422"]

    kept = gateway.get(f"/fhir/Patient/{own}").json()
    assert (kept["gender"], kept["meta"]["versionId"]) == ("male", "2")
