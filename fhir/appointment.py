"""Writes a video visit as a FHIR R4 Appointment: who, when, and what became of it.

Where it takes place is left out: whoever knows that address can walk in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from fhir.codes import SNOMED
from fhir.detected_issue import coding

if TYPE_CHECKING:
    from datetime import datetime

KINDS = "http://terminology.hl7.org/CodeSystem/v2-0276"
ACTS = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
TYPES = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
Status = Literal["booked", "fulfilled", "noshow", "cancelled"]


@dataclass(frozen=True, slots=True)
class Booked:
    """One visit; the names in it are references."""

    status: Status
    start: datetime
    end: datetime
    created: datetime
    about: str  # the alert
    clinician: str = ""


def appointment(booked: Booked, *, patient: str) -> dict[str, Any]:
    """Return the resource; `patient` is a reference.

    Nobody knows of a patient that they accept, until they came.
    """
    came = "accepted" if booked.status == "fulfilled" else "needs-action"
    people = [{"actor": {"reference": patient}, "required": "required", "status": came}]
    if booked.clinician:
        people.append(_clinician(booked.clinician))
    service = [
        coding(SNOMED, "448337001", "Telemedicine consultation with patient"),
        coding(ACTS, "VR", "virtual"),
    ]
    return {
        "resourceType": "Appointment",
        "status": booked.status,
        "serviceType": [{"coding": service}],
        "appointmentType": {"coding": [coding(KINDS, "ROUTINE", _ROUTINE)]},
        "supportingInformation": [{"reference": booked.about}],
        "start": booked.start.isoformat(),
        "end": booked.end.isoformat(),
        "minutesDuration": round((booked.end - booked.start).total_seconds() / 60),
        "created": booked.created.isoformat(),
        "participant": people,
    }


_ROUTINE = "Routine appointment - default if not valued"


def _clinician(reference: str) -> dict[str, Any]:
    return {
        "type": [{"coding": [coding(TYPES, "PPRF", "primary performer")]}],
        "actor": {"reference": reference},
        "required": "required",
        "status": "accepted",
    }
