"""The assembled application in this process, with somebody who loads and exports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr

import ingest.router
from app.bulk import router as bulk
from app.commands.clients import make_key
from app.refusing import add_refusals
from core.settings import Environment, Settings
from ingest.service import register_client
from tests.door import BASE, NOW, SECRET, Clock, Gateway

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from core.database import Database

SETTINGS = Settings(environment=Environment.TEST, secret_key=SecretStr(SECRET), base_url=BASE)


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def web(database: Database, clock: Clock) -> Iterator[TestClient]:
    application = FastAPI()
    application.include_router(bulk.router(database, SETTINGS, clock))
    application.include_router(ingest.router.router(database, SETTINGS, clock))
    add_refusals(application)
    with TestClient(application) as client:
        yield client


@pytest.fixture(scope="module")
def register(web: TestClient, database: Database, clock: Clock) -> Callable[..., Gateway]:
    def registered(*scopes: str, history: bool = False, **agreed: Any) -> Gateway:
        _, public = make_key()
        granted = frozenset(scopes or ("system/*.cruds",))
        with database.transaction() as session:
            client_id = register_client(
                session,
                f"bulk-{uuid4()}",
                granted,
                {"keys": [public]},
                history=history,
                now=NOW,
                **agreed,
            )
        return Gateway(web, client_id, "", None, granted, clock)  # type: ignore[arg-type] # no token request here

    return registered


@pytest.fixture(scope="module")
def gateway(register: Callable[..., Gateway]) -> Gateway:
    return register()
