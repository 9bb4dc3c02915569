from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from argon2 import Parameters, PasswordHasher, extract_parameters
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, select

from app.accounts import service, throttle
from app.accounts.service import Attempt, NewUser, Refused
from app.accounts.tables import AppUser, LoginSession, SignInFailure
from core import security
from core.audit import AuditEvent
from core.errors import ConflictError, InvalidError
from core.security import Role, digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
PASSWORD = "four plain words suffice"
SOURCE = "192.0.2.7"


@pytest.fixture
def name(session: Session) -> str:
    username = f"han-{uuid4().hex[:8]}"
    service.create_user(session, NewUser(username, "Dr Han", PASSWORD, Role.PHYSICIAN), now=NOW)
    return username


def enter(session: Session, username: str, password: str = PASSWORD, *, minutes: float = 0) -> str:
    attempt = Attempt(username, password, SOURCE)
    found = service.sign_in(session, attempt, now=NOW + timedelta(minutes=minutes))
    return found if isinstance(found, str) else ""


def test_only_argon2id_hashes_and_digests_are_stored(session: Session, name: str) -> None:
    """SEC-05, SEC-07."""
    secret = enter(session, name.upper())

    user = session.scalars(select(AppUser).where(AppUser.username == name)).one()
    login = session.scalars(select(LoginSession).where(LoginSession.user_id == user.id)).one()

    assert user.password_hash.startswith("$argon2id$")
    assert login.secret_digest == digest(secret)
    assert len(secret) >= 43


def test_a_short_password_is_refused_outside_the_demo(session: Session) -> None:
    """SEC-05."""
    short = NewUser("x", "X", "demo", Role.NURSE)
    demo = NewUser(f"demo-{uuid4().hex[:6]}", "X", "demo", Role.NURSE, demo=True)

    with pytest.raises(InvalidError):
        service.create_user(session, short, now=NOW)
    assert service.create_user(session, demo, now=NOW)


def test_a_demo_account_opens_nothing_where_demo_accounts_do_not_count(session: Session) -> None:
    """SEC-08, SEC-49: production never lets one in, with the words of any other failure."""
    username = f"demo-{uuid4().hex[:6]}"
    service.create_user(session, NewUser(username, "X", "demo", Role.NURSE, demo=True), now=NOW)

    refused = service.sign_in(session, Attempt(username, "demo", SOURCE), now=NOW)
    let_in = service.sign_in(session, Attempt(username, "demo", SOURCE, demo=True), now=NOW)

    assert refused == Refused(timedelta())
    assert isinstance(let_in, str)


def test_a_user_name_is_taken_whatever_its_case(session: Session, name: str) -> None:
    again = NewUser(name.upper(), "Other", PASSWORD, Role.NURSE)

    with pytest.raises(ConflictError):
        service.create_user(session, again, now=NOW)


def test_a_wrong_password_and_an_unknown_person_are_refused_alike(
    session: Session, name: str
) -> None:
    """SEC-06."""
    wrong = service.sign_in(session, Attempt(name, "not it", SOURCE), now=NOW)
    unknown = service.sign_in(session, Attempt(f"no-{name}", "not it", SOURCE), now=NOW)

    assert wrong == unknown == Refused(timedelta())


@dataclass(slots=True)
class Work:
    """Counts what a sign-in costs: each Argon2 run with its parameters, each statement."""

    hasher: PasswordHasher
    argon: list[Parameters] = field(default_factory=list)
    statements: int = 0

    def verify(self, stored: str, password: str) -> bool:
        self.argon.append(extract_parameters(stored))
        return self.hasher.verify(stored, password)

    def hash(self, password: str) -> str:
        made = self.hasher.hash(password)
        self.argon.append(extract_parameters(made))
        return made


def work_of(session: Session, username: str, patch: pytest.MonkeyPatch) -> Work:
    """Return what the first sign-in of a process costs."""
    work, connection = Work(security._HASHER), session.connection()

    def sent(*_: object) -> None:
        work.statements += 1

    event.listen(connection, "before_cursor_execute", sent)
    with patch.context() as for_now:
        for_now.setattr(security, "_HASHER", work)
        service._nobody.cache_clear()
        found = service.sign_in(session, Attempt(username, "not it", uuid4().hex), now=NOW)
        session.flush()
    event.remove(connection, "before_cursor_execute", sent)
    assert isinstance(found, Refused)
    return work


def disabled(session: Session, username: str) -> str:
    service.disable(session, service.named(session, username).id, now=NOW)
    return username


def of_the_organisation(session: Session, username: str) -> str:
    session.scalars(select(AppUser).where(AppUser.username == username)).one().password_hash = ""
    session.flush()
    return username


def of_the_demo(session: Session, username: str) -> str:
    new = NewUser(f"demo-{username}", "X", PASSWORD, Role.NURSE, demo=True)
    service.create_user(session, new, now=NOW)
    return new.username


@pytest.mark.parametrize("waits", [False, True], ids=["at once", "must wait"])
@pytest.mark.parametrize(
    "whose",
    [lambda _, name: f"no-{name}", disabled, of_the_organisation, of_the_demo],
    ids=["unknown", "disabled", "of the organisation", "of the demo"],
)
def test_a_sign_in_does_the_same_work_whoever_it_is_for_sec_06(
    session: Session,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    whose: Callable[[Session, str], str],
    *,
    waits: bool,
) -> None:
    """Time follows work: one Argon2 verify at the same cost, the same statements."""
    other = whose(session, name)
    known = f"known-{name}"
    service.create_user(session, NewUser(known, "X", PASSWORD, Role.NURSE), now=NOW)
    if waits:
        for each in (known, other):
            session.add_all(
                SignInFailure(account_digest=digest(each), source_digest="", at=NOW)
                for _ in range(throttle.ACCOUNT_ALLOWANCE + 2)
            )
    session.flush()
    session.expunge_all()

    works = [work_of(session, each, monkeypatch) for each in (known, other)]

    assert works[0].argon == works[1].argon
    assert len(works[0].argon) == 2  # the one for nobody is made, the right one is verified
    assert works[0].statements == works[1].statements > 0


def test_failures_slow_an_account_down_and_a_success_forgets_them(
    session: Session, name: str
) -> None:
    """SEC-06."""
    for _ in range(throttle.ACCOUNT_ALLOWANCE + 1):
        assert enter(session, name, "wrong") == ""

    hurried = service.sign_in(session, Attempt(name, PASSWORD, SOURCE), now=NOW)

    assert isinstance(hurried, Refused)
    assert hurried.retry_after > timedelta()
    assert enter(session, name, minutes=1)
    account = digest(name)
    failures = select(SignInFailure).where(SignInFailure.account_digest == account)
    assert session.scalars(failures).all() == []


def test_a_source_that_tries_many_names_is_slowed_too(session: Session, name: str) -> None:
    """SEC-06."""
    source = uuid4().hex
    session.add_all(
        SignInFailure(account_digest=digest(str(n)), source_digest=digest(source), at=NOW)
        for n in range(throttle.SOURCE_ALLOWANCE + 3)
    )

    found = service.sign_in(session, Attempt(name, PASSWORD, source), now=NOW)

    assert found == Refused(timedelta(seconds=8))


@pytest.mark.parametrize(
    ("minutes", "alive"), [(14.9, True), (15, False)], ids=["in time", "idle too long"]
)
def test_a_session_ends_after_fifteen_idle_minutes(
    session: Session, name: str, minutes: float, *, alive: bool
) -> None:
    """SEC-07."""
    secret = enter(session, name)

    found = service.signed_in(session, secret, now=NOW + timedelta(minutes=minutes))

    assert (found is not None) is alive


def test_a_page_that_asks_by_itself_keeps_no_session_alive(session: Session, name: str) -> None:
    """SEC-07."""
    secret = enter(session, name)
    for minute in range(1, 15):
        now = NOW + timedelta(minutes=minute)
        assert service.signed_in(session, secret, now=now, present=False)

    assert service.signed_in(session, secret, now=NOW + timedelta(minutes=15)) is None


def test_a_session_ends_after_twelve_hours_however_busy(session: Session, name: str) -> None:
    """SEC-07."""
    secret = enter(session, name)
    for minute in range(10, 720, 10):
        assert service.signed_in(session, secret, now=NOW + timedelta(minutes=minute))

    assert service.signed_in(session, secret, now=NOW + timedelta(hours=12)) is None


def test_revocation_and_sign_out_act_on_the_next_request(session: Session, name: str) -> None:
    """SEC-07, SEC-15."""
    first, second = enter(session, name), enter(session, name)
    user = session.scalars(select(AppUser).where(AppUser.username == name)).one()

    service.sign_out(session, first, now=NOW)
    assert service.signed_in(session, first, now=NOW) is None
    assert service.signed_in(session, second, now=NOW) is not None

    service.disable(session, user.id, now=NOW)

    assert service.signed_in(session, second, now=NOW) is None
    assert enter(session, name) == ""


def test_sign_ins_and_refusals_are_audited_without_names(session: Session, name: str) -> None:
    """SEC-16."""
    before = len(session.scalars(select(AuditEvent).where(AuditEvent.entity == "sign-in")).all())
    enter(session, name, "wrong")
    enter(session, name)
    session.flush()

    events = session.scalars(
        select(AuditEvent).where(AuditEvent.entity == "sign-in").order_by(AuditEvent.id)
    ).all()[before:]

    assert [event.outcome for event in events] == ["refused", "success"]
    assert events[1].caller_id is not None


@given(st.lists(st.integers(0, 1200), max_size=60))
def test_nobody_is_locked_out_for_longer_than_five_minutes(seconds: list[int]) -> None:
    failures = [NOW - timedelta(seconds=s) for s in seconds]

    waiting = throttle.wait(failures, now=NOW, allowance=throttle.ACCOUNT_ALLOWANCE)

    assert timedelta() <= waiting <= throttle.LONGEST


@pytest.mark.parametrize(
    "password",
    ["passwordpassword", "aaaaaaaaaaaaaaaaaaaa", "123456789012345678", "han-han-han-han-han"],
)
def test_a_password_that_is_tried_first_is_refused_however_long_sec_05(
    session: Session, password: str
) -> None:
    with pytest.raises(InvalidError, match="easily guessed"):
        service.create_user(session, NewUser("han", "Dr Han", password, Role.NURSE), now=NOW)
