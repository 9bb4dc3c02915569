"""Accounts on their pages: made, moved, shut out, and nothing else set by a form (SEC-13)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

from app.accounts.tables import AppUser
from core.security import Role
from tests.app.administration.signed_in import Person, come_in
from tests.app.conftest import BASE, csrf

if TYPE_CHECKING:
    from fastapi import FastAPI

    from core.database import Database

USERS = "/administration/users"
PASSWORD = "four plain words suffice"


@pytest.fixture(scope="module")
def boss(database: Database, pages: FastAPI) -> Person:
    return come_in(database, pages, Role.ADMINISTRATOR)


def account(database: Database, id_: UUID) -> AppUser:
    with database.transaction() as session:
        found = session.get_one(AppUser, id_)
        session.expunge(found)
        return found


def test_somebody_is_let_in_chooses_a_password_and_is_shut_out(
    pages: FastAPI, boss: Person
) -> None:
    name = f"nurse-{uuid4().hex[:8]}"
    made = boss.send(USERS, username=name, display_name="Nurse New", role="nurse", email="")
    assert made.status_code == 200
    link = re.search(r'id="invitation">([^<]+)<', made.text)
    user = re.search(rf'action="{USERS}/([0-9a-f-]+)/role"', made.text)
    assert link is not None
    assert user is not None
    path = link[1].removeprefix(BASE)

    browser = TestClient(pages, base_url=BASE, follow_redirects=False)
    token = csrf(browser.get(path).text)
    poor = browser.post(path, data={"password": "short", "csrf": token})
    chosen = browser.post(path, data={"password": PASSWORD, "csrf": token})
    again = browser.post(path, data={"password": PASSWORD + "!", "csrf": token})

    assert [poor.status_code, chosen.status_code, again.status_code] == [422, 303, 404]
    assert browser.get(path).status_code == 404
    token = csrf(browser.get("/sign-in").text)
    sign_in = {"username": name, "password": PASSWORD, "csrf": token}
    assert browser.post("/sign-in", data=sign_in).status_code == 303
    assert browser.get("/rota").status_code == 200

    assert boss.send(f"{USERS}/{user[1]}/disable").status_code == 303
    assert browser.get("/rota").status_code == 303  # to sign in
    assert name in boss.read(USERS)


def test_a_form_sets_nothing_but_what_it_is_for_sec_13(database: Database, boss: Person) -> None:
    """SEC-13: role, account, password and closing cannot be slipped into another form."""
    name = f"nurse-{uuid4().hex[:8]}"
    protected = {
        "id": str(uuid4()),
        "password_hash": "x",
        "disabled": "true",
        "demo": "true",
        "practitioner_id": str(uuid4()),
        "subject": "x",
        "issuer": "x",
        "created_at": "2000-01-01",
    }
    made = boss.send(USERS, username=name, display_name="N", role="nurse", **protected)
    found = re.search(rf'action="{USERS}/([0-9a-f-]+)/role"', made.text)
    assert found is not None
    user = UUID(found[1])
    before = account(database, user)

    boss.send(f"{USERS}/{user}/enable", role="administrator", **protected)
    boss.send(f"{USERS}/{user}/invite", role="administrator", **protected)
    after = account(database, user)

    assert (before.role, after.role) == ("nurse", "nurse")
    assert str(after.id) != protected["id"]
    assert (after.disabled, after.demo, after.subject, after.password_hash) == (
        *(False, False, None, ""),
    )
    assert str(after.practitioner_id) != protected["practitioner_id"]


def test_an_administrator_reads_of_their_own_account_that_another_changes_it(
    boss: Person,
) -> None:
    page = boss.read(f"{USERS}/{boss.id}")

    assert "This is your own account" in page
    assert f"{USERS}/{boss.id}/role" not in page
    assert boss.send(f"{USERS}/{boss.id}/role", role="supervisor").status_code == 403
    assert boss.send(f"{USERS}/{boss.id}/disable").status_code == 403


def test_what_is_no_role_is_refused_by_name(
    database: Database, pages: FastAPI, boss: Person
) -> None:
    other = come_in(database, pages, Role.PRIVACY_OFFICER)

    assert boss.send(f"{USERS}/{other.id}/role", role="king").status_code == 422
    assert boss.send(f"{USERS}/{other.id}/role", role="nurse").status_code == 422  # no clinician
    assert other.read("/privacy")
