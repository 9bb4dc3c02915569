"""Who is let in, moved and shut out, and that it holds at once (SEC-07, SEC-13, SEC-15)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from alerts.delivery import service as delivering
from alerts.delivery.repository import DeliveryState
from alerts.lifecycle import State
from alerts.notify.outlets import Outlets
from alerts.routing import practitioner
from alerts.tables import Alert, Delivery, Step
from app.accounts.service import open_session, signed_in
from app.accounts.tables import AppUser
from app.pages.looking import ended, follower
from app.pages.showing import Filter
from app.staff import repository, service
from app.staff.service import Newcomer
from core.audit import AuditEvent
from core.clock import utc_now
from core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from core.security import SYSTEM, Caller, Role, digest
from ingest.tables import Practitioner
from ingest.teams.repository import email_of, stayed
from tests.ward import MALSUN, Ward, open_ward

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.database import Database

NOW = utc_now()
BOSS = Caller("user", uuid4(), role=Role.ADMINISTRATOR)
HERE = delivering.Addresses("https://ward.example.org/", "on-call@example.org")


@pytest.fixture(scope="module")
def ward(database: Database) -> Ward:
    return open_ward(database, people=(MALSUN,))


def let_in(session: Session, role: Role = Role.NURSE, *, by: Caller = BOSS) -> AppUser:
    name = f"{role}-{uuid4().hex[:8]}"
    new = Newcomer(name, "Some Body", role, "somebody@clinic.example")
    id_, _ = service.invite(session, by, new, now=NOW)
    return session.get_one(AppUser, id_)


def in_ward(session: Session, ward: Ward) -> AppUser:
    user = let_in(session)
    service.join(session, BOSS, user.id, ward.team, "physician", now=NOW)
    return user


def queued(session: Session, ward: Ward, user: AppUser) -> Delivery:
    """Return a notice of the ward's alert that waits to be sent to somebody."""
    assert user.practitioner_id is not None
    alert = ward.alerts["Oh Malsun"][0]
    step = session.scalars(select(Step).where(Step.alert_id == alert)).first()
    assert step is not None
    step.fence = session.get_one(Alert, alert).fence
    notice = Delivery(
        alert_id=alert,
        step_id=step.id,
        recipient=practitioner(user.practitioner_id),
        channel="email",
        severity="RED",
        state=DeliveryState.WAITING,
        public_id=uuid4().hex[:10],
        created_at=NOW,
    )
    session.add(notice)
    session.flush()
    return notice


@pytest.mark.parametrize("how", ["leave", "disable", "role"])
def test_whoever_is_removed_loses_the_open_stream_and_the_queued_notice_sec_15(
    session: Session, ward: Ward, how: str
) -> None:
    """SEC-15: the stream ends, the queued notice goes to the fallback, the session as well."""
    user = in_ward(session, ward)
    secret = open_session(session, user, now=NOW)
    login = signed_in(session, secret, now=NOW)
    assert login is not None
    stream = follower(session, digest(secret), login.caller, Filter())
    notice = queued(session, ward, user)
    assert ended(session, [stream], now=NOW) == {}

    if how == "leave":
        service.leave(session, BOSS, user.id, ward.team, now=NOW)
    elif how == "disable":
        service.disable(session, BOSS, user.id, now=NOW)
    else:
        service.change_role(session, BOSS, user.id, Role.PRIVACY_OFFICER, now=NOW)
    session.flush()

    assert ended(session, [stream], now=NOW) == {stream: "rights" if how == "leave" else "over"}
    delivering.deliver(session, notice.id, now=NOW, outlets=_Posted(), addresses=HERE)
    assert notice.state == DeliveryState.REROUTED
    assert (signed_in(session, secret, now=NOW) is None) is (how != "leave")


class _Posted(Outlets):
    """Ways out of which none may be used: whoever is reached by them fails the test."""

    def lack(self, *_args: object) -> None:
        return None

    def send(self, *_args: object, **_named: object) -> None:
        raise AssertionError("a notice was sent to somebody who was removed")


def test_what_somebody_had_of_a_team_is_everybodys_again_sec_15(
    session: Session, ward: Ward
) -> None:
    user = in_ward(session, ward)
    alert = session.get_one(Alert, ward.alerts["Oh Malsun"][0])
    alert.state, alert.owner_id = State.ACKNOWLEDGED, user.practitioner_id
    session.flush()

    service.leave(session, BOSS, user.id, ward.team, now=NOW)

    session.refresh(alert)
    assert alert.owner_id is None


def test_a_role_is_changed_with_new_sessions_only_sec_07(session: Session) -> None:
    """SEC-07: a change of privilege ends what was opened before it."""
    user = let_in(session)
    secret = open_session(session, user, now=NOW)

    service.change_role(session, BOSS, user.id, Role.SUPERVISOR, now=NOW)

    assert signed_in(session, secret, now=NOW) is None
    login = signed_in(session, open_session(session, user, now=NOW), now=NOW)
    assert login is not None
    assert login.caller.role is Role.SUPERVISOR


def test_nobody_changes_their_own_rights(session: Session) -> None:
    user = let_in(session, Role.ADMINISTRATOR)
    self_ = Caller("user", user.id, role=Role.ADMINISTRATOR)

    with pytest.raises(ForbiddenError):
        service.change_role(session, self_, user.id, Role.SUPERVISOR, now=NOW)
    with pytest.raises(ForbiddenError):
        service.disable(session, self_, user.id, now=NOW)
    with pytest.raises(ForbiddenError):
        service.join(session, self_, user.id, uuid4(), "", now=NOW)


@pytest.mark.parametrize("role", [Role.NURSE, Role.PHYSICIAN, Role.SUPERVISOR])
def test_nobody_but_who_runs_the_clinic_changes_rights_sec_12(session: Session, role: Role) -> None:
    user = let_in(session)
    other = Caller("user", uuid4(), role=role)

    with pytest.raises(NotFoundError):
        service.change_role(session, other, user.id, Role.ADMINISTRATOR, now=NOW)
    with pytest.raises(NotFoundError):
        service.everybody(session, other)


def test_the_last_who_can_run_the_clinic_stays(session: Session) -> None:
    everybody = update(AppUser).where(AppUser.role == Role.ADMINISTRATOR)
    session.execute(everybody.values(disabled=True))
    one, two = let_in(session, Role.ADMINISTRATOR), let_in(session, Role.ADMINISTRATOR)
    one.subject, two.subject = uuid4().hex, uuid4().hex
    let_in(session, Role.ADMINISTRATOR)  # has not come in, and might never

    service.disable(session, SYSTEM, two.id, now=NOW)

    with pytest.raises(ConflictError):
        service.disable(session, SYSTEM, one.id, now=NOW)
    with pytest.raises(ConflictError):
        service.change_role(session, SYSTEM, one.id, Role.PRIVACY_OFFICER, now=NOW)


def test_who_is_shut_out_gets_no_mail_until_let_in_again_sec_15(
    session: Session, ward: Ward
) -> None:
    user = in_ward(session, ward)
    assert user.practitioner_id is not None
    assert email_of(session, user.practitioner_id) == "somebody@clinic.example"

    service.disable(session, BOSS, user.id, now=NOW)
    assert email_of(session, user.practitioner_id) == ""
    # A record system goes on saying that the person works here.
    session.merge(Practitioner(id=user.practitioner_id, active=True))
    session.flush()
    assert email_of(session, user.practitioner_id) == ""

    service.enable(session, BOSS, user.id, now=NOW)
    assert email_of(session, user.practitioner_id) == "somebody@clinic.example"


def test_it_is_kept_who_changed_whose_rights(session: Session, ward: Ward) -> None:
    user = in_ward(session, ward)
    service.change_role(session, BOSS, user.id, Role.PHYSICIAN, now=NOW)
    service.leave(session, BOSS, user.id, ward.team, now=NOW)

    found = repository.changes(session, user.id).shown
    kept = [(each.what, each.before, each.after) for each in found]
    audited = session.scalars(
        select(AuditEvent.caller_id).where(
            AuditEvent.entity == "user-rights", AuditEvent.entity_id == user.id
        )
    ).all()

    assert kept == [
        ("left", str(ward.team), ""),
        ("role", "nurse", "physician"),
        ("joined", "", str(ward.team)),
        ("account", "", "nurse"),
    ]
    assert audited == [BOSS.id] * 4


def test_a_past_week_is_of_those_who_were_in_the_team_then(database: Database, ward: Ward) -> None:
    def run(act: str) -> UUID:
        with database.transaction() as session:
            now = utc_now()
            if act == "in":
                user = in_ward(session, ward)
                users.append(user.id)
                return user.practitioner_id or uuid4()
            service.leave(session, BOSS, users[0], ward.team, now=now)
            return users[0]

    users: list[UUID] = []
    before = utc_now()
    who = run("in")
    between = utc_now()
    run("out")
    after = utc_now()

    with database.transaction() as session:
        assert who not in stayed(session, ward.team, before, before)
        assert who in stayed(session, ward.team, before, between)
        assert who in stayed(session, ward.team, between, after)
        assert who not in stayed(session, ward.team, after, after)


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (Newcomer("", "A", Role.NURSE), "username"),
        (Newcomer("a", " ", Role.NURSE), "display_name"),
        (Newcomer("a", "A", Role.NURSE, "no address"), "email"),
    ],
)
def test_an_account_needs_its_names(session: Session, new: Newcomer, field: str) -> None:
    with pytest.raises(InvalidError) as refused:
        service.invite(session, BOSS, new, now=NOW)

    assert refused.value.field == field
