"""Local accounts that may do most need a code beside the password, good once (SEC-05)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pyotp
import pytest
from sqlalchemy import select

from app.accounts import proving, second_factor, service
from app.accounts.service import Attempt, NewUser, Refused
from app.accounts.tables import AppUser
from core.security import Role

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
PASSWORD = "four plain words suffice"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code(at: datetime, secret: str = SECRET) -> str:
    return pyotp.TOTP(secret).at(at)


def account(session: Session, role: Role, *, secret: str = SECRET, demo: bool = False) -> str:
    name = f"kim-{uuid4().hex[:8]}"
    new = NewUser(name, "Dr Kim", PASSWORD, role, demo=demo, second_factor=secret)
    service.create_user(session, new, now=NOW)
    return name


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
    assert not enter(session, account(session, Role.SUPERVISOR, secret=""))
    assert enter(session, account(session, Role.NURSE, secret=""))
    assert enter(session, account(session, Role.SUPERVISOR, secret="", demo=True))


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
