"""Who the demo enrols, as FHIR: two standing teams, patients, their conditions and devices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from core.vitals import Vital
from lab.resources import SNOMED, SYNTHETIC, TIMEZONE, Key, Resource, condition, transaction

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from lab.names import Name
    from lab.simulator import Life
    from lab.stories import Story

SYSTEM = "urn:wardlight:demo"
ICD10 = "http://hl7.org/fhir/sid/icd-10"
PATIENTS_A_BUNDLE = 25
LIVES_ALONE = (SNOMED, "105529008", "Lives alone")
DIAGNOSES = {
    "hypertension": (ICD10, "I10", "Essential hypertension"),
    "coronary_heart_disease": (ICD10, "I25.1", "Atherosclerotic heart disease"),
    "diabetes": (SNOMED, "44054006", "Type 2 diabetes mellitus"),
    "chronic_kidney_disease": (ICD10, "N18.3", "Chronic kidney disease, stage 3"),
    "atrial_fibrillation": (SNOMED, "49436004", "Atrial fibrillation"),
    "heart_failure": (SNOMED, "84114007", "Heart failure"),
    "copd": (ICD10, "J44.9", "Chronic obstructive pulmonary disease"),
    "dementia": (SNOMED, "52448006", "Dementia"),
    "osteoarthritis": (SNOMED, "396275006", "Osteoarthritis"),
    "depression": (SNOMED, "35489007", "Depressive disorder"),
}
DEVICES = {
    Vital.BODY_WEIGHT: "Bathroom scale",
    Vital.SYSTOLIC_BP: "Upper-arm cuff",
    Vital.HEART_RATE: "Upper-arm cuff",
    Vital.SPO2: "Finger oximeter",
    Vital.RESPIRATORY_RATE: "Bed sensor",
    Vital.BODY_TEMPERATURE: "Ear thermometer",
    Vital.GLUCOSE: "Glucose meter",
    Vital.STEPS: "Wrist band",
    Vital.SLEEP: "Wrist band",
    Vital.MOTION: "Motion hub",
}
PHYSICIAN = ("309343006", "Physician")
NURSE = ("224535009", "Registered nurse")


@dataclass(frozen=True, slots=True)
class Staff:
    """An invented clinician."""

    key: str
    family: str
    given: str
    role: tuple[str, str]  # SNOMED CT code and display


@dataclass(frozen=True, slots=True)
class StandingTeam:
    """A care team that looks after many patients."""

    key: str
    name: str
    physician: Staff
    nurse: Staff


TEAMS = (
    StandingTeam(
        "team-seoul",
        "Seoul home monitoring",
        Staff("dr-han", "한", "지우", PHYSICIAN),
        Staff("nurse-oh", "오", "서연", NURSE),
    ),
    StandingTeam(
        "team-london",
        "London home monitoring",
        Staff("dr-okafor", "Okafor-Lane", "Grace", PHYSICIAN),
        Staff("nurse-pell", "Pell", "Daniel", NURSE),
    ),
)


@dataclass(frozen=True, slots=True)
class Demo:
    """One person of the demo: invented name, simulated life, and the story of the last days."""

    number: int
    name: Name
    birth_date: date
    zone: str
    team: int
    story: Story
    life: Life
    first_day: date  # day 0 of the life, local
    seed: int


def _key(kind: str, value: str) -> Key:
    return Key(f"{SYSTEM}:{kind}", value)


def patient_key(demo: Demo) -> Key:
    """Return the record number of a demo person."""
    return _key("patient", f"DEMO-{demo.number + 1:04d}")


def device_key(demo: Demo, vital: Vital) -> Key:
    """Return the serial number of the device that measures a vital."""
    label = DEVICES[vital].lower().replace(" ", "-")
    return _key("device", f"{patient_key(demo).value}-{label}")


def reading_key(demo: Demo, vital: Vital, effective: datetime) -> Key:
    """Return the identifier that makes a repeat of the same reading a repeat."""
    stamp = int(effective.timestamp())
    return _key("reading", f"{patient_key(demo).value}-{vital.value}-{stamp}")


def _url(key: Key) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'{key.system}|{key.value}')}"


def enrol_teams() -> Resource:
    """Return the transaction that enrols the clinicians and their standing teams."""
    return transaction(entry for team in TEAMS for entry in _team(team))


def _team(team: StandingTeam) -> Iterator[tuple[str, Resource]]:
    for staff in (team.physician, team.nurse):
        key = _key("staff", staff.key)
        yield _url(key), _practitioner(staff, key)
        yield _url(_key("role", staff.key)), _practitioner_role(staff, key)
    key = _key("team", team.key)
    members = [
        {
            "role": [_concept(*staff.role)],
            "member": {"reference": _url(_key("staff", staff.key))},
        }
        for staff in (team.physician, team.nurse)
    ]
    yield (
        _url(key),
        {
            "resourceType": "CareTeam",
            "meta": SYNTHETIC,
            "identifier": [key.identifier],
            "status": "active",
            "name": team.name,
            "participant": members,
        },
    )


def _concept(code: str, display: str) -> Resource:
    return {"coding": [{"system": SNOMED, "code": code, "display": display}], "text": display}


def _practitioner(staff: Staff, key: Key) -> Resource:
    return {
        "resourceType": "Practitioner",
        "meta": SYNTHETIC,
        "identifier": [key.identifier],
        "active": True,
        "name": [{"family": staff.family, "given": [staff.given]}],
        "telecom": [_mail(staff)],
    }


def _practitioner_role(staff: Staff, practitioner: Key) -> Resource:
    return {
        "resourceType": "PractitionerRole",
        "meta": SYNTHETIC,
        "identifier": [_key("role", staff.key).identifier],
        "active": True,
        "practitioner": {"reference": _url(practitioner)},
        "code": [_concept(*staff.role)],
        "telecom": [_mail(staff)],
    }


def _mail(staff: Staff) -> Resource:
    return {"system": "email", "value": f"{staff.key}@clinic.example", "use": "work"}


def enrol_patients(people: Sequence[Demo]) -> list[Resource]:
    """Return transactions that enrol the patients, PATIENTS_A_BUNDLE in each."""
    return [
        transaction(e for demo in people[start : start + PATIENTS_A_BUNDLE] for e in _patient(demo))
        for start in range(0, len(people), PATIENTS_A_BUNDLE)
    ]


def _patient(demo: Demo) -> Iterator[tuple[str, Resource]]:
    key = patient_key(demo)
    subject = {"reference": _url(key)}
    yield _url(key), _person(demo, key)
    for number, code in enumerate(_problems(demo)):
        own = _key("condition", f"{key.value}-{number}")
        yield _url(own), condition(subject, code, own)
    devices = {device_key(demo, vital): DEVICES[vital] for vital in DEVICES if _owns(demo, vital)}
    for own, label in devices.items():
        yield _url(own), _device(own, label, subject)
    own = _key("episode", key.value)
    yield _url(own), _episode(demo, own, subject)


def _owns(demo: Demo, vital: Vital) -> bool:
    return vital in demo.life.streams


def _problems(demo: Demo) -> list[tuple[str, str, str]]:
    person = demo.life.person
    named = [DIAGNOSES[name] for name in sorted(person.conditions)]
    return [*named, LIVES_ALONE] if person.lives_alone else named


def _person(demo: Demo, key: Key) -> Resource:
    return {
        "resourceType": "Patient",
        "meta": SYNTHETIC,
        "extension": [{"url": TIMEZONE, "valueCode": demo.zone}],
        "identifier": [key.identifier],
        "active": True,
        "name": [{"text": demo.name.text, "family": demo.name.family, "given": [demo.name.given]}],
        "gender": demo.life.person.sex,
        "birthDate": demo.birth_date.isoformat(),
        "communication": [
            {
                "language": {"coding": [{"system": "urn:ietf:bcp:47", "code": demo.name.language}]},
                "preferred": True,
            }
        ],
    }


def _device(key: Key, label: str, subject: Resource) -> Resource:
    return {
        "resourceType": "Device",
        "meta": SYNTHETIC,
        "identifier": [key.identifier],
        "status": "active",
        "deviceName": [{"name": label, "type": "user-friendly-name"}],
        "manufacturer": "Wardlight demo",
        "modelNumber": label,
        "patient": subject,
    }


def _episode(demo: Demo, key: Key, subject: Resource) -> Resource:
    team = TEAMS[demo.team]
    return {
        "resourceType": "EpisodeOfCare",
        "meta": SYNTHETIC,
        "identifier": [key.identifier],
        "status": "active",
        "patient": subject,
        "period": {"start": demo.first_day.isoformat()},
        "careManager": _key("staff", team.physician.key).conditional("Practitioner"),
        "team": [_key("team", team.key).conditional("CareTeam")],
    }
