"""What cannot be read costs its own entry and no other; what is overlooked is overlooked twice."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from core.security import Caller
from fhir.policy import Policy, Tolerance
from ingest import service
from ingest.candidates import candidates_of
from ingest.clients.service import sender_of
from ingest.lines import service as lines_service
from ingest.lines.service import accept_lines
from ingest.observed import service as observed
from ingest.people.service import PROJECTIONS
from ingest.posting import read
from ingest.receipt import Kind
from tests.door import BASE, NOW, bundle, device, heart_rate, patient, readings

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.database import Database
    from ingest.receipt import Answer, Posted, Readable, Sender

CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"


@pytest.mark.parametrize(
    "error", [ArithmeticError, KeyError, TypeError, AttributeError, RecursionError, ValueError]
)
def test_an_entry_at_which_the_reader_fails_is_400_and_the_others_are_taken_fhir_07(
    gateway: Any,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    error: type[Exception],
) -> None:
    def failing(posted: Posted, sender: Sender) -> Readable | Answer:
        if posted.type == "Patient":
            raise error("Vale")
        return read(posted, sender)

    monkeypatch.setattr(service, "read_posted", failing)
    entries = [
        {"resource": each, "request": {"method": "POST", "url": each["resourceType"]}}
        for each in (device(), patient(), device())
    ]

    answer = gateway.post({"resourceType": "Bundle", "type": "batch", "entry": entries})

    assert answer.status_code == 200, answer.text
    said = [each["response"] for each in answer.json()["entry"]]
    assert [each["status"][:3] for each in said] == ["201", "400", "201"]
    assert "Vale" not in answer.text + "".join(capfd.readouterr())


def failing_at(fault: str, inner: Callable[..., Any]) -> Callable[..., Any]:
    """Return a step of the door that nobody foresaw to fail where a resource says a word."""

    def step(*said: Any, **more: Any) -> Any:
        if fault in repr(said):
            raise KeyError("Vale")
        return inner(*said, **more)

    return step


@pytest.mark.parametrize("way", ["batch", "$import"])
def test_a_person_or_a_reading_at_whom_storing_fails_is_500_and_the_others_are_taken_fhir_07(
    gateway: Any,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    way: str,
) -> None:
    who, word = gateway.create(patient()), f"odd{uuid4().hex}"
    monkeypatch.setitem(PROJECTIONS, Kind.PATIENT, failing_at(word, PROJECTIONS[Kind.PATIENT]))
    monkeypatch.setattr(observed, "candidates_of", failing_at(word, candidates_of))
    times = [f"2026-03-02T10:{each:02}:00Z" for each in range(5)]
    sent = [heart_rate(f"Patient/{who}", effectiveDateTime=each) for each in times]
    sent[3]["identifier"] = [{"system": "urn:device", "value": word}]
    sent += [patient(gender="other"), patient(name=[{"family": word}])]

    if way == "batch":
        answer = gateway.post(bundle("batch", *sent))
        said = [int(each["response"]["status"][:3]) for each in answer.json()["entry"]]
    else:
        said = loaded(database, gateway, sent)

    assert said == [201, 201, 201, 500, 201, 201, 500]
    assert len(readings(database, who)) == 4
    assert "Vale" not in "".join(capfd.readouterr())


def test_a_line_at_which_the_reader_fails_spoils_no_other(
    gateway: Any, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    word = f"odd{uuid4().hex}"
    monkeypatch.setattr(lines_service, "read", failing_at(word, read))

    said = loaded(database, gateway, [patient(name=[{"family": each}]) for each in ("Oda", word)])

    assert said == [201, 400]


def loaded(database: Database, gateway: Any, sent: list[dict[str, Any]]) -> list[int]:
    """Return what became of each line of a bulk load."""
    caller = Caller("client", gateway.client_id, scopes=gateway.scopes)
    lines = [json.dumps(each).encode() for each in sent]
    with database.transaction() as session:
        sender = sender_of(session, caller, base=BASE, site_zone="UTC")
        return [each.status for each in accept_lines(session, sender, lines, now=NOW)]


def test_a_null_category_is_overlooked_by_the_scope_too_sec_03(
    register: Callable[..., Any], gateway: Any, database: Database
) -> None:
    who = gateway.create(patient())
    policy = Policy(tolerances=frozenset({Tolerance.NULL_MEMBERS, Tolerance.BOM}))
    few = register(f"system/Observation.c?category={CATEGORY}|vital-signs", policy=policy)
    reading = heart_rate(f"Patient/{who}")

    none = few.post(reading | {"category": None})
    some = few.post(reading | {"category": [*reading["category"], {"coding": None, "text": "a"}]})

    assert (none.status_code, some.status_code) == (403, 201)
    assert len(readings(database, who)) == 1
