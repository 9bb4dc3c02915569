"""What real devices, phones and records send, through the door: the answer that is declared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fhir.policy import Mode, Policy
from tests.door import NOW, patient, readings
from tests.fhir.payloads import observation
from tests.ingest.sent import REFUSED, TAKEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.database import Database
    from tests.door import Gateway
    from tests.ingest.sent import Found


def about(resource: dict[str, Any], who: str) -> dict[str, Any]:
    """Return the payload about somebody who is enrolled, taken today."""
    mine = dict(resource)
    if mine.get("subject") == {"reference": "Patient/p1"}:
        mine["subject"] = {"reference": f"Patient/{who}"}
    if mine.get("effectiveDateTime") == observation()["effectiveDateTime"]:
        mine["effectiveDateTime"] = NOW.isoformat()
    return mine


@pytest.mark.parametrize(
    ("resource", "found", "words"), [row[1:] for row in TAKEN], ids=[row[0] for row in TAKEN]
)
def test_what_devices_send_is_taken_as_it_is_meant_fhir_15_fhir_16_fhir_19_fhir_21(
    gateway: Gateway, database: Database, resource: dict[str, Any], found: Found, words: str
) -> None:
    who = gateway.create(patient())

    answer = gateway.post(about(resource, who), Prefer="return=OperationOutcome")

    assert answer.status_code == 201, answer.text
    assert {each.vital: each.quality for each in readings(database, who)} == found
    issues = answer.json()["issue"]
    assert {each["severity"] for each in issues} <= {"warning", "information"}
    assert words in issues[0].get("diagnostics", "")
    assert bool(words) == any(each["severity"] == "warning" or not found for each in issues)


@pytest.mark.parametrize(
    ("resource", "status", "path", "words"),
    [row[1:] for row in REFUSED],
    ids=[row[0] for row in REFUSED],
)
def test_what_cannot_be_meant_is_refused_by_its_element_fhir_19_fhir_26(
    gateway: Gateway,
    database: Database,
    resource: dict[str, Any],
    status: int,
    path: str,
    words: str,
) -> None:
    who = gateway.create(patient())

    answer = gateway.post(about(resource, who))

    assert answer.status_code == status, answer.text
    issue = answer.json()["issue"][0]
    assert issue["severity"] in ("error", "fatal")
    assert issue["expression"] == [path]
    assert words in issue["diagnostics"]
    assert readings(database, who) == []


@pytest.mark.parametrize(
    "name", ["unit in words", "no unit", "whole number", "scale with kg as text", "MDC unit"]
)
def test_a_strict_client_is_refused_what_others_are_warned_of_fhir_15_fhir_19(
    register: Callable[..., Gateway], database: Database, name: str
) -> None:
    strict = register(policy=Policy(Mode.ENFORCE))
    who = strict.create(patient())
    resource = next(row[1] for row in TAKEN if row[0] == name)

    assert strict.post(about(resource, who)).status_code == 422
    assert readings(database, who) == []
