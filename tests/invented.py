"""Invented people and readings as FHIR, for tests that go through the front door."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

MRN = "https://hospital.example/mrn"
READINGS = "https://gateway.example/readings"
ZONE_URL = "http://hl7.org/fhir/StructureDefinition/timezone"
CODES = {
    "spo2": ("59408-5", "%"),
    "weight": ("29463-7", "kg"),
    "heart_rate": ("8867-4", "/min"),
    "temperature": ("8310-5", "Cel"),
}


def entry(resource: dict[str, Any], *, url: str = "") -> dict[str, Any]:
    return {
        "fullUrl": f"urn:uuid:{url or uuid4()}",
        "resource": resource,
        "request": {"method": "POST", "url": resource["resourceType"]},
    }


def practitioner(name: str, email: str) -> dict[str, Any]:
    return {
        "resourceType": "Practitioner",
        "active": True,
        "identifier": [{"system": "https://hospital.example/staff", "value": email}],
        "name": [{"family": name}],
        "telecom": [{"system": "email", "value": email}],
    }


def patient(mrn: str, name: str) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "identifier": [{"system": MRN, "value": mrn}],
        "name": [{"family": name, "given": ["Test"]}],
        "birthDate": "1944-03-09",
        "gender": "female",
        "extension": [{"url": ZONE_URL, "valueCode": "Europe/London"}],
    }


def condition(patient_url: str, icd10: str) -> dict[str, Any]:
    status = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    return {
        "resourceType": "Condition",
        "clinicalStatus": {"coding": [{"system": status, "code": "active"}]},
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": icd10}]},
        "subject": {"reference": f"urn:uuid:{patient_url}"},
    }


def enrolment(
    mrn: str,
    *,
    name: str = "Canarysmith",
    email: str = "dr.rho@clinic.example",
    team: str = "Riverside",
) -> dict[str, Any]:
    """Return a transaction: a physician, a standing team, a patient with two conditions."""
    doctor, crew, person = (str(uuid4()) for _ in range(3))
    physician = {"coding": [{"system": "http://snomed.info/sct", "code": "309343006"}]}
    entries = [
        entry(practitioner("Rho", email), url=doctor),
        entry(
            {
                "resourceType": "CareTeam",
                "status": "active",
                "name": team,
                "identifier": [{"system": "https://hospital.example/teams", "value": team}],
                "participant": [
                    {"role": [physician], "member": {"reference": f"urn:uuid:{doctor}"}}
                ],
            },
            url=crew,
        ),
        entry(patient(mrn, name), url=person),
        entry(condition(person, "I50.9")),
        entry(condition(person, "E11.9")),
        entry(
            {
                "resourceType": "EpisodeOfCare",
                "status": "active",
                "patient": {"reference": f"urn:uuid:{person}"},
                "team": [{"reference": f"urn:uuid:{crew}"}],
                "careManager": {"reference": f"urn:uuid:{doctor}"},
            }
        ),
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def observation(mrn: str, kind: str, value: float, at: datetime) -> dict[str, Any]:
    code, unit = CODES[kind]
    category = "http://terminology.hl7.org/CodeSystem/observation-category"
    return {
        "resourceType": "Observation",
        "status": "final",
        "identifier": [{"system": READINGS, "value": str(uuid4())}],
        "category": [{"coding": [{"system": category, "code": "vital-signs"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": {"identifier": {"system": MRN, "value": mrn}},
        "effectiveDateTime": at.isoformat(timespec="seconds"),
        "valueQuantity": {
            "value": value,
            "unit": unit,
            "system": "http://unitsofmeasure.org",
            "code": unit,
        },
    }


def ordinary(mrn: str, *, days: int, until: datetime) -> dict[str, Any]:
    """Return a batch of unremarkable days that end before `until`."""
    entries = []
    for day in range(days, 0, -1):
        at = until - timedelta(days=day)
        entries += [
            entry(observation(mrn, "spo2", 96 + day % 2, at)),
            entry(observation(mrn, "weight", 70 + (day % 3) / 10, at)),
            entry(observation(mrn, "heart_rate", 70 + day % 5, at)),
        ]
    return {"resourceType": "Bundle", "type": "batch", "entry": entries}
