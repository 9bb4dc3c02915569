"""An audit row as a FHIR AuditEvent: with its purpose where that is not the usual one."""

from __future__ import annotations

from datetime import UTC, datetime

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
