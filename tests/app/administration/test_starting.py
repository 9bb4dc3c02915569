"""The first administrator is made on a link, once; nobody comes with the program (SEC-08)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from app.accounts.tables import AppUser
from app.staff import repository, starting
from app.staff.starting import First
from app.staff.tables import SetUpLink
from core.clock import utc_now
from core.errors import InvalidError, NotFoundError
from core.security import Role
from tests.app.conftest import BASE, csrf

if TYPE_CHECKING:
    from fastapi import FastAPI
    from sqlalchemy.orm import Session

    from core.database import Database

NOW = utc_now()
PASSWORD = "four plain words suffice"


def nobody_runs(session: Session) -> None:
    session.execute(update(AppUser).where(AppUser.role == Role.ADMINISTRATOR).values(disabled=True))


def first() -> First:
    return First(f"first-{uuid4().hex[:8]}", "The First", PASSWORD)


def test_a_link_makes_one_administrator_and_no_second_sec_08(session: Session) -> None:
    nobody_runs(session)
    secret = starting.open_link(session, now=NOW)
    assert secret is not None

    starting.begin(session, secret, first(), local=True, now=NOW)
    session.flush()

    assert len(repository.administrators(session)) == 1
    with pytest.raises(NotFoundError):
        starting.begin(session, secret, first(), local=True, now=NOW)
    assert starting.open_link(session, now=NOW) is None


def test_a_link_ends_after_a_day_and_with_the_next_one_sec_08(session: Session) -> None:
    nobody_runs(session)
    old, new = starting.open_link(session, now=NOW), starting.open_link(session, now=NOW)
    assert old is not None
    assert new is not None

    for secret, at in ((old, NOW), (new, NOW + timedelta(hours=24)), ("guessed", NOW)):
        with pytest.raises(NotFoundError):
            starting.begin(session, secret, first(), local=True, now=at)
    starting.check(session, new, now=NOW + timedelta(hours=23))


def test_a_link_is_kept_as_a_digest_only_sec_08(session: Session) -> None:
    nobody_runs(session)
    secret = starting.open_link(session, now=NOW)
    assert secret is not None

    assert len(secret) >= 43
    assert secret not in session.scalars(select(SetUpLink.digest)).all()


def test_a_poor_password_leaves_the_link_sec_08(session: Session) -> None:
    nobody_runs(session)
    secret = starting.open_link(session, now=NOW) or ""

    with pytest.raises(InvalidError):
        starting.begin(session, secret, First("a", "A", "short"), local=True, now=NOW)
    starting.begin(session, secret, first(), local=True, now=NOW)


def test_at_an_organisation_the_first_is_invited_there_sec_08(session: Session) -> None:
    nobody_runs(session)
    secret = starting.open_link(session, now=NOW) or ""
    new = first()

    invitation = starting.begin(session, secret, new, local=False, now=NOW)

    user = session.scalars(select(AppUser).where(AppUser.username == new.username)).one()
    assert invitation
    assert user.password_hash == ""
    assert starting.open_link(session, now=NOW) is not None  # in case that invitation is lost
    with pytest.raises(NotFoundError):
        starting.check(session, secret, now=NOW)
    user.issuer, user.subject = "https://login.example", str(uuid4())
    session.flush()
    assert starting.open_link(session, now=NOW) is None


def test_the_link_is_filled_in_by_a_browser_sec_08(database: Database, pages: FastAPI) -> None:
    with database.transaction() as session:
        nobody_runs(session)
        secret = starting.open_link(session, now=utc_now())
    browser = TestClient(pages, base_url=BASE, follow_redirects=False)
    path, new = f"/set-up/{secret}", first()
    token = csrf(browser.get(path).text)
    fields = {"username": new.username, "display_name": "One", "password": PASSWORD}

    foreign = browser.post(path, data=fields)  # without the token of the form
    made = browser.post(path, data=fields | {"csrf": token})

    assert foreign.status_code == 403
    assert made.headers["location"] == "/sign-in?to=/administration"
    assert browser.get(path).status_code == 404
    token = csrf(browser.get("/sign-in").text)
    sign_in = {"username": new.username, "password": PASSWORD, "csrf": token}
    assert browser.post("/sign-in", data=sign_in).headers["location"] == "/administration"
