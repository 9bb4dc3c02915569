"""The organisation's sign-in as a process, and pages that name it as theirs."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import text

import app.pages.router
from app.accounts import organisation
from app.accounts.service import NewUser
from app.oidc.proof import Identity
from core.clock import utc_now
from core.security import Role
from core.settings import Environment, Settings
from tests.app.conftest import BASE
from tests.running_system import ROOT, free_port, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.database import Database
    from tests.ward import Ward

CLIENT, SECRET = "wardlight", "the provider knows this one too"


@dataclass(slots=True)
class Organisation:
    """The provider's address, and what a person does there."""

    issuer: str
    door: int  # the port at which a browser finds us, beside `BASE`

    def answer(self, address: str, person: str) -> httpx.Response:
        """Sign a person in over there, and return where their browser is sent."""
        cookies = {"person": person}
        with httpx.Client(cookies=cookies, follow_redirects=False, timeout=20) as browser:
            return browser.get(address)

    def back(self, address: str, person: str) -> str:
        """Return the way back, as a path of ours."""
        there = self.answer(address, person)
        assert there.status_code == 302, there.text
        way = urlsplit(there.headers["location"])
        assert f"{way.scheme}://{way.netloc}" == BASE
        return f"{way.path}?{way.query}"

    def alter(self, **said: object) -> None:
        assert httpx.post(f"{self.issuer}/alter", json=said, timeout=20).status_code == 204


@dataclass(slots=True)
class Away:
    """One browser on its way: the address it was sent to, and the cookies it has."""

    client: TestClient
    address: str = ""
    said: dict[str, list[str]] = field(default_factory=dict)


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Organisation]:
    port, door, folder = free_port(), free_port(), tmp_path_factory.mktemp("organisation")
    log = folder / "log"
    with log.open("wb") as out:
        running = subprocess.Popen(
            [
                sys.executable,
                str(ROOT / "tests" / "organisation.py"),
                str(folder),
                str(port),
                f"{BASE}/sign-in/return http://127.0.0.1:{door}/sign-in/return",
            ],
            stdout=out,
            stderr=out,
        )
    until(lambda: b"ready" in log.read_bytes(), within=60, what="the organisation's sign-in")
    yield Organisation(f"http://127.0.0.1:{port}", door)
    running.terminate()
    running.wait(timeout=20)


@pytest.fixture(autouse=True)
def nothing_tried(database: Database) -> None:
    """Let each test begin as if nobody had tried anything in this quarter of an hour."""
    with database.transaction() as session:
        session.execute(text("delete from refused_tries"))


@pytest.fixture(autouse=True)
def honest(provider: Organisation) -> Iterator[None]:
    yield
    provider.alter()


def settings(issuer: str, environment: Environment = Environment.TEST) -> Settings:
    return Settings(
        environment=environment,
        secret_key=SecretStr("k" * 40),
        base_url=BASE,
        oidc_issuer=issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret=SecretStr(SECRET),
        outbound_loopback=True,
    )


@pytest.fixture(scope="module")
def web(database: Database, ward: Ward, provider: Organisation) -> FastAPI:
    _ = ward
    web = FastAPI()
    app.pages.router.mount(web, database, settings(provider.issuer))
    return web


@pytest.fixture
def subject(database: Database, ward: Ward, provider: Organisation) -> str:
    """Return who has an account already."""
    subject = f"kim-{uuid4().hex[:8]}"
    new = NewUser(subject, "Dr Kim", "", Role.PHYSICIAN, ward.practitioner_id)
    with database.transaction() as session:
        organisation.admit(session, new, Identity(provider.issuer, subject), now=utc_now())
    return subject


def leave(web: FastAPI, path: str = "/sign-in/organisation") -> Away:
    client = TestClient(web, base_url=BASE, follow_redirects=False)
    answer = client.get(path)
    assert answer.status_code == 303, answer.text
    address = answer.headers["location"]
    return Away(client, address, parse_qs(urlsplit(address).query))


def with_query(address: str, **changed: str | None) -> str:
    """Return an address with some of its query changed, or taken out."""
    parts = urlsplit(address)
    query = {name: value[0] for name, value in parse_qs(parts.query).items()} | changed
    kept = {name: value for name, value in query.items() if value is not None}
    return urlunsplit(parts._replace(query=urlencode(kept)))


def refusals(database: Database) -> int:
    query = "select count(*) from audit_event where entity = 'sign-in' and outcome = 'refused'"
    with database.transaction() as session:
        return int(session.execute(text(query)).scalar_one())
