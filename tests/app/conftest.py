"""A ward behind the pages, and a browser's worth of client."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr

import app.pages.router
from core.settings import Environment, Settings
from tests.ward import PASSWORD, RIVERSIDE, Ward, keep_alive, open_ward

if TYPE_CHECKING:
    from core.database import Database

BASE = "http://127.0.0.1:8000"
SETTINGS = Settings(environment=Environment.TEST, secret_key=SecretStr("k" * 40), base_url=BASE)
Enter = Callable[[str], TestClient]


@pytest.fixture(scope="module")
def ward(database: Database, request: pytest.FixtureRequest) -> Ward:
    """A ward of its own for each file, which may say as `PEOPLE` whom alone it looks at."""
    return open_ward(database, people=getattr(request.module, "PEOPLE", RIVERSIDE))


@pytest.fixture(scope="session")
def pages(database: Database) -> FastAPI:
    """Return all pages, made once: nothing of a visit is kept in them."""
    web = FastAPI()
    app.pages.router.mount(web, database, SETTINGS)
    return web


@pytest.fixture
def web(database: Database, ward: Ward, pages: FastAPI) -> FastAPI:
    keep_alive(database, now=ward.now)
    return pages


@pytest.fixture
def visitor(web: FastAPI) -> TestClient:
    return TestClient(web, base_url=BASE, follow_redirects=False)


@pytest.fixture
def enter(web: FastAPI) -> Enter:
    def sign_in(username: str) -> TestClient:
        client = TestClient(web, base_url=BASE, follow_redirects=False)
        token = csrf(client.get("/sign-in").text)
        fields = {"username": username, "password": PASSWORD, "csrf": token}
        assert client.post("/sign-in", data=fields).status_code == 303
        return client

    return sign_in


def csrf(html: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', html)
    assert found is not None
    return found[1]
