"""Whoever guesses who is here by looking for them in an emergency is slowed and seen (SEC-14)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select, text

from app.accounts.service import NewUser, create_user, open_session
from app.accounts.tables import AppUser
from app.emergency.looking import note
from app.emergency.service import STARTED
from app.tries.service import ROWS
from core.audit import AuditEvent
from core.clock import utc_now
from core.security import Caller, Role
from tests.app.conftest import BASE, csrf
from tests.ward import PASSWORD

if TYPE_CHECKING:
    from fastapi import FastAPI
    from sqlalchemy.orm import Session

    from core.database import Database
    from tests.ward import Invented

PEOPLE: tuple[Invented, ...] = ()
LOOK = {"reason": "emergency", "text": "Collapsed.", "name": "Nobody Here", "born": "1950-01-01"}
FREE = 4  # slips of the hand


@pytest.fixture
def web(database: Database, pages: FastAPI) -> FastAPI:
    with database.transaction() as session:
        session.execute(text("delete from refused_tries"))
    return pages


def enter(web: FastAPI, database: Database, role: Role) -> tuple[TestClient, UUID]:
    """Return the browser of somebody of a role, and their account."""
    with database.transaction() as session:
        login = f"{role}-{uuid4().hex[:8]}"
        new = NewUser(login, f"{role} {login[-4:]}", PASSWORD, role, demo=True)
        user = session.get_one(AppUser, create_user(session, new, now=utc_now()))
        secret = open_session(session, user, now=utc_now())
    http = TestClient(web, base_url=BASE, follow_redirects=False)
    http.cookies.set("wardlight", secret)
    return http, user.id


def look(http: TestClient, times: int) -> list[int]:
    token = csrf(http.get("/break-glass").text)
    answers = [http.post("/break-glass", data={**LOOK, "csrf": token}) for _ in range(times)]
    for each in answers:
        assert ("retry-after" in each.headers) == (each.status_code == 429)
        assert f'value="{LOOK["name"]}"' in each.text  # nobody types it twice in an emergency
        assert f"required>{LOOK['text']}</textarea>" in each.text
    return [each.status_code for each in answers]


def test_guessing_takes_ever_longer_for_who_guesses_alone_sec_14(
    web: FastAPI, database: Database
) -> None:
    (nurse, who), (other, _) = (enter(web, database, Role.NURSE) for _ in range(2))

    assert look(nurse, FREE + 3) == [404] * (FREE + 1) + [429] * 2
    assert look(other, 1) == [404]
    with database.transaction() as session:
        query = select(AuditEvent.outcome).where(
            AuditEvent.entity == STARTED, AuditEvent.caller_id == who
        )
        assert sorted(session.scalars(query)) == ["refused"] * (FREE + 1) + ["throttled"] * 2
        session.execute(text("update refused_tries set last_at = last_at - interval '5 minutes'"))
    assert look(nurse, 1) == [404]


def test_several_guesses_at_once_are_looked_at_one_after_the_other_sec_14(
    web: FastAPI, database: Database
) -> None:
    nurse, _ = enter(web, database, Role.NURSE)
    token = csrf(nurse.get("/break-glass").text)
    assert look(nurse, FREE + 1) == [404] * (FREE + 1)
    with database.transaction() as session:
        session.execute(text("update refused_tries set last_at = last_at - interval '5 minutes'"))
    browsers = [TestClient(web, base_url=BASE, cookies=dict(nurse.cookies)) for _ in range(4)]

    def guess(http: TestClient) -> int:
        return http.post("/break-glass", data={**LOOK, "csrf": token}).status_code

    with ThreadPoolExecutor(len(browsers)) as pool:
        assert sorted(pool.map(guess, browsers)) == [404, 429, 429, 429]


def test_what_was_held_back_fills_no_audit_sec_14(session: Session) -> None:
    caller = Caller("user", uuid4(), Role.NURSE)
    for _ in range(ROWS + 3):
        note(session, caller, now=utc_now(), held=True)

    mine = select(func.count()).where(AuditEvent.caller_id == caller.id)
    assert session.scalar(mine) == ROWS


def test_the_reviewers_see_who_looked_in_vain_and_for_nobody_s_name_sec_14(
    web: FastAPI, database: Database
) -> None:
    nurse, _ = enter(web, database, Role.NURSE)
    supervisor, _ = enter(web, database, Role.SUPERVISOR)
    assert "tries-title" not in supervisor.get("/break-glass/reviews").text
    look(nurse, FREE + 3)

    page = supervisor.get("/break-glass/reviews").text
    row = page[page.index('id="tries"') :].partition("<tbody>")[2].partition("</tbody>")[0]

    assert row.count("<tr>") == 1
    assert 'scope="row">nurse ' in row
    assert f"<td>{FREE + 1}</td><td>2</td>" in row
    assert LOOK["name"] not in page
    assert nurse.get("/break-glass/reviews").status_code == 404
