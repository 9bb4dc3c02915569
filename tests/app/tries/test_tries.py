"""Sign-ins that came to nothing: counted, slowed down, no flood in the audit (SEC-05, SEC-06)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import func, select, text

import app.pages
from app.accounts.service import Attempt, Refused, sign_in
from app.oidc import crossing
from app.oidc.crossing import Seal
from app.tries import repository
from app.tries.service import ROWS, SIGN_IN, must_wait, note_sign_in, period_left, sum_up
from core.audit import AuditEvent
from core.clock import utc_now
from core.security import digest
from core.settings import Environment, Settings
from tests.app.conftest import BASE

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.database import Database

SECRET = "k" * 40
NOW = datetime(2026, 3, 2, 12, 7, tzinfo=UTC)
FLOOD = ROWS + 4


@pytest.fixture
def web(database: Database) -> FastAPI:
    """Pages whose provider answers nobody: what did not begin here never gets that far."""
    with database.transaction() as session:
        session.execute(text("delete from refused_tries"))
    settings = Settings(
        environment=Environment.TEST,
        secret_key=SecretStr(SECRET),
        base_url=BASE,
        oidc_issuer="http://127.0.0.1:1",
        oidc_client_id="wardlight",
        outbound_loopback=True,
    )
    web = FastAPI()
    app.pages.mount(web, database, settings)
    return web


def outcomes(session: Session, *, after: int) -> list[str]:
    query = select(AuditEvent.outcome).where(AuditEvent.entity == SIGN_IN, AuditEvent.id > after)
    return list(session.scalars(query.order_by(AuditEvent.id)))


def newest(session: Session) -> int:
    return session.scalar(select(func.max(AuditEvent.id))) or 0


def test_a_flood_of_ways_back_has_few_rows_in_the_audit_and_one_that_counts_sec_05(
    web: FastAPI, database: Database
) -> None:
    http = TestClient(web, base_url=BASE, follow_redirects=False)
    with database.transaction() as session:
        before = newest(session)

    answers = [http.get("/sign-in/return?state=x&code=y") for _ in range(FLOOD)]

    assert [each.status_code for each in answers] == [400] * ROWS + [429] * (FLOOD - ROWS)
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 901
    assert "Too many sign-ins from your network" in answers[-1].text
    with database.transaction() as session:
        assert outcomes(session, after=before) == ["refused"] * ROWS
        sum_up(session, now=utc_now() + repository.PERIOD)
        sum_up(session, now=utc_now() + repository.PERIOD)
    with database.transaction() as session:
        assert outcomes(session, after=before)[ROWS:] == [f"refused, {FLOOD - ROWS} more"]


def test_who_left_from_our_page_is_not_kept_out_by_a_flood_sec_05(
    web: FastAPI, database: Database
) -> None:
    """A ward shares one address; here the provider is away, so their way ends only there."""
    with database.transaction() as session:
        repository.count(session, SIGN_IN, digest("testclient"), now=utc_now())
        session.execute(text("update refused_tries set tried = 1000"))
    http = TestClient(web, base_url=BASE, follow_redirects=False)
    begun = crossing.begin("/inbox")
    http.cookies.set("wardlight-crossing", Seal.of(SECRET).close(begun, now=utc_now()))

    answer = http.get(f"/sign-in/return?state={begun.state}&code=y")

    assert answer.status_code == 503
    assert "cannot be reached" in answer.text


def test_the_provider_is_not_asked_without_end_for_one_source_sec_05(
    web: FastAPI, database: Database
) -> None:
    with database.transaction() as session:
        repository.count(session, SIGN_IN, digest("genuine|testclient"), now=utc_now())
        session.execute(text("update refused_tries set tried = 300"))
    http = TestClient(web, base_url=BASE, follow_redirects=False)
    begun = crossing.begin("/inbox")
    http.cookies.set("wardlight-crossing", Seal.of(SECRET).close(begun, now=utc_now()))

    answer = http.get(f"/sign-in/return?state={begun.state}&code=y")

    assert answer.status_code == 429


def test_wrong_passwords_have_few_rows_in_the_audit_too_sec_06(session: Session) -> None:
    source, before = f"10.0.0.{uuid4()}", newest(session)
    for _ in range(ROWS):
        note_sign_in(session, source, now=NOW)

    found = sign_in(session, Attempt("nobody", "wrong", source), now=NOW)

    assert isinstance(found, Refused)
    assert outcomes(session, after=before) == ["refused"] * ROWS


def test_each_period_and_each_source_is_counted_by_itself_sec_06(session: Session) -> None:
    counted = [repository.count(session, "x", who, now=NOW).tried for who in ("a", "a", "b")]
    later = repository.count(session, "x", "a", now=NOW + repository.PERIOD).tried

    assert (counted, later) == ([1, 2, 1], 1)
    assert period_left(NOW) == timedelta(minutes=8)


def test_who_guesses_waits_ever_longer_and_what_was_held_adds_nothing_sec_14(
    session: Session,
) -> None:
    waits = []
    for _ in range(7):
        repository.count(session, "y", "somebody", now=NOW)
        waits.append(must_wait(session, "y", "somebody", now=NOW).total_seconds())
    repository.count(session, "y", "somebody", now=NOW + timedelta(seconds=4), held=True)

    assert waits == [0, 0, 0, 0, 2, 4, 8]
    assert must_wait(session, "y", "somebody", now=NOW + timedelta(seconds=5)).seconds == 3
    assert must_wait(session, "y", "somebody", now=NOW + timedelta(seconds=8)) == timedelta()
