"""What the assembled application answers at addresses and to methods that it does not serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from app.main import create_app
from core.settings import Environment, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.database import Database
    from core.embedded import Servers


@pytest.fixture
def client(embedded: Servers, database: Database) -> Iterator[TestClient]:
    assert database.ping()
    settings = Settings(
        environment=Environment.TEST,
        secret_key=SecretStr("k" * 40),
        database_url=SecretStr(embedded.database_url),
        broker_url=SecretStr(embedded.broker_url),
    )
    with TestClient(create_app(settings)) as client:
        yield client


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_a_method_that_is_not_served_is_answered_with_those_that_are(
    client: TestClient, method: str
) -> None:
    answer = client.request(method, "/auth/token")

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    [issue] = answer.json()["issue"]
    assert (issue["severity"], issue["code"]) == ("error", "not-supported")
    assert "serves POST" in issue["diagnostics"]
