"""A door that is open on a real database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI
from fastapi.testclient import TestClient
from jwt.algorithms import ECAlgorithm
from pydantic import SecretStr

from app.refusing import add_refusals
from core.settings import Environment, Settings
from fhir.policy import LENIENT, Policy
from ingest.router import router
from ingest.service import register_client
from tests.door import BASE, NOW, SECRET, Build, Clock, Gateway

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from core.database import Database


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def web(database: Database, clock: Clock) -> Iterator[TestClient]:
    settings = Settings(environment=Environment.TEST, secret_key=SecretStr(SECRET), base_url=BASE)
    application = FastAPI()
    application.include_router(router(database, settings, clock))

    add_refusals(application)
    with TestClient(application) as client:
        yield client


@pytest.fixture
def register(web: TestClient, database: Database, clock: Clock) -> Callable[..., Gateway]:
    def registered(
        *scopes: str, history: bool = False, policy: Policy = LENIENT, **agreed: Any
    ) -> Gateway:
        key = ec.generate_private_key(ec.SECP384R1())
        public = {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": "k1"}
        name = f"gateway-{uuid4()}"
        granted = frozenset(scopes or ("system/*.cruds",))
        with database.transaction() as session:
            client_id = register_client(
                session,
                name,
                granted,
                {"keys": [public]},
                history=history,
                policy=policy,
                now=NOW,
                **agreed,
            )
        return Gateway(web, client_id, name, key, granted, clock)

    return registered


@pytest.fixture
def gateway(register: Callable[..., Gateway]) -> Gateway:
    return register()


@pytest.fixture
def build() -> Build:
    return Build()
