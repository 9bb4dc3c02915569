"""The door and the search, open on a real database."""

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
from app.fhir_api import router as search
from app.refusing import add_refusals
from core.settings import Environment, Settings
from ingest.service import register_client
from tests.door import BASE, NOW, SECRET, Clock, Gateway

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from core.database import Database


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def web(database: Database, clock: Clock) -> Iterator[TestClient]:
    settings = Settings(environment=Environment.TEST, secret_key=SecretStr(SECRET), base_url=BASE)
    application = FastAPI()
    application.include_router(search.router(database, settings, clock))
    application.include_router(
        ingest.router.router(
            database,
            settings,
            clock,
            also=search.INTERACTIONS,
            searches=search.DECLARED,
            operations=search.OPERATIONS,
            elsewhere=search.inside_bundles(database, settings, clock),
        )
    )
    add_refusals(application)
    with TestClient(application) as client:
        yield client


@pytest.fixture(scope="module")
def register(web: TestClient, database: Database, clock: Clock) -> Callable[..., Gateway]:
    def registered(*scopes: str, research: bool = False) -> Gateway:
        key = ec.generate_private_key(ec.SECP384R1())
        public = {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": "k1"}
        name = f"gateway-{uuid4()}"
        granted = frozenset(scopes or ("system/*.cruds",))
        with database.transaction() as session:
            client_id = register_client(
                session, name, granted, {"keys": [public]}, research=research, now=NOW
            )
        return Gateway(web, client_id, name, key, granted, clock)

    return registered


@pytest.fixture(scope="module")
def gateway(register: Callable[..., Gateway]) -> Gateway:
    return register()
