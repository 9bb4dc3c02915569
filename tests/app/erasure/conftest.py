"""A door on a real database, and a device integration that knocks at it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI
from fastapi.testclient import TestClient
from jwt.algorithms import ECAlgorithm
from pydantic import SecretStr

import ingest.router
from app.refusing import add_refusals
from core.settings import Environment, Settings
from ingest.service import register_client
from tests.door import BASE, NOW, SECRET, Clock, Gateway

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.database import Database


def open_door(database: Database, http: TestClient, clock: Clock, *, parks: bool) -> Gateway:
    key = ec.generate_private_key(ec.SECP384R1())
    public = {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": "k1"}
    name, scopes = f"gateway-{uuid4()}", frozenset({"system/*.cruds"})
    with database.transaction() as session:
        id_ = register_client(session, name, scopes, {"keys": [public]}, now=NOW, parks=parks)
    return Gateway(http, id_, name, key, scopes, clock)


@pytest.fixture(scope="module")
def http(database: Database) -> Iterator[TestClient]:
    settings = Settings(environment=Environment.TEST, secret_key=SecretStr(SECRET), base_url=BASE)
    application = FastAPI()
    application.include_router(ingest.router.router(database, settings, Clock()))
    add_refusals(application)
    with TestClient(application) as client:
        yield client


@pytest.fixture(scope="module")
def gateway(database: Database, http: TestClient) -> Gateway:
    return open_door(database, http, Clock(), parks=False)


@pytest.fixture(scope="module")
def parking(database: Database, http: TestClient) -> Gateway:
    return open_door(database, http, Clock(), parks=True)
