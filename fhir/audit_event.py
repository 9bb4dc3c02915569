"""Writes an audit row as a FHIR R4 AuditEvent, in the shape of IHE's Basic Audit Log Patterns."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from fhir.detected_issue import coding

if TYPE_CHECKING:
    from datetime import datetime

TYPES = "http://terminology.hl7.org/CodeSystem/audit-event-type"
INTERACTIONS = "http://hl7.org/fhir/restful-interaction"
PARTICIPATION = "http://dicom.nema.org/resources/ontology/DCM"
ENTITIES = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
ROLES = "http://terminology.hl7.org/CodeSystem/object-role"
SOURCES = "http://terminology.hl7.org/CodeSystem/security-source-type"
PURPOSES = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
OUTCOMES = "urn:wardlight:codesystem:audit-outcome"
PRINTED = "page-print"
_INTERACTION = {"C": "create", "R": "read", "U": "update", "D": "delete", "E": "search"}
_REST = ("rest", "RESTful Operation")
_ALERT, _SIGNING_IN = ("110113", "Security Alert"), ("110114", "User Authentication")
# What is no interaction with a resource: DICOM PS3.16, type and subtype.
_APART = {
    "emergency-override-started": (_ALERT, ("110127", "Emergency Override Started")),
    "emergency-override-stopped": (_ALERT, ("110138", "Emergency Override Stopped")),
    "sign-in": (_SIGNING_IN, ("110122", "Login")),
    "sign-out": (_SIGNING_IN, ("110123", "Logout")),
}


@dataclass(frozen=True, slots=True)
class Done:
    """What was done: the DICOM action, to which kind of thing, and how it ended."""

    action: Literal["C", "R", "U", "D", "E"]
    entity: str
    outcome: str
    agent: dict[str, Any]  # a Reference
    entity_reference: str = ""
    patient: str = ""  # a reference
    purpose: str = ""  # HL7 v3 PurposeOfUse, where it is not the usual one
    address: str = ""  # of the network, from where it was asked
    query: str = ""  # its parameters, as they were asked: they may name people


def audit_event(done: Done, *, recorded: datetime) -> dict[str, Any]:
    """Return the resource: who did what to whose data, when, and how it ended; no values."""
    succeeded = done.outcome.partition(",")[0] == "success"  # what follows says how much
    why = [{"coding": [{"system": PURPOSES, "code": done.purpose}]}]
    return {
        "resourceType": "AuditEvent",
        **_kind(done),
        "action": done.action,
        "recorded": recorded.isoformat(),
        "outcome": "0" if succeeded else "4",
        "outcomeDesc": done.outcome,
        **({"purposeOfEvent": why} if done.purpose else {}),
        "agent": [
            {
                "type": {"coding": [coding(PARTICIPATION, "110153", "Source Role ID")]},
                "who": done.agent,
                "requestor": True,
                **({"network": _network(done.address)} if done.address else {}),
                **({"purposeOfUse": why} if done.purpose else {}),
            }
        ],
        "source": {
            "observer": {"display": "Wardlight"},
            "type": [coding(SOURCES, "4", "Application Server")],
        },
        "entity": _entities(done),
    }


def _kind(done: Done) -> dict[str, Any]:
    """Return type and subtype: what a search is not, though it was carried out, is an operation."""
    if apart := _APART.get(done.entity):
        kind, what = apart
        return {
            "type": coding(PARTICIPATION, *kind),
            "subtype": [coding(PARTICIPATION, *what)],
        }
    # A type of FHIR; of what is printed the query says which page it is.
    searched = (done.query and done.entity != PRINTED) or done.entity[:1].isupper()
    carried_out = done.action == "E" and not searched
    interaction = "operation" if carried_out else _INTERACTION[done.action]
    return {"type": coding(TYPES, *_REST), "subtype": [coding(INTERACTIONS, interaction)]}


def _network(address: str) -> dict[str, str]:
    """Return the address with its kind (AuditEvent.agent.network.type): 2 is an IP address."""
    return {"address": address, "type": "2"}


def _entities(done: Done) -> list[dict[str, Any]]:
    domain: dict[str, Any] = {
        "type": coding(ENTITIES, "2", "System Object"),
        "role": coding(ROLES, "4", "Domain Resource"),
        "name": done.entity,
    }
    if done.entity_reference:
        domain["what"] = {"reference": done.entity_reference}
    asked = [_asked(done.query)] if done.query else []
    if not done.patient:
        return [domain, *asked]
    person = {
        "what": {"reference": done.patient},
        "type": coding(ENTITIES, "1", "Person"),
        "role": coding(ROLES, "1", "Patient"),
    }
    return [person, domain, *asked]


def _asked(query: str) -> dict[str, Any]:
    """Return the query of a search, as BALP has it: base64 of what was asked."""
    return {
        "type": coding(ENTITIES, "2", "System Object"),
        "role": coding(ROLES, "24", "Query"),
        "query": b64encode(query.encode()).decode(),
    }
