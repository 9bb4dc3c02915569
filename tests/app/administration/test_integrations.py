"""Integrations: keys that overlap, a suspension that holds at once, counts without patients."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import jwt
import pytest
from sqlalchemy import select

from app.staff import integrations as service
from app.staff.integrations import OVERLAP, Registration
from core.audit import Action, AuditEvent, record
from core.clock import utc_now
from core.errors import ConflictError, InvalidError, NotFoundError, UnauthenticatedError
from core.outward import Outward
from core.security import ASSERTION_TYPE, Caller, Role
from core.settings import Settings
from ingest.clients.service import TokenPolicy, exchange_token, sender_of
from ingest.people.tables import ClientPatient
from tests.app.administration.signed_in import come_in
from tests.people import called

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from fastapi import FastAPI
    from sqlalchemy.orm import Session

    from core.database import Database

NOW = utc_now()
BOSS = Caller("user", uuid4(), role=Role.ADMINISTRATOR)
TOKENS = TokenPolicy("https://ward.example/auth/token", "s" * 40)
OUTWARD = Outward.of(Settings())


def made(session: Session) -> tuple[UUID, dict[str, Any]]:
    name = f"gateway-{uuid4().hex[:8]}"
    new = Registration(name, "system/Observation.cu")
    found = service.register(session, BOSS, new, outward=OUTWARD, now=NOW)
    session.flush()
    return found


def enter(session: Session, key: dict[str, Any], *, now: datetime) -> dict[str, Any]:
    """Return the token that an integration gets for what its key signs."""
    private = {name: value for name, value in key.items() if name != "client_id"}
    client = key["client_id"]
    claims = {
        "iss": client,
        "sub": client,
        "aud": TOKENS.audience,
        "exp": int((now + timedelta(minutes=4)).timestamp()),
        "jti": str(uuid4()),
    }
    signed = jwt.encode(
        claims,
        jwt.PyJWK(private, algorithm="ES384"),
        algorithm="ES384",
        headers={"kid": key["kid"]},
    )
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": signed,
    }
    session.expire_all()
    return exchange_token(session, form, TOKENS, now=now)


def test_keys_overlap_and_the_old_one_ends_sec_01(session: Session) -> None:
    """SEC-01: both keys open in the time between; after it the old one proves nothing."""
    client, old = made(session)

    new = service.rotate(session, BOSS, client, now=NOW)
    session.flush()

    soon, late = NOW + OVERLAP - timedelta(minutes=1), NOW + OVERLAP + timedelta(minutes=1)
    assert enter(session, old, now=soon)["access_token"]
    assert enter(session, new, now=soon)["access_token"]
    with pytest.raises(UnauthenticatedError):
        enter(session, old, now=late)
    assert enter(session, new, now=late)["access_token"]


def test_an_old_key_is_ended_at_once_where_it_was_stolen_sec_01(session: Session) -> None:
    client, old = made(session)
    new = service.rotate(session, BOSS, client, now=NOW)

    service.retire_old(session, BOSS, client, now=NOW)
    session.flush()

    with pytest.raises(UnauthenticatedError):
        enter(session, old, now=NOW)
    assert enter(session, new, now=NOW)["access_token"]


def test_whoever_is_suspended_is_refused_at_the_next_request(session: Session) -> None:
    client, key = made(session)
    caller = Caller("client", client, scopes=frozenset({"system/Observation.cu"}))
    assert sender_of(session, caller, base="", site_zone="UTC")

    service.suspend(session, BOSS, client, suspended=True, now=NOW)
    session.flush()

    with pytest.raises(UnauthenticatedError):
        sender_of(session, caller, base="", site_zone="UTC")
    with pytest.raises(UnauthenticatedError):
        enter(session, key, now=NOW)
    service.suspend(session, BOSS, client, suspended=False, now=NOW)
    session.flush()
    assert sender_of(session, caller, base="", site_zone="UTC")


def test_what_was_sent_is_counted_by_day_and_reason_without_anybody(session: Session) -> None:
    client, _ = made(session)
    caller, patient = Caller("client", client), uuid4()
    session.add(called(session, patient, "Some One", created=NOW))
    session.flush()
    yesterday = NOW - timedelta(days=1)
    for at, outcome in (
        *((NOW, "success"), (NOW, "success; tolerated x"), (NOW, "refused 403")),
        *((yesterday, "refused 422"), (yesterday, "refused 422; tolerated x")),
        (NOW - timedelta(days=40), "success"),
    ):
        record(
            session,
            caller,
            Action.CREATE,
            "Observation",
            now=at,
            patients=[patient],
            outcome=outcome,
        )
    record(session, caller, Action.READ, "Patient", now=NOW)
    session.flush()

    days, reasons = service.sent(session, BOSS, client, now=NOW)

    today, before = f"{NOW:%Y-%m-%d}", f"{yesterday:%Y-%m-%d}"
    assert [(each.day, each.taken, each.refused) for each in days] == [
        (today, 2, 1),
        (before, 0, 2),
    ]
    assert reasons == {"403": 1, "422": 2}
    assert str(patient) not in repr((days, reasons))


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (Registration("a name", "system/Observation.cu"), "name"),
        (Registration("gateway", "user/Observation.cu"), "scopes"),
        (Registration("gateway", ""), "scopes"),
        (Registration("gateway", "system/Observation.cu", "http://127.0.0.1/keys"), "jwks_url"),
    ],
)
def test_what_cannot_be_registered_is_refused_by_field(
    session: Session, new: Registration, field: str
) -> None:
    with pytest.raises(InvalidError) as refused:
        service.register(session, BOSS, new, outward=OUTWARD, now=NOW)

    assert refused.value.field == field


def test_keys_at_an_address_are_rotated_there(session: Session) -> None:
    client, _ = made(session)
    row = service._held(session, BOSS, client)
    row.jwks, row.jwks_url = {}, "https://keys.example/jwks"

    with pytest.raises(ConflictError):
        service.rotate(session, BOSS, client, now=NOW)


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.NURSE, Role.PRIVACY_OFFICER])
def test_integrations_are_of_who_runs_the_clinic_alone_sec_10(session: Session, role: Role) -> None:
    client, _ = made(session)
    other = Caller("user", uuid4(), role=role)

    for act in (service.rotate, service.retire_old):
        with pytest.raises(NotFoundError):
            act(session, other, client, now=NOW)
    with pytest.raises(NotFoundError):
        service.listing(session, other, now=NOW)


def test_an_integration_is_registered_by_page_and_its_key_shown_once(
    database: Database, pages: FastAPI
) -> None:
    boss, name = come_in(database, pages, Role.ADMINISTRATOR), f"gateway-{uuid4().hex[:8]}"
    answer = boss.send("/administration/integrations", name=name)
    assert answer.status_code == 200
    shown = re.search(r'id="private-key">([^<]+)<', answer.text)
    assert shown is not None
    key = json.loads(shown[1].replace("&#34;", '"'))
    path = f"/administration/integrations/{key['client_id']}"

    page = boss.read(path)
    assert key["kid"] in page
    assert key["d"] not in page
    assert boss.send(f"{path}/suspend").status_code == 303
    assert boss.send(f"{path}/rotate").status_code == 200
    assert boss.send(f"{path}/grant", person=str(uuid4())).status_code == 404
    assert name in boss.read("/administration/integrations")
    with database.transaction() as session:
        audited = session.scalars(
            select(AuditEvent.caller_id).where(
                AuditEvent.entity == "client", AuditEvent.entity_id == UUID(key["client_id"])
            )
        ).all()
    assert audited == [boss.id] * 3


def test_whoever_an_integration_speaks_for_is_found_however_many_they_are(
    session: Session,
) -> None:
    (client, _), ids = made(session), sorted(uuid4() for _ in range(service.PEOPLE + 2))
    session.add_all(called(session, each, "Somebody", created=NOW) for each in ids)
    session.flush()
    for n, each in enumerate(ids):
        since = NOW - timedelta(days=n // service.PEOPLE)  # most of them at one instant
        session.add(ClientPatient(client_id=client, patient_id=each, since=since))
    session.flush()

    first, more = service.bound_to(session, BOSS, client, now=NOW)
    second, end = service.bound_to(session, BOSS, client, now=NOW, after=more)

    assert [each.patient_id for each in (*first, *second)] == ids
    assert (len(first), end) == (service.PEOPLE, None)
