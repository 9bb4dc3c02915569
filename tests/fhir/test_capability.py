from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fhir.capability import Interaction, Operation, Search, capability_statement
from fhir.strict import check, decode
from tests.fhir.payloads import raw

DECLARED = [
    Interaction("create", "Observation"),
    Interaction("read", "Observation"),
    Interaction("conditional-create", "Observation"),
    Interaction("create", "Patient"),
    Interaction("transaction"),
    Interaction("batch"),
]


def statement(*interactions: Interaction) -> dict[str, Any]:
    written = capability_statement(
        interactions,
        date=datetime(2026, 5, 4, tzinfo=UTC),
        url="https://wardlight.example/fhir",
        token_url="https://wardlight.example/auth/token",
        searches=[Search("Observation", "identifier", "token")],
    )
    strict = decode(raw(written))
    assert isinstance(strict, dict)
    assert check(strict) == ()
    return written


def test_the_statement_says_what_was_declared_and_nothing_more_fhir_01() -> None:
    written = statement(*DECLARED)

    (rest,) = written["rest"]
    assert written["fhirVersion"] == "4.0.1"
    assert rest["interaction"] == [{"code": "batch"}, {"code": "transaction"}]
    observation, patient = rest["resource"]
    assert observation["interaction"] == [{"code": "create"}, {"code": "read"}]
    assert observation["conditionalCreate"]
    assert observation["searchParam"] == [{"name": "identifier", "type": "token"}]
    assert (patient["type"], patient["conditionalCreate"]) == ("Patient", False)
    assert "searchParam" not in patient


def test_a_server_that_declares_nothing_is_still_valid_fhir_01() -> None:
    (rest,) = statement()["rest"]

    assert not {"resource", "interaction"} & rest.keys()
    assert rest["security"]["service"][0]["coding"][0]["code"] == "SMART-on-FHIR"


def test_an_operation_is_declared_where_it_is_served_fhir_01() -> None:
    export = Operation("export", "Group", "urn:export/group")
    everything = Operation("export", "", "urn:export")

    written = capability_statement(
        [],
        date=datetime(2026, 5, 4, tzinfo=UTC),
        url="https://wardlight.example/fhir",
        token_url="https://wardlight.example/auth/token",
        operations=[export, everything],
    )

    [rest] = written["rest"]
    assert rest["operation"] == [{"name": "export", "definition": "urn:export"}]
    [group] = rest["resource"]
    assert group["operation"] == [{"name": "export", "definition": "urn:export/group"}]
    assert "interaction" not in group
