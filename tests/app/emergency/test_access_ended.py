"""What the end of access in an emergency leaves behind, and who one person is to it (SEC-14)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from unicodedata import normalize
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from alerts.escalation import StepState
from alerts.reasons import Reason
from alerts.tables import Alert, AlertEvent, Step
from app.accounts.repository import by_username
from app.emergency import service
from app.emergency.service import Sought, Why
from core.audit import Action, record
from core.clock import utc_now
from core.errors import NotFoundError
from core.sealed_fields import seal
from core.security import SYSTEM, Caller, Role
from ingest.access.tables import EmergencyAccess
from ingest.merging.service import merge, unmerge
from ingest.repository import may_see
from ingest.tables import CareTeamParticipant, CareTeamPatient, Patient
from tests.ward import Ward, open_ward

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.database import Database

KEY = "Yun Hidden"
BORN = "1944-04-04"
WHY = Why("emergency", "Collapsed in the waiting room.")


@pytest.fixture
def ward(database: Database) -> Ward:
    """A ward of its own for each test, where one person has a name that nobody else has."""
    return open_ward(database, people=())


def named(session: Session, ward: Ward, name: str = "") -> Sought:
    hidden = ward.patients[KEY]
    name = name or f"Yun {uuid4().hex[:8]}"
    session.get_one(Patient, hidden).name = seal(session, Patient.name, name, id=hidden)
    born = date.fromisoformat(BORN)
    return Sought(name=name, born=born)


def caller(session: Session, username: str) -> Caller:
    user = by_username(session, username)
    assert user is not None
    return Caller("user", user.id, Role(user.role), user.practitioner_id)


def opened(session: Session, ward: Ward) -> tuple[Caller, UUID]:
    me = caller(session, ward.username)
    service.open_access(session, me, named(session, ward), WHY)
    [access] = service.open_of(session, me)
    return me, access.id


def finish(session: Session, me: Caller, access: UUID, how: str) -> None:
    if how == "end":
        service.end(session, me, access)
        return
    row = session.get_one(EmergencyAccess, access)
    row.until = row.began_at
    session.flush()
    service.lapse(session, access, now=utc_now())


HAD = {
    "owned": {"state": "acknowledged", "owner_id": True},
    "asked": {"state": "acknowledged", "owner_id": True, "delegated_by": False},
    "passed on": {"state": "acknowledged", "owner_id": False, "delegated_by": True},
    "claimed": {"state": "claimed", "claimed_by": True},
}


@pytest.mark.parametrize("how", ["end", "lapse"])
@pytest.mark.parametrize("had", HAD)
def test_what_its_holder_has_goes_back_when_it_ends_sec_14(
    database: Database, ward: Ward, how: str, had: str
) -> None:
    alert_id = ward.alerts[KEY][0]
    with database.transaction() as session:
        me, access = opened(session, ward)
        alert = session.get_one(Alert, alert_id)
        for name, value in HAD[had].items():
            mine = me.practitioner_id if value is True else uuid4()
            setattr(alert, name, value if isinstance(value, str) else mine)
        session.flush()
        finish(session, me, access, how)
        session.flush()

        assert not may_see(session, me, ward.patients[KEY])
        assert alert.state == "open"
        assert (alert.owner_id, alert.claimed_by, alert.delegated_by) == (None, None, None)
        lines = session.scalars(select(AlertEvent).where(AlertEvent.alert_id == alert_id)).all()
        assert Reason.ACCESS_ENDED in [line.reason for line in lines]
        waiting = select(Step).where(Step.alert_id == alert_id, Step.fence == alert.fence)
        states = {step.state for step in session.scalars(waiting)}
        assert states & {StepState.WAITING, StepState.FIRED}


def test_who_may_see_the_patient_otherwise_keeps_it_sec_14(database: Database, ward: Ward) -> None:
    patient, alert_id = ward.patients[KEY], ward.alerts[KEY][0]
    with database.transaction() as session:
        me, access = opened(session, ward)
        alert = session.get_one(Alert, alert_id)
        alert.state, alert.owner_id = "acknowledged", me.practitioner_id
        teams = select(CareTeamParticipant.care_team_id).where(
            CareTeamParticipant.practitioner_id == me.practitioner_id
        )
        session.add(
            CareTeamPatient(care_team_id=session.scalars(teams.limit(1)).one(), patient_id=patient)
        )
        session.flush()
        service.end(session, me, access)

        assert (alert.state, alert.owner_id) == ("acknowledged", me.practitioner_id)


def test_records_that_were_merged_are_one_person_and_read_as_one_sec_14_sec_28(
    database: Database, ward: Ward
) -> None:
    hidden, now = ward.patients[KEY], utc_now()
    with database.transaction() as session:
        sought, me = named(session, ward), caller(session, ward.username)
        twin = uuid4()
        one = session.get_one(Patient, hidden)
        values = {
            column.name: getattr(one, column.name)
            for column in Patient.__table__.columns
            if column.name != "id"
        }
        session.add(Patient(id=twin, **values))
        session.flush()
        row = session.get_one(Patient, twin)
        row.name = seal(session, Patient.name, sought.name, id=twin)
        row.birth_date = seal(session, Patient.birth_date, BORN, id=twin)
        session.flush()
        with pytest.raises(NotFoundError):
            service.open_access(session, me, sought, WHY)
        merge(session, SYSTEM, twin, hidden, reason="one person", now=now)

        assert service.open_access(session, me, sought, WHY) == twin

        began = session.scalars(
            select(EmergencyAccess.began_at).where(EmergencyAccess.patient_id == twin)
        ).one()
        record(session, me, Action.READ, "trends", now=began, patients=[hidden])
        session.flush()
        reviewer = Caller("user", uuid4(), Role.SUPERVISOR)
        told = next(
            e for e in service.to_review(session, reviewer, now=now).shown if e.patient_id == twin
        )
        assert ("trends", 1) in told.read
        unmerge(session, SYSTEM, hidden, now=now)
        session.rollback()


def test_a_name_is_found_however_its_hangul_was_typed_sec_14(
    database: Database, ward: Ward
) -> None:
    name = f"윤서연 {uuid4().hex[:8]}"
    typed = normalize("NFD", name)
    assert typed != name
    with database.transaction() as session:
        sought, me = named(session, ward, name), caller(session, ward.username)
        decomposed = Sought(name=typed, born=sought.born)

        assert service.open_access(session, me, decomposed, WHY) == ward.patients[KEY]
