"""A chart in another system, which asks for cards with its own key."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI
from fastapi.testclient import TestClient
from jwt.algorithms import ECAlgorithm
from pydantic import SecretStr

from app.cds_hooks.router import router
from app.refusing import add_refusals
from core.settings import Environment, Settings
from ingest.service import register_client
from tests.door import BASE, NOW, SECRET, Clock
from tests.ward import Ward, keep_alive, open_ward

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from httpx2 import Response

    from core.database import Database

PATH = "/cds-services/wardlight-patient-view"
SYSTEM_OF_NUMBERS = "https://clinic.example/mrn"


@dataclass(slots=True)
class Chart:
    """An EHR with its key, and a way to ask."""

    http: TestClient
    client_id: UUID
    key: ec.EllipticCurvePrivateKey
    clock: Clock

    def claims(self, path: str = PATH) -> dict[str, Any]:
        now = int(self.clock().timestamp())
        return {
            "iss": str(self.client_id),
            "aud": f"{BASE}{path}",
            "iat": now,
            "exp": now + 240,
            "jti": str(uuid4()),
        }

    def jwt(self, path: str = PATH, **claims: Any) -> str:
        said = {k: v for k, v in (self.claims(path) | claims).items() if v is not None}
        return jwt.encode(said, self.key, algorithm="ES384", headers={"kid": "k1"})

    def send(self, path: str, document: Any, token: str = "") -> Response:
        headers = {
            "Authorization": f"Bearer {token or self.jwt(path)}",
            "Content-Type": "application/json",
        }
        return self.http.post(path, content=json.dumps(document), headers=headers)

    def view(self, patient: UUID | str, token: str = "", **more: Any) -> Response:
        return self.send(PATH, asked(patient, **more), token)

    def tell(self, card: str, **more: Any) -> Response:
        entry = {"card": card, "outcome": "overridden", "outcomeTimestamp": "2026-03-02T12:00:00Z"}
        return self.send(f"{PATH}/feedback", {"feedback": [entry | more]})


def asked(patient: UUID | str, **more: Any) -> dict[str, Any]:
    context = {"userId": "Practitioner/7", "patientId": str(patient)}
    return {"hook": "patient-view", "hookInstance": str(uuid4()), "context": context} | more


def with_number(value: str) -> dict[str, Any]:
    identifier = [{"system": SYSTEM_OF_NUMBERS, "value": value}]
    return {"patient": {"resourceType": "Patient", "id": "e1", "identifier": identifier}}


@pytest.fixture(scope="module")
def ward(database: Database) -> Ward:
    return open_ward(database)


@pytest.fixture(autouse=True)
def alive(database: Database, ward: Ward) -> None:
    keep_alive(database, now=ward.now)


@pytest.fixture(scope="module")
def clock(ward: Ward) -> Clock:
    return Clock(ward.now)


@pytest.fixture(scope="module")
def web(database: Database, clock: Clock) -> Iterator[TestClient]:
    settings = Settings(environment=Environment.TEST, secret_key=SecretStr(SECRET), base_url=BASE)
    application = FastAPI()
    application.include_router(router(database, settings, clock))
    add_refusals(application)
    with TestClient(application) as client:
        yield client


@pytest.fixture
def register(web: TestClient, database: Database, clock: Clock) -> Callable[..., Chart]:
    def registered(*scopes: str) -> Chart:
        key = ec.generate_private_key(ec.SECP384R1())
        public = {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": "k1"}
        with database.transaction() as session:
            client_id = register_client(
                session,
                f"https://ehr-{uuid4()}.example",
                scopes or ("system/DetectedIssue.rs",),
                {"keys": [public]},
                now=NOW,
            )
        return Chart(web, client_id, key, clock)

    return registered


@pytest.fixture
def chart(register: Callable[..., Chart]) -> Chart:
    return register()
