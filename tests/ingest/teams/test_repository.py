from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from core.errors import InvalidError, NotFoundError
from core.security import SYSTEM, Caller, Role
from ingest.presence import Post
from ingest.repository import (
    care_teams,
    may_see,
    profiles,
    responsible,
    team_patients,
    visible_to,
)
from ingest.service import enrol_by_override
from ingest.weekly import span

if TYPE_CHECKING:
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


def test_the_hours_and_the_leave_that_a_role_states_are_kept_and_a_newer_one_replaces_them(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())
    doctor = clinician(gateway, f"Dr {uuid4()}")
    role = {
        "resourceType": "PractitionerRole",
        "practitioner": {"reference": f"Practitioner/{doctor}"},
        "availableTime": [
            {
                "daysOfWeek": ["mon"],
                "availableStartTime": "08:00:00",
                "availableEndTime": "17:00:00",
            }
        ],
        "notAvailable": [{"description": "Leave", "during": {"start": "2026-08-03"}}],
    }
    role_id = gateway.create(role)
    gateway.create(episode(who, team(gateway, f"Team {uuid4()}", (doctor, NURSE)), doctor))

    with database.transaction() as session:
        [before] = responsible(session, UUID(who))
    changed = {k: v for k, v in role.items() if k != "notAvailable"} | {"id": role_id}
    assert gateway.put(f"PractitionerRole/{role_id}", changed).status_code == 200
    with database.transaction() as session:
        [after] = responsible(session, UUID(who))

    assert before.posts == (Post((span("mon", "08:00", "17:00"),), (("2026-08-03", ""),)),)
    assert after.posts == (Post((span("mon", "08:00", "17:00"),)),)


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
