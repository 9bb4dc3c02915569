"""An audit row as a FHIR AuditEvent: with its purpose where that is not the usual one."""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, datetime
from typing import Literal

import pytest
from fhir.resources.R4B.auditevent import AuditEvent

from core.audit import Action
from fhir.audit_event import Done, audit_event

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
READ = {"action": "R", "entity": "patient", "outcome": "success", "agent": {"display": "x"}}


def test_what_was_read_in_an_emergency_says_so_for_event_and_agent_sec_14_sec_17() -> None:
    usual = audit_event(Done(**READ), recorded=NOW)  # type: ignore[arg-type]  # as in the table
    emergency = audit_event(Done(**READ, purpose="ETREAT"), recorded=NOW)  # type: ignore[arg-type]

    system = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
    why = [{"coding": [{"system": system, "code": "ETREAT"}]}]
    assert emergency["purposeOfEvent"] == why
    assert emergency["agent"][0]["purposeOfUse"] == why
    assert "purposeOfEvent" not in usual
    assert "purposeOfUse" not in usual["agent"][0]


def test_it_says_from_where_and_with_what_it_was_asked_sec_17() -> None:
    search = Done("E", "Patient", "refused", {"display": "x"}, patient="Patient/1",
                  address="2001:db8::1", query="name=Oh%20Malsun")  # fmt: skip
    said = audit_event(search, recorded=NOW)

    assert AuditEvent.model_validate(said)
    assert said["agent"][0]["network"] == {"address": "2001:db8::1", "type": "2"}
    *_, asked = said["entity"]
    assert asked["role"]["code"] == "24"
    assert b64decode(asked["query"]) == b"name=Oh%20Malsun"
    assert [each["role"]["code"] for each in said["entity"]] == ["1", "4", "24"]
    assert said["outcome"] == "4"


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("patient", ["", "Patient/1"])
@pytest.mark.parametrize("query", ["", "code=8867-4"])
@pytest.mark.parametrize("outcome", ["success", "refused"])
def test_every_kind_of_event_is_one_by_the_standards_own_rules_sec_17(
    action: str, patient: str, query: str, outcome: str
) -> None:
    done = Done(action, "patient", outcome, {"display": "x"}, patient=patient, query=query)  # type: ignore[arg-type]  # one of them

    said = audit_event(done, recorded=NOW)

    assert AuditEvent.model_validate(said)
    assert bool(patient) == any(each["role"]["code"] == "1" for each in said["entity"])


@pytest.mark.parametrize(
    ("entity", "action", "codes"),
    [
        ("emergency-override-started", "E", ("110113", "110127")),
        ("emergency-override-stopped", "E", ("110113", "110138")),
        ("sign-in", "E", ("110114", "110122")),
        ("sign-out", "E", ("110114", "110123")),
        ("Observation", "E", ("rest", "search")),
        ("weekly-report-print", "E", ("rest", "operation")),
        ("patient", "R", ("rest", "read")),
    ],
)
def test_what_is_no_search_is_not_called_one_sec_14_sec_17(
    entity: str, action: Literal["E", "R"], codes: tuple[str, str]
) -> None:
    said = audit_event(Done(action, entity, "success", {"display": "x"}), recorded=NOW)

    assert AuditEvent.model_validate(said)
    assert (said["type"]["code"], said["subtype"][0]["code"]) == codes
