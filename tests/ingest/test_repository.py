from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import InvalidError, NotFoundError
from core.security import SYSTEM, Caller, Role
from core.vitals import Quality
from ingest.repository import (
    care_teams,
    may_see,
    person,
    profiles,
    readings,
    readings_received,
    responsible,
    team_patients,
    visible_to,
)
from ingest.service import enrol_by_override
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


def clinician(gateway: Any, name: str, email: str = "", **more: Any) -> str:
    telecom = [{"system": "email", "value": email}] if email else []
    resource = {"resourceType": "Practitioner", "name": [{"text": name}]} | more
    return str(gateway.create(resource | ({"telecom": telecom} if telecom else {})))


def team(gateway: Any, name: str, *members: tuple[str, str], **more: Any) -> str:
    participants = [
        {
            "member": {"reference": f"Practitioner/{who}"},
            "role": [{"coding": [{"system": "http://snomed.info/sct", "code": role}]}],
        }
        for who, role in members
    ]
    resource = {"resourceType": "CareTeam", "status": "active", "name": name}
    return str(gateway.create(resource | {"participant": participants} | more))


def episode(who: str, of: str, manager: str = "", status: str = "active") -> dict[str, Any]:
    resource = {
        "resourceType": "EpisodeOfCare",
        "identifier": [{"system": "urn:episode", "value": f"{who}{of}"}],
        "status": status,
        "patient": {"reference": f"Patient/{who}"},
        "team": [{"reference": f"CareTeam/{of}"}],
    }
    return resource | ({"careManager": {"reference": f"Practitioner/{manager}"}} if manager else {})


PHYSICIAN, NURSE = "309343006", "224535009"


def test_a_team_and_its_episode_say_who_sees_and_who_answers(
    gateway: Any, build: Any, database: Database
) -> None:
    tag = str(uuid4())
    who = gateway.create(build.patient())
    manager = clinician(gateway, f"Dr M {tag}", "m@clinic.example")
    doctor = clinician(gateway, f"Dr D {tag}", "d@clinic.example")
    nurse = clinician(gateway, f"Nurse {tag}")
    outsider = clinician(gateway, f"Outsider {tag}")
    of = team(gateway, f"Team {tag}", (doctor, PHYSICIAN), (nurse, NURSE))

    gateway.create(episode(who, of, manager))

    with database.transaction() as session:
        answer = responsible(session, UUID(who))
        assert [(str(each.practitioner_id), each.role, each.email) for each in answer] == [
            (manager, "care-manager", "m@clinic.example"),
            (doctor, "physician", "d@clinic.example"),
        ]
        assert all(each.active and str(each.team_id) == of for each in answer)
        sees = {each: may_see(session, user(UUID(each)), UUID(who)) for each in (nurse, outsider)}
        assert sees == {nurse: True, outsider: False}
        assert may_see(session, user(UUID(manager)), UUID(who))
        assert not may_see(session, user(None), UUID(who))
        assert team_patients(session, UUID(of)) == [UUID(who)]
        assert [str(each.id) for each in care_teams(session, user(UUID(nurse)))] == [of]
        assert care_teams(session, user(UUID(outsider))) == []
        assert UUID(of) in {each.id for each in care_teams(session, SYSTEM)}
        [shown] = profiles(session, visible_to(user(UUID(nurse))))
        assert (str(shown.id), shown.name, shown.team_name) == (who, "Ines Vale", f"Team {tag}")


def test_a_finished_episode_ends_access_at_once_sec_15(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())
    doctor = clinician(gateway, f"Dr {uuid4()}")
    of = team(gateway, f"Team {uuid4()}", (doctor, PHYSICIAN))
    gateway.create(episode(who, of))

    answer = gateway.post(episode(who, of, status="finished"))

    assert (answer.status_code, answer.headers["ETag"]) == (200, 'W/"2"')
    with database.transaction() as session:
        assert not may_see(session, user(UUID(doctor)), UUID(who))
        assert responsible(session, UUID(who)) == []


def test_a_members_removal_and_a_dissolved_team_end_access_at_once_sec_15(
    gateway: Any, build: Any, database: Database
) -> None:
    named = {"identifier": [{"system": "urn:team", "value": str(uuid4())}]}
    who = gateway.create(build.patient())
    one, other = (clinician(gateway, f"Dr {uuid4()}") for _ in range(2))
    subject = {"subject": {"reference": f"Patient/{who}"}}

    team(gateway, "T", (one, PHYSICIAN), (other, PHYSICIAN), **named, **subject)
    team(gateway, "T", (other, PHYSICIAN), **named, **subject)
    with database.transaction() as session:
        before = [may_see(session, user(UUID(each)), UUID(who)) for each in (one, other)]
    team(gateway, "T", (other, PHYSICIAN), **named, **subject, status="inactive")
    with database.transaction() as session:
        after = may_see(session, user(UUID(other)), UUID(who))

    assert before == [False, True]
    assert not after


def test_somebody_who_left_is_named_as_not_active_rel_40(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())
    gone = clinician(gateway, f"Dr {uuid4()}", active=False)
    of = team(gateway, f"Team {uuid4()}", (gone, PHYSICIAN))
    gateway.create(episode(who, of, gone))

    with database.transaction() as session:
        [answer] = responsible(session, UUID(who))

    assert (answer.active, answer.role) == (False, "care-manager")


def test_a_roles_address_goes_before_the_personal_one(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())
    doctor = clinician(gateway, f"Dr {uuid4()}", "home@clinic.example")
    role = {
        "resourceType": "PractitionerRole",
        "practitioner": {"reference": f"Practitioner/{doctor}"},
        "telecom": [{"system": "email", "value": "ward@clinic.example"}],
    }
    role_id = gateway.create(role)
    members = [{"member": {"reference": f"PractitionerRole/{role_id}"}}]
    of = team(gateway, f"Team {uuid4()}", participant=members)
    gateway.create(episode(who, of, doctor))

    with database.transaction() as session:
        [answer] = responsible(session, UUID(who))
        assert may_see(session, user(UUID(doctor)), UUID(who))

    assert answer.email == "ward@clinic.example"


@pytest.mark.parametrize(
    ("resource", "element"),
    [
        ({"resourceType": "Condition", "subject": {"reference": "X"}}, "Condition.subject"),
        (
            {"resourceType": "EpisodeOfCare", "status": "active", "patient": {"reference": "X"}},
            "EpisodeOfCare.patient",
        ),
        (
            {"resourceType": "CareTeam", "participant": [{"member": {"reference": "Y"}}]},
            "CareTeam.participant.member",
        ),
        (
            {"resourceType": "PractitionerRole", "practitioner": {"reference": "Y"}},
            "PractitionerRole.practitioner",
        ),
        ({"resourceType": "Device", "patient": {"reference": "X"}}, "Device.patient"),
    ],
)
def test_a_reference_to_nobody_is_refused_naming_the_element(
    gateway: Any, resource: dict[str, Any], element: str
) -> None:
    def pointed(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: pointed(each) for key, each in value.items()}
        if isinstance(value, list):
            return [pointed(each) for each in value]
        return {"X": f"Patient/{uuid4()}", "Y": f"Practitioner/{uuid4()}"}.get(value, value)

    answer = gateway.post(pointed(resource))

    assert answer.status_code == 422
    assert answer.json()["issue"][0]["expression"] == [element]


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


def test_an_override_needs_a_reason_and_keeps_it(
    gateway: Any, build: Any, database: Database, clock: Any
) -> None:
    who = UUID(gateway.create(build.patient()))
    doctor = UUID(clinician(gateway, f"Dr {uuid4()}"))
    of = team(gateway, f"T {uuid4()}", (str(doctor), PHYSICIAN))
    gateway.create(episode(str(who), of))

    with database.transaction() as session:
        caller = user(doctor)
        enrol_by_override(session, caller, who, " recently discharged ", now=clock())
        with pytest.raises(InvalidError):
            enrol_by_override(session, caller, who, "  ", now=clock())
        with pytest.raises(NotFoundError):
            enrol_by_override(session, user(uuid4()), who, "curious", now=clock())
        session.flush()
        [shown] = profiles(session, visible_to(caller), [who])

    assert (shown.enrolled_by_override, shown.override_reason) == (True, "recently discharged")


def test_readings_come_in_order_without_what_was_withdrawn(session: Session, clock: Any) -> None:
    who = Patient(display_name="x", created_at=clock())
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
        people = [Patient(display_name=str(n), created_at=clock()) for n in range(4)]
        staff = [Practitioner(name=str(n)) for n in range(4)]
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
