"""What cannot be read costs its own entry and no other; what is overlooked is overlooked twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fhir.policy import Policy, Tolerance
from ingest import service
from ingest.posting import read
from tests.door import device, heart_rate, patient, readings

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.database import Database
    from ingest.receipt import Answer, Posted, Readable, Sender

CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"


@pytest.mark.parametrize(
    "error", [ArithmeticError, KeyError, TypeError, AttributeError, RecursionError]
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
