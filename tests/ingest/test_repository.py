from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.clock import utc_now
from core.security import SYSTEM, Caller, Role
from core.vitals import Quality
from ingest.repository import (
    may_see,
    person,
    profiles,
    readings,
    readings_received,
    visible_to,
)
from ingest.tables import (
    CareTeam,
    CareTeamParticipant,
    CareTeamPatient,
    Patient,
    Practitioner,
    StoredReading,
)

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from core.database import Database


def user(practitioner: UUID | None) -> Caller:
    return Caller("user", uuid4(), role=Role.PHYSICIAN, practitioner_id=practitioner)


def condition(who: str, system: str, code: str, status: str = "active") -> dict[str, Any]:
    clinical = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    return {
        "resourceType": "Condition",
        "identifier": [{"system": "urn:problem", "value": f"{who}{code}"}],
        "clinicalStatus": {"coding": [{"system": clinical, "code": status}]},
        "code": {"coding": [{"system": system, "code": code}]},
        "subject": {"reference": f"Patient/{who}"},
    }


SNOMED, ICD10 = "http://snomed.info/sct", "http://hl7.org/fhir/sid/icd-10-cm"


def test_the_problem_list_makes_groups_living_alone_and_eligibility(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())
    for each in ("88805009", "185086009", "105529008"):
        gateway.create(condition(who, SNOMED, each))
    gateway.create(condition(who, ICD10, "J96.12"))

    with database.transaction() as session:
        known = person(session, UUID(who))
        [shown] = profiles(session, visible_to(SYSTEM), [UUID(who)], today=date(2026, 3, 2))

    assert known.groups == {"heart_failure", "copd"}
    assert known.lives_alone is True
    assert known.scale_two is False, "hypercapnia needs a clinician's plan too"
    assert known.birth_date == date(1948, 5, 6)
    assert shown.eligible
    assert "heart failure" in shown.eligibility_reason


def test_a_resolved_condition_stops_counting(gateway: Any, build: Any, database: Database) -> None:
    who = gateway.create(build.patient())
    gateway.create(condition(who, SNOMED, "88805009"))

    gateway.create(condition(who, SNOMED, "88805009", "resolved"))

    with database.transaction() as session:
        assert person(session, UUID(who)).groups == frozenset()


def test_readings_come_in_order_without_what_was_withdrawn(session: Session, clock: Any) -> None:
    who = Patient(created_at=clock())
    session.add(who)
    session.flush()
    now = clock()
    for minutes, more in (
        (3, {}),
        (1, {}),
        (2, {"quality": Quality.WITHDRAWN}),
        (4, {"superseded": True}),
        (5, {"quality": Quality.FUTURE}),
        (6, {"history": True}),
    ):
        session.add(stored(who.id, now - timedelta(minutes=minutes), now, more))
    session.flush()

    listed = readings(session, who.id, since=now - timedelta(days=1))
    fresh = readings_received(session, who.id, after=now - timedelta(seconds=1))

    assert [(now - each.effective).seconds // 60 for each in listed] == [6, 5, 3, 1]
    assert [(now - each.effective).seconds // 60 for each in fresh] == [5, 3, 1]
    assert listed[0].history
    assert readings_received(session, who.id, after=now) == []


def stored(
    who: UUID, effective: datetime, received: datetime, more: dict[str, Any]
) -> StoredReading:
    fields: dict[str, Any] = {
        "patient_id": who,
        "vital": "heart_rate",
        "value": 72.0,
        "quality": Quality.SCORED,
        "effective": effective,
        "precision": "instant",
        "received_at": received,
        "resource_id": uuid4(),
        "resource_version": 1,
    }
    return StoredReading(**fields | more)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    members=st.sets(st.tuples(st.integers(0, 3), st.integers(0, 3))),
    patients=st.sets(st.tuples(st.integers(0, 3), st.integers(0, 3))),
)
def test_nobody_sees_another_teams_patient_whatever_the_graph_sec_11(
    session: Session,
    clock: Any,
    members: set[tuple[int, int]],
    patients: set[tuple[int, int]],
) -> None:
    with session.begin_nested() as graph:
        teams = [CareTeam(name=str(n)) for n in range(4)]
        people = [Patient(created_at=clock()) for _ in range(4)]
        staff = [Practitioner() for _ in range(4)]
        session.add_all([*teams, *people, *staff])
        session.flush()
        session.add_all(
            CareTeamParticipant(care_team_id=teams[t].id, practitioner_id=staff[s].id)
            for t, s in members
        )
        session.add_all(
            CareTeamPatient(care_team_id=teams[t].id, patient_id=people[p].id) for t, p in patients
        )
        session.flush()
        seen = {
            (s, p)
            for s in range(4)
            for p in range(4)
            if may_see(session, user(staff[s].id), people[p].id)
        }
        graph.rollback()

    assert seen == {(s, p) for t, s in members for team_, p in patients if team_ == t}


def test_a_supervisor_sees_whom_no_active_team_has_and_no_other_teams_people_rel_40(
    session: Session,
) -> None:
    alone, theirs, team = uuid4(), uuid4(), uuid4()
    now = utc_now()
    session.add_all([Patient(id=alone, created_at=now), Patient(id=theirs, created_at=now)])
    session.add(CareTeam(id=team, name="Other"))
    session.flush()
    session.add(CareTeamPatient(care_team_id=team, patient_id=theirs))
    session.flush()
    supervisor = Caller("user", uuid4(), role=Role.SUPERVISOR, practitioner_id=None)

    assert may_see(session, supervisor, alone)
    assert not may_see(session, supervisor, theirs)
    assert not may_see(session, user(None), alone)
