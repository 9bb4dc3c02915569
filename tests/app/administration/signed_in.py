"""Somebody of a role with a session, without the seconds that a password takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from fastapi.testclient import TestClient

from app.accounts.service import NewUser, add_account, open_session
from core.clock import utc_now
from core.security import csrf_token
from tests.app.conftest import BASE

if TYPE_CHECKING:
    from uuid import UUID

    from fastapi import FastAPI
    from httpx2 import Response

    from core.database import Database
    from core.security import Role

KEY = "k" * 40


@dataclass(frozen=True, slots=True)
class Person:
    """An account and a browser that is signed in to it."""

    id: UUID
    browser: TestClient
    csrf: str
    username: str = ""

    def read(self, path: str) -> str:
        answer = self.browser.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text

    def send(self, path: str, **fields: str) -> Response:
        return self.browser.post(path, data=fields | {"csrf": self.csrf})


def come_in(
    database: Database, web: FastAPI, role: Role, *, practitioner: UUID | None = None
) -> Person:
    """Return somebody new of a role, with a session of their own."""
    name = f"{role}-{uuid4().hex[:10]}"
    new = NewUser(name, f"The {name}", "", role, practitioner_id=practitioner)
    with database.transaction() as session:
        user = add_account(session, new, "", now=utc_now())
        secret = open_session(session, user, now=utc_now())
        found = user.id
    browser = TestClient(web, base_url=BASE, follow_redirects=False)
    browser.cookies.set("wardlight", secret)
    return Person(found, browser, csrf_token(secret, key=KEY), name)
