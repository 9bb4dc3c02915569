"""Whoever is removed keeps no alert, of whomever it is and however they came by it (SEC-15)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select, update

from alerts.lifecycle import State
from alerts.tables import Alert
from app.accounts.tables import AppUser
from app.staff import service
from app.staff.service import Newcomer
from core.clock import utc_now
from core.security import SYSTEM, Caller, Role
from ingest.merging.service import merge
from ingest.tables import CareTeamPatient
from tests.ward import JONGGIL, MALSUN, Ward, open_ward

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.database import Database

NOW = utc_now()
BOSS = Caller("user", uuid4(), role=Role.ADMINISTRATOR)


@pytest.fixture(scope="module")
def ward(database: Database) -> Ward:
    return open_ward(database, people=(MALSUN, JONGGIL))


def let_in(session: Session, role: Role = Role.NURSE) -> AppUser:
    new = Newcomer(f"{role}-{uuid4().hex[:8]}", "Some Body", role, "somebody@clinic.example")
    id_, _ = service.invite(session, BOSS, new, now=NOW)
    return session.get_one(AppUser, id_)


def had(session: Session, ward: Ward, user: AppUser, how: str = "owner_id") -> Alert:
    """Give somebody the alert of Oh Malsun: to own, to look at, or passed on by them."""
    alert = session.get_one(Alert, ward.alerts["Oh Malsun"][0])
    alert.state = State.CLAIMED if how == "claimed_by" else State.ACKNOWLEDGED
    alert.owner_id = ward.practitioner_id if how == "delegated_by" else None
    setattr(alert, how, user.practitioner_id)
    session.flush()
    return alert


def remove(session: Session, ward: Ward, user: AppUser, how: str) -> None:
    if how == "leave":
        service.leave(session, BOSS, user.id, ward.team, now=NOW)
    elif how == "disable":
        service.disable(session, BOSS, user.id, now=NOW)
    else:
        service.change_role(session, BOSS, user.id, Role(how), now=NOW)


def hands(session: Session, alert: Alert) -> set[UUID | None]:
    session.refresh(alert)
    return {alert.owner_id, alert.claimed_by, alert.delegated_by}


@pytest.mark.parametrize("had_as", ["owner_id", "claimed_by", "delegated_by"])
@pytest.mark.parametrize("how", ["leave", "disable", Role.PRIVACY_OFFICER])
def test_an_alert_of_a_record_that_was_merged_is_everybodys_again_sec_15(
    session: Session, ward: Ward, how: str, had_as: str
) -> None:
    user = let_in(session)
    service.join(session, BOSS, user.id, ward.team, "", now=NOW)
    survivor, merged = ward.patients["Baek Jonggil"], ward.patients["Oh Malsun"]
    merge(session, SYSTEM, survivor, merged, reason="same", now=NOW)
    alert = had(session, ward, user, had_as)

    remove(session, ward, user, how)

    assert hands(session, alert) == {None}
    assert alert.state == State.OPEN


@pytest.mark.parametrize("how", ["disable", Role.NURSE, Role.PRIVACY_OFFICER])
def test_what_a_supervisor_had_of_whom_no_team_has_is_everybodys_again_sec_15(
    session: Session, ward: Ward, how: str
) -> None:
    user = let_in(session, Role.SUPERVISOR)
    service.join(session, BOSS, user.id, ward.other_team, "", now=NOW)
    theirs = CareTeamPatient.patient_id == ward.patients["Oh Malsun"]
    session.execute(delete(CareTeamPatient).where(theirs))
    alert = had(session, ward, user)

    remove(session, ward, user, how)

    assert hands(session, alert) == {None}


def test_what_a_care_manager_outside_of_the_team_had_is_everybodys_again_sec_15(
    session: Session, ward: Ward
) -> None:
    user = let_in(session)
    theirs = update(CareTeamPatient).where(CareTeamPatient.patient_id == ward.patients["Oh Malsun"])
    session.execute(theirs.values(care_manager_id=user.practitioner_id))
    alert = had(session, ward, user)

    remove(session, ward, user, "disable")

    assert hands(session, alert) == {None}


@pytest.mark.parametrize("how", ["leave", Role.PHYSICIAN])
def test_whoever_may_still_open_an_alert_keeps_it(session: Session, ward: Ward, how: str) -> None:
    user = let_in(session)
    service.join(session, BOSS, user.id, ward.team, "", now=NOW)
    service.join(session, BOSS, user.id, ward.other_team, "", now=NOW)
    patient = ward.patients["Oh Malsun"]
    row = select(CareTeamPatient).where(
        CareTeamPatient.patient_id == patient, CareTeamPatient.care_team_id == ward.other_team
    )
    if session.scalar(row) is None:
        session.add(CareTeamPatient(care_team_id=ward.other_team, patient_id=patient))
    alert = had(session, ward, user)

    remove(session, ward, user, how)

    assert user.practitioner_id in hands(session, alert)
