"""PostgreSQL itself keeps another team's rows from a reader, whatever a query forgets (SEC-11)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import text

import alerts.surveying.repository
import ingest.repository
from core.security import SYSTEM, Caller, Role
from ingest.access.beyond import Beyond
from ingest.access.repository import visible_to
from ingest.repository import beyond_wall, raise_wall
from ingest.tables import Patient

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from fastapi.testclient import TestClient

    from core.database import Database
    from core.embedded import Servers
    from core.security import Caller as Somebody
    from tests.ward import Ward

OWN, HIDDEN = "Oh Malsun", "Yun Hidden"
WHOSE = ("select id from patient", "select patient_id from alert",
         "select patient_id from assessment")  # fmt: skip
PAGES = ("/patients", "/patients/{}", "/patients/{}/accesses", "/patients/{}/trends", "/inbox")


@pytest.mark.parametrize("query", WHOSE)
def test_bare_sql_of_the_application_shows_a_reader_nobody_elses_sec_11(
    database: Database, ward: Ward, query: str
) -> None:
    own, hidden = ward.patients[OWN], ward.patients[HIDDEN]

    with database.transaction() as session:
        everybody = set(session.scalars(text(query)))
        raise_wall(session, Caller("user", ward.user_id, Role.PHYSICIAN))
        mine = set(session.scalars(text(query)))
        with beyond_wall(session, Beyond.HEALTH):
            beyond = set(session.scalars(text(query)))
        again = set(session.scalars(text(query)))
        raise_wall(session, Caller("user", uuid4(), Role.PHYSICIAN))
        strangers = set(session.scalars(text(query)))

    assert {own, hidden} <= everybody == beyond
    assert own in mine == again
    assert hidden not in mine
    assert strangers == set()


def test_nobody_elses_row_is_changed_or_made_either_sec_11(embedded: Servers, ward: Ward) -> None:
    hidden = ward.patients[HIDDEN]
    with psycopg.connect(embedded.database_url) as connection:
        connection.execute("select set_config('wardlight.caller', %s, true)", [str(ward.user_id)])

        changed = connection.execute("update patient set zone = zone where id = %s", [hidden])
        assert changed.rowcount == 0
        assert connection.execute("delete from alert where patient_id = %s", [hidden]).rowcount == 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("alter table patient disable row level security")
        connection.rollback()


def test_a_transaction_says_for_whom_it_reads_and_the_next_says_nothing(
    database: Database, ward: Ward
) -> None:
    with database.transaction() as session:
        raise_wall(session, Caller("user", ward.user_id, Role.PHYSICIAN))
        raise_wall(session, SYSTEM)  # the program itself raises none, and takes none down
        walled = session.execute(text("select count(*) from patient")).scalar_one()
    with database.transaction() as session:
        free = session.execute(text("select count(*) from patient")).scalar_one()

    assert walled < free


def leaking(hidden: UUID) -> Callable[[Somebody], object]:
    """Stand in for the filter of the code, broken so that it lets a stranger through."""
    return lambda caller: visible_to(SYSTEM).where(
        Patient.id.in_(visible_to(caller)) | (Patient.id == hidden)
    )


@pytest.mark.parametrize("page", PAGES)
def test_where_the_filter_in_the_code_lets_one_through_the_wall_still_does_sec_11(
    enter: Callable[[str], TestClient], ward: Ward, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    hidden, browser = ward.patients[HIDDEN], enter(ward.username)
    monkeypatch.setattr(ingest.repository, "visible_to", leaking(hidden))
    monkeypatch.setattr(ingest.repository, "may_see", lambda *_: True)
    monkeypatch.setattr(alerts.surveying.repository, "visible_to", leaking(hidden), raising=False)

    walled = browser.get(page.format(hidden)).text
    monkeypatch.setattr(ingest.repository, "raise_wall", lambda *_: None)
    open_ = browser.get(page.format(hidden))

    assert HIDDEN not in walled
    assert str(hidden) not in walled or open_.status_code == 200
    if page in {"/patients", "/patients/{}", "/inbox"}:  # else the test could not fail
        assert HIDDEN in open_.text
