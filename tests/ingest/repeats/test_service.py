"""A request with an Idempotency-Key is done once, whoever is asked again and however often."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, text

from ingest.archive.repository import lock
from ingest.repeats.tables import AnsweredRequest
from tests.app.retention.conftest import run_through
from tests.door import NOW, Gateway, bundle, heart_rate, named, patient, readings

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.database import Database


def posted(gateway: Gateway, resource: dict[str, Any], key: str) -> Any:
    return gateway.post(resource, Idempotency_Key=key)


def reading(who: str, value: float = 72) -> dict[str, Any]:
    """Return a heart rate without identifier: nothing but the key says that it is a repeat."""
    return heart_rate(f"Patient/{who}", value)


@pytest.mark.parametrize("form", ["single", "batch", "transaction", "patient", "put"])
def test_the_first_answer_is_given_again_rel_05_rel_06(
    gateway: Gateway, database: Database, form: str
) -> None:
    who, key = gateway.create(patient()), str(uuid4())
    sent = {
        "single": reading(who),
        "batch": bundle("batch", reading(who)),
        "transaction": bundle("transaction", reading(who)),
        "patient": patient(),
        "put": named(reading(who)) | {"id": "mine"},
    }[form]

    def send() -> Any:
        if form == "put":
            return gateway.put("Observation/mine", sent, Idempotency_Key=key)
        return posted(gateway, sent, key)

    first = send()
    gateway.clock.now += timedelta(minutes=5)
    again = [send() for _ in range(3)]

    assert first.status_code in (200, 201), first.text
    assert {(each.status_code, each.content) for each in again} == {
        (first.status_code, first.content)
    }
    for name in ("Location", "ETag", "Last-Modified"):
        assert {each.headers.get(name) for each in again} == {first.headers.get(name)}
    assert [each.headers.get("Idempotency-Replayed") for each in (first, again[0])] == [
        None,
        "true",
    ]
    assert len(readings(database, who)) == (form != "patient")


def test_another_request_under_the_key_is_422_and_changes_nothing_rel_06(
    gateway: Gateway, database: Database
) -> None:
    who, key = gateway.create(patient()), str(uuid4())
    assert posted(gateway, reading(who), key).status_code == 201

    others = [
        posted(gateway, reading(who, 99), key),
        posted(gateway, bundle("batch", reading(who)), key),
        gateway.post(reading(who), Idempotency_Key=key, If_None_Exist="identifier=urn:a|1"),
    ]

    for answer in others:
        [issue] = answer.json()["issue"]
        assert (answer.status_code, issue["code"]) == (422, "business-rule")
        assert issue["expression"] == ["http.Idempotency-Key"]
        assert "key of its own" in issue["diagnostics"]
    assert [each.value for each in readings(database, who)] == [72]


def test_a_second_one_in_flight_waits_for_the_first_answer_rel_06(
    gateway: Gateway, database: Database
) -> None:
    who, key = gateway.create(patient()), str(uuid4())
    with ThreadPoolExecutor(4) as pool:
        with database.transaction() as session:
            lock(session, [f"patient|{UUID(who)}"])  # the first request cannot end before this does
            waiting = [pool.submit(posted, gateway, reading(who), key) for _ in range(4)]
            until_blocked(database, 4)
            assert not any(each.done() for each in waiting)
        answers = [each.result(timeout=30) for each in waiting]

    assert {each.status_code for each in answers} == {201}
    assert len({each.content for each in answers}) == 1
    assert sorted("Idempotency-Replayed" in each.headers for each in answers) == [
        False,
        True,
        True,
        True,
    ]
    assert len(readings(database, who)) == 1


def until_blocked(database: Database, count: int) -> None:
    """Wait until so many transactions wait for an advisory lock."""
    query = text("select count(*) from pg_locks where locktype = 'advisory' and not granted")
    for _ in range(1000):
        with database.transaction() as session:
            if session.scalar(query) >= count:
                return
            session.execute(text("select pg_sleep(0.01)"))
    raise AssertionError("nobody waits")


def test_what_was_refused_may_be_put_right_under_the_same_key_rel_06(gateway: Gateway) -> None:
    who, key = gateway.create(patient()), str(uuid4())
    wrong = reading(who) | {"status": "perhaps"}

    assert posted(gateway, wrong, key).status_code in (400, 422)
    assert posted(gateway, reading(who), key).status_code == 201


def test_a_key_is_its_clients_own_rel_06(
    gateway: Gateway, register: Callable[..., Gateway]
) -> None:
    who, key = gateway.create(patient()), str(uuid4())
    other = register()

    assert posted(gateway, reading(who, 71), key).status_code == 201
    assert posted(other, reading(who, 71), key).status_code == 200
    assert posted(gateway, reading(who, 71), key).headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("key", ["", "two words", "k" * 256])
def test_what_cannot_be_a_key_is_400_fhir_09(gateway: Gateway, key: str) -> None:
    who = gateway.create(patient())

    answer = posted(gateway, reading(who), key)

    assert answer.status_code == 400
    assert answer.json()["issue"][0]["expression"] == ["http.Idempotency-Key"]


def test_neither_keys_nor_answers_can_be_read_in_the_database_sec_27(
    gateway: Gateway, database: Database
) -> None:
    key, number = f"key-of-{uuid4()}", str(uuid4())
    sent = patient(identifier=[{"system": "urn:clinic:a", "value": number}])
    assert posted(gateway, sent, key).status_code == 201

    with database.transaction() as session:
        rows = [json.dumps([str(part) for part in row]) for row in session.execute(EVERYTHING)]

    assert rows
    assert not any(word in row for row in rows for word in (key, number, "Vale"))


EVERYTHING = text(
    "select key, encode(digest, 'escape'), encode(answer, 'escape') from answered_request"
)


def test_answers_are_forgotten_when_no_repeat_is_expected_rel_06(
    gateway: Gateway, database: Database
) -> None:
    posted(gateway, patient(), str(uuid4()))

    with database.transaction() as session:
        run_through(session, now=NOW + timedelta(days=300))

        assert session.scalar(select(func.count()).select_from(AnsweredRequest)) == 0
