"""The rota changed by page: what would come of it is shown first, and nothing kept by that."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from alerts.oncall.tables import OnCallShift
from app.staff import repository, service, teams
from app.staff.service import Newcomer
from core.clock import utc_now
from core.security import SYSTEM, Role
from tests.app.administration.signed_in import Person, come_in

if TYPE_CHECKING:
    from fastapi import FastAPI

    from core.database import Database

HERE = "/administration/rota"


@pytest.fixture
def team(database: Database) -> tuple[UUID, UUID]:
    """Return a team of one, and the one."""
    name, now = uuid4().hex[:8], utc_now()
    with database.transaction() as session:
        id_ = teams.add_team(session, SYSTEM, f"Rota {name}", None, now=now)
        new = Newcomer(f"nurse-{name}", "Nurse Onduty", Role.NURSE, "n@clinic.example")
        user, _ = service.invite(session, SYSTEM, new, now=now)
        service.join(session, SYSTEM, user, id_, "", now=now)
        who = repository.held(session, user)
        assert who is not None
        assert who.practitioner_id is not None
        return id_, who.practitioner_id


@pytest.fixture(scope="module")
def boss(database: Database, pages: FastAPI) -> Person:
    return come_in(database, pages, Role.ADMINISTRATOR)


def kept(database: Database, team: UUID) -> int:
    with database.transaction() as session:
        query = select(func.count()).where(OnCallShift.team_id == team)
        return int(session.scalar(query.where(OnCallShift.removed_at.is_(None))) or 0)


def test_a_change_is_shown_with_its_holes_and_kept_when_it_is_meant(
    database: Database, boss: Person, team: tuple[UUID, UUID]
) -> None:
    id_, who = team
    asked = {
        "act": "weekly",
        "who": str(who),
        "days": "mon-fri",
        "since": "08:00",
        "until": "18:00",
    }

    tried = boss.send(f"{HERE}/{id_}", **asked)
    assert tried.status_code == 200
    assert "Not kept yet" in tried.text
    assert "It would have to be mended" in tried.text  # nobody at night
    assert "Nurse Onduty" in tried.text
    assert kept(database, id_) == 0

    assert boss.send(f"{HERE}/{id_}", **asked, sure="yes").status_code == 303
    assert kept(database, id_) == 1
    page = boss.read(f"{HERE}/{id_}")
    assert "Nurse Onduty" in page
    assert "Not kept yet" not in page


@pytest.mark.parametrize(
    ("field", "value"),
    [("who", "nobody"), ("since", "soon"), ("until", "1999-01-01T00:00"), ("act", "dance")],
)
def test_what_cannot_be_is_refused_before_anything_is_kept(
    database: Database, boss: Person, team: tuple[UUID, UUID], field: str, value: str
) -> None:
    id_, who = team
    asked = {
        "act": "once",
        "who": str(who),
        "since": "2030-01-01T08:00",
        "until": "2030-01-01T18:00",
    }

    for sure in ("", "yes"):
        answer = boss.send(f"{HERE}/{id_}", **(asked | {field: value}), sure=sure)

        assert answer.status_code == 422
    assert kept(database, id_) == 0


WEEKLY = {"act": "weekly", "days": "mon", "since": "08:00", "until": "18:00"}
FAR_ON, LONG_AGO = "9999-12-31T23:59-12:00", "0001-01-01T00:00+14:00"


@pytest.mark.parametrize(
    "wanted",
    [
        {"act": "leave", "since": "2030-12-24T18:00", "until": FAR_ON},
        {"act": "leave", "since": LONG_AGO, "until": "2030-12-24T18:00"},
        {"act": "once", "since": "2030-12-24T18:00", "until": FAR_ON},
        {"act": "instead", "since": LONG_AGO, "until": "2030-12-24T18:00"},
        {**WEEKLY, "last": "9999-12-31"},
        {**WEEKLY, "first": "0001-01-01"},
    ],
)
def test_a_time_that_no_clock_goes_by_is_refused_and_the_rota_can_still_be_read(
    database: Database, boss: Person, team: tuple[UUID, UUID], wanted: dict[str, str]
) -> None:
    """PostgreSQL would keep the year 10000, and nobody could read it back (AL-18)."""
    id_, who = team

    for sure in ("", "yes"):
        answer = boss.send(f"{HERE}/{id_}", **wanted, who=str(who), sure=sure)

        assert answer.status_code == 422
        assert "the year must be from 1900 to 2999" in answer.text
    assert kept(database, id_) == 0
    assert boss.browser.get(f"{HERE}/{id_}").status_code == 200


def test_rotas_are_listed_for_who_runs_the_clinic(
    database: Database, pages: FastAPI, boss: Person, team: tuple[UUID, UUID]
) -> None:
    id_, _ = team
    supervisor = come_in(database, pages, Role.SUPERVISOR)

    assert str(id_) in boss.read(HERE)
    assert supervisor.browser.get(f"{HERE}/{id_}").status_code == 404
    assert boss.browser.get(f"{HERE}/{uuid4()}").status_code == 404
