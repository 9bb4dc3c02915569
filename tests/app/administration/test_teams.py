"""Sites and teams: made, renamed, closed, and who was in them when (SEC-13)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from alerts.hours import Place
from alerts.service import load_policy
from app.staff import service, teams
from app.staff.service import Newcomer
from core.audit import AuditEvent
from core.clock import utc_now
from core.errors import ConflictError, InvalidError, NotFoundError
from core.security import Caller, Role
from ingest.tables import CareTeamPatient
from tests.app.administration.signed_in import come_in
from tests.people import called

if TYPE_CHECKING:
    from fastapi import FastAPI
    from sqlalchemy.orm import Session

    from core.database import Database

NOW = utc_now()
BOSS = Caller("user", uuid4(), role=Role.ADMINISTRATOR)
POLICY = load_policy()


def new_name() -> str:
    return f"Team {uuid4().hex[:8]}"


def test_a_team_is_made_moved_and_renamed_with_an_audit(session: Session) -> None:
    site = teams.add_site(session, BOSS, new_name(), now=NOW)
    id_ = teams.add_team(session, BOSS, new_name(), None, now=NOW)
    other = new_name()

    teams.change_team(session, BOSS, id_, f" {other} ", site, policy=POLICY, now=NOW)
    session.flush()

    line = teams.team(session, BOSS, id_)
    assert (line.name, line.site_id, line.members, line.patients) == (other, site, 0, 0)
    audited = session.scalars(
        select(AuditEvent.action).where(
            AuditEvent.entity == "care_team", AuditEvent.entity_id == id_
        )
    ).all()
    assert audited == ["C", "U"]


def test_a_name_is_given_once(session: Session) -> None:
    name = new_name()
    teams.add_team(session, BOSS, name, None, now=NOW)

    with pytest.raises(ConflictError):
        teams.add_team(session, BOSS, name, None, now=NOW)
    with pytest.raises(InvalidError):
        teams.add_team(session, BOSS, "  ", None, now=NOW)


def test_a_closed_team_is_not_opened_beside_another_that_has_its_name_now(
    session: Session,
) -> None:
    name = new_name()
    closed = teams.add_team(session, BOSS, name, None, now=NOW)
    teams.set_open(session, BOSS, closed, open_=False, now=NOW)
    other = teams.add_team(session, BOSS, name, None, now=NOW)

    with pytest.raises(ConflictError):
        teams.set_open(session, BOSS, closed, open_=True, now=NOW)
    assert not teams.team(session, BOSS, closed).active

    teams.change_team(session, BOSS, other, new_name(), None, policy=POLICY, now=NOW)
    for _ in range(2):  # whoever clicks twice is told nothing else
        teams.set_open(session, BOSS, closed, open_=True, now=NOW)
    assert teams.team(session, BOSS, closed).active


def test_a_team_that_the_policy_names_keeps_the_name_by_which_it_is_known(
    session: Session,
) -> None:
    name = new_name()
    id_ = teams.add_team(session, BOSS, name, None, now=NOW)
    by_name = replace(POLICY, teams={name: Place(name, "Asia/Seoul")})
    by_id = replace(POLICY, teams={name: Place(name, "UTC"), str(id_): Place(name, "UTC")})

    with pytest.raises(ConflictError):
        teams.change_team(session, BOSS, id_, new_name(), None, policy=by_name, now=NOW)
    teams.change_team(session, BOSS, id_, new_name(), None, policy=by_id, now=NOW)


def test_a_team_that_looks_after_somebody_is_not_closed(session: Session) -> None:
    id_, patient = teams.add_team(session, BOSS, new_name(), None, now=NOW), uuid4()
    session.add(called(session, patient, "Some One", created=NOW))
    session.flush()
    session.add(CareTeamPatient(care_team_id=id_, patient_id=patient))
    session.flush()

    with pytest.raises(ConflictError):
        teams.set_open(session, BOSS, id_, open_=False, now=NOW)

    empty = teams.add_team(session, BOSS, new_name(), None, now=NOW)
    teams.set_open(session, BOSS, empty, open_=False, now=NOW)
    assert not teams.team(session, BOSS, empty).active


def test_a_site_with_teams_is_not_closed(session: Session) -> None:
    site = teams.add_site(session, BOSS, new_name(), now=NOW)
    id_ = teams.add_team(session, BOSS, new_name(), site, now=NOW)

    with pytest.raises(ConflictError):
        teams.close_site(session, BOSS, site, now=NOW)
    teams.set_open(session, BOSS, id_, open_=False, now=NOW)
    teams.close_site(session, BOSS, site, now=NOW)

    with pytest.raises(InvalidError):
        teams.add_team(session, BOSS, new_name(), site, now=NOW)


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.PHYSICIAN, Role.PRIVACY_OFFICER])
def test_teams_are_changed_by_who_runs_the_clinic_alone_sec_10(
    session: Session, role: Role
) -> None:
    other = Caller("user", uuid4(), role=role)

    with pytest.raises(NotFoundError):
        teams.add_team(session, other, new_name(), None, now=NOW)
    with pytest.raises(NotFoundError):
        teams.teams(session, other)


def test_a_stay_goes_on_through_a_resource_that_says_it_again(session: Session) -> None:
    """The record system takes all members out and puts them in again: nobody left."""
    id_ = teams.add_team(session, BOSS, new_name(), None, now=NOW)
    new = Newcomer(f"n-{uuid4().hex[:8]}", "Nurse Again", Role.NURSE)
    user, _ = service.invite(session, BOSS, new, now=NOW)

    for _ in range(3):
        service.join(session, BOSS, user, id_, "", now=NOW)
        service.leave(session, BOSS, user, id_, now=NOW)
    service.join(session, BOSS, user, id_, "", now=NOW)

    (stay,) = teams.stays(session, BOSS, id_).shown
    assert (stay.name, stay.until) == ("Nurse Again", None)
    assert stay.since is not None


def test_a_team_is_made_and_closed_by_page(database: Database, pages: FastAPI) -> None:
    boss, name = come_in(database, pages, Role.ADMINISTRATOR), new_name()
    assert boss.send("/administration/teams", name=name).status_code == 303
    page = boss.read("/administration/teams")
    row = re.search(rf'href="/administration/teams/([0-9a-f-]+)">{name}<', page)
    assert row is not None
    path = f"/administration/teams/{UUID(row[1])}"

    assert name in boss.read(path)
    assert boss.send(path, name="", site="").status_code == 422
    assert boss.send(path, name=f"{name} two", site="").status_code == 303
    assert boss.send(f"{path}/close").status_code == 303
    assert boss.send("/administration/teams", name=f"{name} two").status_code == 303
