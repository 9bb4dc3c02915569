"""Writes where a stored version came from as a FHIR R4 Provenance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fhir.detected_issue import coding

if TYPE_CHECKING:
    from datetime import datetime

PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
OPERATION = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"
CLIENTS = "urn:wardlight:client"


@dataclass(frozen=True, slots=True)
class Sent:
    """One version of one resource, as it was received from a client."""

    type: str
    id: str
    version: int
    client: str = ""  # its registered id, "" where it came about here
    name: str = ""  # of the client


def provenance_id(type_: str, id_: str, version: int) -> str:
    """Return the id of the Provenance of a version: it says which one."""
    return f"{type_}-{id_}-{version}"


def provenance(sent: Sent, *, recorded: datetime) -> dict[str, Any]:
    """Return the resource; its id is made of the version that it is about."""
    version = f"{sent.type}/{sent.id}/_history"
    activity = "UPDATE" if sent.version > 1 else "CREATE"
    entities = [{"role": "source", "what": {"display": "the resource as received"}}]
    if sent.version > 1:
        before = {"reference": f"{version}/{sent.version - 1}"}
        entities.append({"role": "revision", "what": before})
    return {
        "resourceType": "Provenance",
        "id": provenance_id(sent.type, sent.id, sent.version),
        "target": [{"reference": f"{version}/{sent.version}"}],
        "recorded": recorded.isoformat(),
        "activity": {"coding": [coding(OPERATION, activity)]},
        "agent": [
            {
                "type": {"coding": [coding(PARTICIPANT, "transmitter", "Transmitter")]},
                "who": who(sent.client, sent.name),
            }
        ],
        "entity": entities,
    }


def who(client: str, name: str = "") -> dict[str, Any]:
    """Return a reference to a registered client by its id, or to Wardlight itself."""
    if not client:
        return {"display": "Wardlight"}
    named = {"type": "Device", "identifier": {"system": CLIENTS, "value": client}}
    return named | ({"display": name} if name else {})
