"""Sign-ins that came to nothing: counted, slowed down, no flood in the audit (SEC-05, SEC-06)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr, ValidationError
from sqlalchemy import func, select, text
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

import app.pages.router
from app.accounts.service import Attempt, Refused, sign_in
from app.commands.serve import configured
from app.oidc import crossing, pace
from app.oidc.crossing import Seal
from app.oidc.pace import Pace
from app.tries import repository
from app.tries.service import ROWS, SIGN_IN, must_wait, note_sign_in, period_left, sum_up
from core.audit import AuditEvent
from core.clock import utc_now
from core.security import digest
from core.settings import Environment, Settings
from tests.app.conftest import BASE

if TYPE_CHECKING:
    from httpx2 import Response
    from sqlalchemy.orm import Session

    from core.database import Database
    from tests.ward import Invented

PEOPLE: tuple[Invented, ...] = ()
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
    app.pages.router.mount(web, database, settings)
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


def come_back(web: FastAPI, said: str = "code=y") -> tuple[TestClient, str, Response]:
    """Come back from the provider with what was begun at our page."""
    http = TestClient(web, base_url=BASE, follow_redirects=False)
    begun = crossing.begin("/inbox")
    http.cookies.set("wardlight-crossing", Seal.of(SECRET).close(begun, now=utc_now()))
    address = f"/sign-in/return?state={begun.state}&{said}"
    return http, address, http.get(address)


def test_no_number_of_failures_keeps_a_good_code_out_sec_05(
    web: FastAPI, database: Database
) -> None:
    with database.transaction() as session:
        for kind in ("", "genuine|", "away|"):
            repository.count(session, SIGN_IN, digest(f"{kind}testclient"), now=utc_now())
        session.execute(text("update refused_tries set tried = 1000"))

    assert come_back(web)[2].status_code == 503  # the provider was asked, and is away


def test_what_asks_the_provider_nothing_is_not_counted_with_what_does_sec_05(
    web: FastAPI, database: Database
) -> None:
    assert come_back(web, "error=access_denied")[2].status_code == 400

    with database.transaction() as session:
        found = [
            repository.of(session, SIGN_IN, digest(f"{kind}testclient"), now=utc_now())
            for kind in ("", "genuine|")
        ]
    assert [each and each.tried for each in found] == [1, None]


def test_the_provider_is_not_asked_without_end_for_one_source_sec_05() -> None:
    asked = Pace()
    waits = [asked.turn("ward", now=100.0) for _ in range(50)]

    assert waits.count(None) == 50 - (pace.LONGEST / pace.GAP + 1)
    assert max(each for each in waits if each is not None) <= pace.LONGEST
    assert asked.turn("elsewhere", now=100.0) == 0
    assert asked.turn("ward", now=100.3) is not None  # a moment later, whatever there was


def test_who_must_wait_their_turn_loses_nothing_by_it_sec_05(
    web: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as flood:
        flood.setattr(pace, "LONGEST", -1)
        http, address, answer = come_back(web)

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert "Reload this page" in answer.text
    assert http.get(address).status_code == 503


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


def test_the_end_of_a_quarter_of_an_hour_forgets_no_guess_sec_14(session: Session) -> None:
    late = repository.begin_of(NOW) + repository.PERIOD - timedelta(seconds=1)
    for _ in range(7):
        repository.count(session, "z", "somebody", now=late)

    waits = [
        must_wait(session, "z", "somebody", now=late + timedelta(seconds=after))
        for after in (2, 8, 16 * 60)
    ]
    assert [each.seconds for each in waits] == [6, 0, 0]
    repository.count(session, "z", "somebody", now=late + timedelta(seconds=9))
    assert must_wait(session, "z", "somebody", now=late + timedelta(seconds=9)).seconds == 16


def test_only_a_proxy_that_is_named_says_for_whom_it_asks_sec_05() -> None:
    """Otherwise everybody behind it is one address, or anybody is any."""
    named = Settings(trusted_proxies="10.0.0.0/8")

    assert _seen_as(named, "10.1.2.3") == "203.0.113.9"
    assert _seen_as(named, "192.0.2.1") == "192.0.2.1"
    assert _seen_as(Settings(), "10.1.2.3") == "10.1.2.3"
    with pytest.raises(ValidationError, match="trusted_proxies"):
        Settings(trusted_proxies="*")


def _seen_as(settings: Settings, peer: str) -> str:
    seen = list[str]()

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(scope["client"][0])

    trusted = configured(8000, "127.0.0.1", settings).forwarded_allow_ips
    scope: Any = {
        "type": "http",
        "scheme": "http",
        "client": (peer, 1),
        "headers": [(b"x-forwarded-for", b"203.0.113.9")],
    }
    nothing: Any = None
    asyncio.run(ProxyHeadersMiddleware(app, trusted)(scope, nothing, nothing))
    return seen[0]
