"""FHIR R4 resources as a device integration would send them: plain dicts, no HTTP.

Everything invented carries the security label HTEST (test health data) and a tag.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.vitals import MEASURES, Vital

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

Resource = dict[str, Any]

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
TIMEZONE = "http://hl7.org/fhir/StructureDefinition/timezone"
HOME_ACTIVITY = "urn:wardlight:codesystem:home-activity"  # no LOINC for in-home motion
SYNTHETIC = {
    "tag": [{"system": "urn:wardlight:demo", "code": "synthetic", "display": "invented person"}],
    "security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}],
}
CODES: dict[Vital, tuple[tuple[str, str], ...]] = {
    Vital.BODY_WEIGHT: ((LOINC, "29463-7"),),
    Vital.SYSTOLIC_BP: ((LOINC, "8480-6"),),
    Vital.DIASTOLIC_BP: ((LOINC, "8462-4"),),
    Vital.HEART_RATE: ((LOINC, "8867-4"),),
    Vital.RESPIRATORY_RATE: ((LOINC, "9279-1"),),
    Vital.SPO2: ((LOINC, "59408-5"), (LOINC, "2708-6")),
    Vital.BODY_TEMPERATURE: ((LOINC, "8310-5"),),
    Vital.SKIN_TEMPERATURE: ((LOINC, "39106-0"),),
    Vital.GLUCOSE: ((LOINC, "41653-7"),),
    Vital.STEPS: ((LOINC, "41950-7"),),
    Vital.SLEEP: ((LOINC, "93832-4"),),
    Vital.MOTION: ((HOME_ACTIVITY, "home-motion-count"),),
}
ACTIVITY = (Vital.STEPS, Vital.SLEEP, Vital.MOTION)
PRESSURE = (Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP)


@dataclass(frozen=True, slots=True)
class Key:
    """A business identifier, and the ways to refer by it."""

    system: str
    value: str

    @property
    def identifier(self) -> Resource:
        """Return it as an Identifier."""
        return {"system": self.system, "value": self.value}

    def conditional(self, kind: str) -> Resource:
        """Return a reference that the receiver of a Bundle resolves."""
        return {"reference": f"{kind}?identifier={self.system}|{self.value}"}

    def logical(self, kind: str) -> Resource:
        """Return a reference by identifier, for a resource sent alone."""
        return {"type": kind, "identifier": self.identifier}


@dataclass(frozen=True, slots=True)
class Sent:
    """What one Observation says: whose, by which device, when, and the values."""

    key: Key
    subject: Key
    device: Key
    values: Mapping[Vital, float]
    effective: datetime
    issued: datetime
    started: datetime | None = None  # for what is counted over a time


def observation(sent: Sent, *, alone: bool = False, exact: bool = False) -> Resource:
    """Return one Observation; both halves of a blood pressure make one panel.

    `alone`: references by identifier rather than conditional ones. `exact`: values as they
    are, not rounded to what a display shows.
    """
    vitals = tuple(sent.values)
    refer = Key.logical if alone else Key.conditional
    body: Resource = {
        "resourceType": "Observation",
        "meta": SYNTHETIC,
        "identifier": [sent.key.identifier],
        "status": "final",
        "category": [_category("activity" if vitals[0] in ACTIVITY else "vital-signs")],
        "code": _panel() if vitals == PRESSURE else _code(vitals[0]),
        "subject": refer(sent.subject, "Patient"),
        "issued": sent.issued.isoformat(timespec="seconds"),
        "device": refer(sent.device, "Device"),
        **_effective(sent),
    }
    if vitals == PRESSURE:
        return body | {"component": [_half(v, sent.values[v], exact=exact) for v in vitals]}
    value = sent.values[vitals[0]]
    return body | {"valueQuantity": quantity(vitals[0], value, exact=exact)}


def _half(vital: Vital, value: float, *, exact: bool) -> Resource:
    return {"code": _code(vital), "valueQuantity": quantity(vital, value, exact=exact)}


def _effective(sent: Sent) -> Resource:
    end = sent.effective.isoformat(timespec="seconds")
    if sent.started is None:
        return {"effectiveDateTime": end}
    return {"effectivePeriod": {"start": sent.started.isoformat(timespec="seconds"), "end": end}}


def quantity(vital: Vital, value: float, *, exact: bool = False) -> Resource:
    """Return a value with its canonical UCUM unit, rounded as a display rounds it."""
    measure = MEASURES[vital]
    shown = value if exact else round(value, measure.decimals)
    return {
        "value": int(shown) if shown == int(shown) else shown,
        "unit": measure.unit_display,
        "system": UCUM,
        "code": measure.unit,
    }


def _category(code: str) -> Resource:
    return {"coding": [{"system": CATEGORY, "code": code}]}


def _code(vital: Vital) -> Resource:
    coded = [{"system": system, "code": code} for system, code in CODES[vital]]
    return {"coding": coded, "text": MEASURES[vital].display}


def _panel() -> Resource:
    return {"coding": [{"system": LOINC, "code": "85354-9"}], "text": "Blood pressure"}


def condition(subject: Resource, code: tuple[str, str, str], key: Key) -> Resource:
    """Return an active, confirmed problem; `code` is system, code, display."""
    clinical = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    verified = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
    system, value, display = code
    return {
        "resourceType": "Condition",
        "meta": SYNTHETIC,
        "identifier": [key.identifier],
        "clinicalStatus": {"coding": [{"system": clinical, "code": "active"}]},
        "verificationStatus": {"coding": [{"system": verified, "code": "confirmed"}]},
        "code": {
            "coding": [{"system": system, "code": value, "display": display}],
            "text": display,
        },
        "subject": subject,
    }


def transaction(entries: Iterable[tuple[str, Resource]]) -> Resource:
    """Return a transaction of (urn:uuid, resource) pairs, each created once by its identifier."""
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {"fullUrl": url, "resource": body, "request": _once(body)} for url, body in entries
        ],
    }


def _once(body: Resource) -> Resource:
    name = body["identifier"][0]
    return {
        "method": "POST",
        "url": body["resourceType"],
        "ifNoneExist": f"identifier={name['system']}|{name['value']}",
    }


def batch(resources: Iterable[Resource]) -> Resource:
    """Return a batch that creates each resource."""
    return {
        "resourceType": "Bundle",
        "type": "batch",
        "entry": [
            {"resource": body, "request": {"method": "POST", "url": body["resourceType"]}}
            for body in resources
        ],
    }
