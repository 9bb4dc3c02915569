"""Who asks for the same at the same moment is told that somebody else was first."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from app.erasure import service as erasures
from app.erasure.states import Ground
from app.staff import service, teams
from app.staff.service import Newcomer
from core.clock import utc_now
from core.errors import ConflictError
from core.security import SYSTEM, Role
from tests.people import called

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from core.database import Database

NOW = utc_now()
WAITING = text("select count(*) from pg_locks where not granted")


def ask_for(database: Database, what: str) -> Callable[[Session], object]:
    name = f"{what}-{uuid4().hex[:8]}"
    if what == "account":
        return lambda session: service.invite(
            session, SYSTEM, Newcomer(name, "Some Body", Role.NURSE), now=NOW
        )
    if what == "team":
        return lambda session: teams.add_team(session, SYSTEM, name, None, now=NOW)
    if what == "site":
        return lambda session: teams.add_site(session, SYSTEM, name, now=NOW)
    with database.transaction() as session:
        patient = uuid4()
        session.add(called(session, patient, "Some One", created=NOW))
    return lambda session: erasures.ask(session, SYSTEM, patient, Ground.CONSENT, now=NOW)


@pytest.mark.parametrize("what", ["account", "team", "site", "erasure"])
def test_of_two_who_ask_for_the_same_at_once_one_is_refused(database: Database, what: str) -> None:
    ask = ask_for(database, what)

    def again() -> None:
        with database.transaction() as session:
            ask(session)

    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as session:
            made = ask(session)
            session.flush()
            second = pool.submit(again)
            until_it_waits(session, second)

        with pytest.raises(ConflictError):
            second.result(timeout=20)

    if isinstance(made, UUID) and what == "erasure":
        with database.transaction() as session:
            erasures.withdraw(session, SYSTEM, made, now=NOW)


def until_it_waits(session: Session, second: Future[None]) -> None:
    """Return when another connection waits for a lock, or is through without one."""
    for _ in range(1000):
        if second.done() or session.scalar(WAITING):
            return
        session.execute(text("select pg_sleep(0.01)"))
    raise AssertionError("nobody waits")
