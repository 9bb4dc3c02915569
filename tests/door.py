"""Somebody who knocks at the door, what they bring, and what is found inside afterwards."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import jwt
from sqlalchemy import select

from core.outbox import Outbox
from core.security import ASSERTION_TYPE, issue_token
from ingest.tables import StoredReading

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric import ec
    from fastapi.testclient import TestClient
    from httpx2 import Response as Received

    from core.database import Database

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SECRET = "s" * 32
BASE = "http://testserver"


@dataclass(slots=True)
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass(slots=True)
class Gateway:
    """A registered device integration with its key and a way to post."""

    http: TestClient
    client_id: UUID
    name: str
    key: ec.EllipticCurvePrivateKey
    scopes: frozenset[str]
    clock: Clock

    def token(self) -> str:
        return issue_token(self.client_id, self.scopes, secret=SECRET, now=self.clock())

    def headers(self, **more: str) -> dict[str, str]:
        named = {key.replace("_", "-"): value for key, value in more.items()}
        return {
            "Authorization": f"Bearer {self.token()}",
            "Content-Type": "application/fhir+json",
            **named,
        }

    def post(self, resource: dict[str, Any], **headers: str) -> Received:
        kind = resource["resourceType"]
        path = "/fhir" if kind == "Bundle" else f"/fhir/{kind}"
        return self.http.post(path, content=json.dumps(resource), headers=self.headers(**headers))

    def put(self, path: str, resource: dict[str, Any], **headers: str) -> Received:
        body = json.dumps(resource)
        return self.http.put(f"/fhir/{path}", content=body, headers=self.headers(**headers))

    def delete(self, path: str, **headers: str) -> Received:
        return self.http.delete(f"/fhir/{path}", headers=self.headers(**headers))

    def get(self, path: str, **headers: str) -> Received:
        return self.http.get(path, headers=self.headers(**headers))

    def create(self, resource: dict[str, Any]) -> str:
        answer = self.post(resource)
        assert answer.status_code in (200, 201), answer.text
        location = answer.headers["Location"]
        return str(location.split("/")[-3])

    def assertion(self, **claims: Any) -> str:
        said = {
            "iss": str(self.client_id),
            "sub": str(self.client_id),
            "aud": f"{BASE}/auth/token",
            "exp": int((self.clock() + timedelta(minutes=4)).timestamp()),
            "jti": str(uuid4()),
        } | claims
        return jwt.encode(said, self.key, algorithm="ES384", headers={"kid": "k1"})

    def ask_token(self, **form: str) -> Received:
        said = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self.assertion(),
        } | form
        return self.http.post("/auth/token", data=said)


def patient(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "identifier": [{"system": "urn:clinic:a", "value": str(uuid4())}],
        "name": [{"family": "Vale", "given": ["Ines"]}],
        "gender": "female",
        "birthDate": "1948-05-06",
    } | more


def heart_rate(subject: str, value: float = 72, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                        "code": "vital-signs",
                    }
                ]
            }
        ],
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
        "subject": {"reference": subject},
        "effectiveDateTime": "2026-03-02T11:30:00Z",
        "valueQuantity": {
            "value": value,
            "unit": "/min",
            "system": "http://unitsofmeasure.org",
            "code": "/min",
        },
    } | more


def bundle(kind: str, *resources: dict[str, Any], urls: tuple[str, ...] = ()) -> dict[str, Any]:
    entries: list[dict[str, Any]] = [
        {"resource": each, "request": {"method": "POST", "url": each["resourceType"]}}
        for each in resources
    ]
    for entry, url in zip(entries, urls, strict=False):
        if url:
            entry["fullUrl"] = url
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


@dataclass(frozen=True, slots=True)
class Build:
    """The builders, where a test can reach them."""

    patient: Callable[..., dict[str, Any]] = patient
    heart_rate: Callable[..., dict[str, Any]] = heart_rate
    bundle: Callable[..., dict[str, Any]] = bundle


def readings(database: Database, patient_id: str) -> list[StoredReading]:
    with database.transaction() as session:
        query = select(StoredReading).where(StoredReading.patient_id == UUID(patient_id))
        return list(
            session.scalars(
                query.order_by(
                    StoredReading.received_at, StoredReading.vital, StoredReading.ordinal
                )
            )
        )


def work_for(database: Database, patient_id: str) -> list[Outbox]:
    with database.transaction() as session:
        query = select(Outbox).where(Outbox.subject_id == UUID(patient_id))
        return list(session.scalars(query))


def named(resource: dict[str, Any], value: str | None = None) -> dict[str, Any]:
    return resource | {"identifier": [{"system": "urn:device", "value": value or str(uuid4())}]}


def value_of(resource: dict[str, Any]) -> str:
    return str(resource["identifier"][0]["value"])


def device(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Device",
        "identifier": [{"system": "urn:maker", "value": str(uuid4())}],
        "deviceName": [{"name": "Cuff", "type": "user-friendly-name"}],
    } | more


def condition(subject: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "identifier": [{"system": "urn:emr", "value": str(uuid4())}],
        "clinicalStatus": condition_status("clinical", "active"),
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "84114007"}]},
        "subject": {"reference": subject},
    } | more


def condition_status(kind: str, code: str) -> dict[str, Any]:
    system = f"http://terminology.hl7.org/CodeSystem/condition-{kind}"
    return {"coding": [{"system": system, "code": code}]}
