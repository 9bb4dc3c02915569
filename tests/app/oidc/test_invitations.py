"""Who of those whom the provider knows has an account here (SEC-05, SEC-10)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import select

from app.accounts import organisation, service
from app.accounts.service import NewUser
from app.accounts.tables import AppUser
from core.clock import utc_now
from core.security import Role
from tests.app.oidc.conftest import Organisation, leave, refusals

if TYPE_CHECKING:
    from fastapi import FastAPI

    from core.database import Database
    from tests.ward import Invented, Ward

PEOPLE: tuple[Invented, ...] = ()


def test_nobody_comes_in_who_was_not_invited_sec_10(
    web: FastAPI, database: Database, provider: Organisation
) -> None:
    away, before = leave(web), refusals(database)

    answer = away.client.get(provider.back(away.address, f"stranger-{uuid4()}"))

    assert answer.status_code == 403
    assert "Ask for an invitation" in answer.text
    assert away.client.get("/inbox").status_code == 303
    assert refusals(database) == before + 1


def test_a_disabled_account_opens_nothing_sec_07(
    web: FastAPI, database: Database, provider: Organisation, subject: str
) -> None:
    away = leave(web)
    away.client.get(provider.back(away.address, subject))
    assert away.client.get("/inbox").status_code == 200

    with database.transaction() as session:
        service.disable(session, service.named(session, subject).id, now=utc_now())

    assert away.client.get("/inbox").status_code == 303
    again = leave(web)
    assert again.client.get(provider.back(again.address, subject)).status_code == 403


def invite(database: Database, ward: Ward, ago: timedelta = timedelta()) -> tuple[str, str]:
    name = f"new-{uuid4().hex[:8]}"
    new = NewUser(name, "Nurse New", "", Role.NURSE, ward.practitioner_id)
    with database.transaction() as session:
        return name, organisation.invite(session, new, now=utc_now() - ago)


def test_an_invitation_binds_whoever_first_signs_in_with_it_sec_05(
    web: FastAPI, database: Database, ward: Ward, provider: Organisation
) -> None:
    name, secret = invite(database, ward)
    person = f"sub-{uuid4()}"
    away = leave(web, f"/sign-in/invited/{secret}")

    assert away.client.get(provider.back(away.address, person)).status_code == 303

    with database.transaction() as session:
        user = session.scalars(select(AppUser).where(AppUser.username == name)).one()
    assert (user.issuer, user.subject) == (provider.issuer, person)
    assert user.invitation_digest is None
    later, thief = leave(web), leave(web, f"/sign-in/invited/{secret}")
    assert later.client.get(provider.back(later.address, person)).status_code == 303
    assert thief.client.get(provider.back(thief.address, "thief")).status_code == 403


def test_an_invitation_ends_and_binds_nobody_twice_sec_05(
    web: FastAPI, database: Database, ward: Ward, provider: Organisation, subject: str
) -> None:
    _, old = invite(database, ward, timedelta(days=7, minutes=1))
    name, fresh = invite(database, ward)
    late = leave(web, f"/sign-in/invited/{old}")
    bound = leave(web, f"/sign-in/invited/{fresh}")

    assert late.client.get(provider.back(late.address, f"s-{uuid4()}")).status_code == 403
    assert bound.client.get(provider.back(bound.address, subject)).status_code == 303

    with database.transaction() as session:
        user = session.scalars(select(AppUser).where(AppUser.username == name)).one()
    assert user.subject is None
