"""Local accounts that may do most need a code beside the password, good once (SEC-05)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pyotp
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import select, update

import app.pages.router
from app.accounts import proving, second_factor, service
from app.accounts.service import Attempt, NewUser, Refused
from app.accounts.tables import AppUser
from app.staff.tables import SetUpLink
from core.clock import utc_now
from core.sealed_fields import seal
from core.security import Role, digest, new_secret
from core.settings import Settings

if TYPE_CHECKING:
    from httpx2 import Response
    from sqlalchemy.orm import Session

    from core.database import Database

BASE = "http://wardlight.test"
NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
PASSWORD = "four plain words suffice"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code(at: datetime, secret: str = SECRET) -> str:
    return pyotp.TOTP(secret).at(at)


def account(session: Session, role: Role, *, enrolled: bool = True, demo: bool = False) -> str:
    name = f"kim-{uuid4().hex[:8]}"
    service.create_user(session, NewUser(name, "Dr Kim", PASSWORD, role, demo=demo), now=NOW)
    if enrolled:
        user = session.scalars(select(AppUser).where(AppUser.username == name)).one()
        user.second_factor = seal(session, AppUser.second_factor, SECRET, id=user.id)
    return name


def test_a_code_opens_one_of_two_that_come_with_it_at_once_sec_05(database: Database) -> None:
    with database.transaction() as session:
        name = account(session, Role.SUPERVISOR)
    together, opened = Barrier(2), list[bool]()

    def come() -> None:
        with database.transaction() as session:
            session.scalars(select(AppUser).where(AppUser.username == name)).one()
            together.wait(timeout=10)  # both know the account as it was before either came in
            opened.append(enter(session, name, code(NOW)))

    threads = [Thread(target=come) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert sorted(opened) == [False, True]


def enter(
    session: Session, name: str, said: str = "", *, after: float = 0, password: str = PASSWORD
) -> bool:
    attempt = Attempt(name, password, uuid4().hex, demo=True, code=said, strict=True)
    found = service.sign_in(session, attempt, now=NOW + timedelta(seconds=after))
    return not isinstance(found, Refused)


@pytest.mark.parametrize("role", sorted(second_factor.PRIVILEGED))
def test_who_may_do_most_needs_a_code_sec_05(session: Session, role: Role) -> None:
    name = account(session, role)

    assert not enter(session, name)
    assert not enter(session, name, "000000")
    assert not enter(session, name, code(NOW), password="another one of four words")
    assert enter(session, name, code(NOW))


def test_a_privileged_account_without_a_second_factor_opens_nothing_sec_05(
    session: Session,
) -> None:
    assert not enter(session, account(session, Role.SUPERVISOR, enrolled=False))
    assert enter(session, account(session, Role.NURSE, enrolled=False))
    assert enter(session, account(session, Role.SUPERVISOR, enrolled=False, demo=True))


def test_a_code_is_good_once_and_for_a_minute_about_sec_05(session: Session) -> None:
    name = account(session, Role.ADMINISTRATOR)

    assert not enter(session, name, code(NOW), after=61)
    assert enter(session, name, code(NOW), after=20)
    assert not enter(session, name, code(NOW), after=21)
    assert not enter(session, name, code(NOW - timedelta(seconds=30)), after=21)
    assert enter(session, name, f" {code(NOW + timedelta(seconds=60))} ", after=60)


def test_the_secret_is_sealed_and_a_new_one_ends_the_one_before_sec_05_sec_27(
    session: Session,
) -> None:
    name = account(session, Role.PRIVACY_OFFICER)
    stored = session.scalars(select(AppUser).where(AppUser.username == name)).one()
    assert SECRET.encode() not in stored.second_factor

    renewed = proving.renew(session, name, now=NOW)

    assert not enter(session, name, code(NOW))
    assert enter(session, name, code(NOW, renewed))


def test_an_authenticator_app_is_told_all_it_needs() -> None:
    secret = second_factor.fresh()

    address = urlsplit(second_factor.address(secret, "kim"))

    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert parse_qs(address.query) == {"secret": [secret], "issuer": ["Wardlight"]}
    assert len(secret) == 32


def test_only_who_may_do_most_is_enrolled_and_only_once_sec_05(session: Session) -> None:
    nurse = account(session, Role.NURSE, enrolled=False)
    chief = account(session, Role.SUPERVISOR, enrolled=False)

    secret = proving.enrol(session, chief, now=NOW)

    assert enter(session, chief, code(NOW, secret))
    assert proving.enrol(session, chief, now=NOW) == proving.enrol(session, nurse, now=NOW) == ""


def test_the_first_administrator_is_shown_the_key_and_signs_in_with_a_code_sec_05(
    database: Database,
) -> None:
    name = f"first-{uuid4().hex[:8]}"
    settings = Settings(secret_key=SecretStr("drawn-in-a-test-and-nowhere-else"), base_url=BASE)
    web = FastAPI()
    app.pages.router.mount(web, database, settings)
    with database.transaction() as session:
        link, secret = uuid4(), new_secret()
        until = utc_now() + timedelta(hours=1)
        session.execute(
            update(AppUser).where(AppUser.role == Role.ADMINISTRATOR).values(disabled=True)
        )
        session.add(SetUpLink(id=link, digest=digest(secret), made_at=utc_now(), until=until))
    client = TestClient(web, base_url=BASE, follow_redirects=False)

    def send(path: str, **said: str) -> Response:
        page = client.get(path.partition("?")[0]).text
        token = re.search(r'name="csrf" value="([^"]+)"', page)
        assert token is not None
        return client.post(path, data={**said, "csrf": token[1]})

    shown = send(f"/set-up/{secret}", username=name, display_name="Kim", password=PASSWORD)
    key = re.search(r'class="card number">([A-Z2-7 ]+)<', shown.text)
    assert key is not None
    said = pyotp.TOTP(key[1].replace(" ", "")).now()

    assert send("/sign-in", username=name, password=PASSWORD).status_code == 401
    assert send("/sign-in", username=name, password=PASSWORD, code=said).status_code == 303
