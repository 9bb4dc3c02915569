from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fhir.available import TIMEZONE_URL
from fhir.identity import Identifier, Ref
from fhir.people import (
    read_care_team,
    read_condition,
    read_device,
    read_episode_of_care,
    read_patient,
    read_practitioner,
    read_practitioner_role,
)
from fhir.strict import check
from tests.fhir.payloads import SNOMED, concept

ZONE = [{"url": TIMEZONE_URL, "valueCode": "Europe/Vienna"}]
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"


def checked(kind: str, **elements: Any) -> dict[str, Any]:
    resource = {"resourceType": kind} | elements
    assert check(resource) == ()
    return resource


def test_a_patient_is_read_with_what_the_programme_needs() -> None:
    patient = read_patient(
        checked(
            "Patient",
            identifier=[{"system": "urn:mrn", "value": "7"}, {"system": "urn:none"}],
            name=[
                {"use": "nickname", "text": "Nan"},
                {"use": "official", "given": ["Ann", "B."], "family": "Example"},
            ],
            birthDate="1944-02-03",
            gender="female",
            extension=ZONE,
            communication=[
                {"language": concept(("urn:ietf:bcp:47", "en"))},
                {"language": concept(("urn:ietf:bcp:47", "de")), "preferred": True},
            ],
        )
    )

    assert patient.identifiers == (Identifier("urn:mrn", "7"),)
    assert patient.name == "Ann B. Example"
    assert (patient.birth_date, patient.birth_year) == (date(1944, 2, 3), 1944)
    assert (patient.sex, patient.zone, patient.language) == ("female", "Europe/Vienna", "de")
    assert (patient.deceased, patient.active) == (False, True)


def test_a_birth_year_is_not_made_a_birth_date() -> None:
    patient = read_patient(checked("Patient", birthDate="1944"))

    assert (patient.birth_date, patient.birth_year) == (None, 1944)


def test_the_zone_of_the_address_counts_where_the_patient_has_none() -> None:
    assert read_patient(checked("Patient", address=[{"extension": ZONE}])).zone == "Europe/Vienna"
    assert read_patient(checked("Patient", active=True)).zone == ""


@pytest.mark.parametrize(
    "elements", [{"deceasedBoolean": True}, {"deceasedDateTime": "2026-01-01"}]
)
def test_a_death_is_read_in_both_forms(elements: dict[str, Any]) -> None:
    assert read_patient(checked("Patient", **elements)).deceased
    assert not read_patient(checked("Patient", deceasedBoolean=False)).deceased


def test_a_condition_is_read_with_its_statuses() -> None:
    condition = read_condition(
        checked(
            "Condition",
            subject={"reference": "Patient/p1"},
            code=concept((SNOMED, "84114007"), ("http://hl7.org/fhir/sid/icd-10", "I50.9")),
            clinicalStatus=concept((CLINICAL, "active")),
            onsetDateTime="2020-03-04T10:00:00+01:00",
        )
    )

    assert condition.subject == Ref("Patient", "p1")
    assert condition.codes == (
        (SNOMED, "84114007"),
        ("http://hl7.org/fhir/sid/icd-10", "I50.9"),
    )
    assert (condition.clinical_status, condition.verification_status) == ("active", "")
    assert condition.onset == date(2020, 3, 4)


def test_a_practitioner_is_reached_by_work_mail_first() -> None:
    practitioner = read_practitioner(
        checked(
            "Practitioner",
            name=[{"text": "Dr Example"}],
            active=False,
            telecom=[
                {"system": "phone", "value": "1"},
                {"system": "email", "value": "home@example.org"},
                {"system": "email", "use": "work", "value": "work@example.org"},
                {"system": "email", "use": "old", "value": "old@example.org"},
            ],
        )
    )

    assert (practitioner.name, practitioner.email) == ("Dr Example", "work@example.org")
    assert not practitioner.active


def test_a_role_names_its_practitioner_and_organisation() -> None:
    role = read_practitioner_role(
        checked(
            "PractitionerRole",
            practitioner={"reference": "urn:uuid:1"},
            organization={"reference": "Organization/o1"},
        )
    )

    assert role.practitioner == Ref(url="urn:uuid:1")
    assert role.organization == Ref("Organization", "o1")
    assert (role.email, role.active) == ("", True)


def test_a_care_team_lists_members_with_their_roles() -> None:
    team = read_care_team(
        checked(
            "CareTeam",
            status="active",
            name="Team North",
            subject={"reference": "Patient/p1"},
            participant=[
                {
                    "member": {"reference": "Practitioner/d1"},
                    "role": [concept((SNOMED, "309343006"))],
                },
                {"member": {"display": "a neighbour"}},
                {"member": {"reference": "PractitionerRole/r1"}},
            ],
        )
    )

    assert (team.name, team.status, team.subject) == ("Team North", "active", Ref("Patient", "p1"))
    assert team.participants == (
        (Ref("Practitioner", "d1"), "309343006"),
        (Ref("PractitionerRole", "r1"), ""),
    )


def test_an_episode_of_care_names_team_and_manager() -> None:
    episode = read_episode_of_care(
        checked(
            "EpisodeOfCare",
            status="active",
            patient={"reference": "Patient/p1"},
            team=[{"reference": "CareTeam/t1"}],
            careManager={"reference": "Practitioner/d1"},
        )
    )

    assert episode.patient == Ref("Patient", "p1")
    assert episode.teams == (Ref("CareTeam", "t1"),)
    assert (episode.care_manager, episode.status) == (Ref("Practitioner", "d1"), "active")


@pytest.mark.parametrize(
    ("elements", "name"),
    [
        ({"deviceName": [{"name": "Cuff", "type": "user-friendly-name"}]}, "Cuff"),
        ({"type": {"text": "blood pressure cuff"}}, "blood pressure cuff"),
        ({}, ""),
    ],
)
def test_a_device_is_called_by_its_own_name_first(elements: dict[str, Any], name: str) -> None:
    device = read_device(checked("Device", patient={"reference": "Patient/p1"}, **elements))

    assert (device.name, device.patient) == (name, Ref("Patient", "p1"))


@pytest.mark.parametrize(
    ("elements", "model"),
    [
        ({"manufacturer": "Acme", "modelNumber": "BP-1"}, "Acme BP-1"),
        ({"modelNumber": "BP-1"}, "BP-1"),
        ({"deviceName": [{"name": "Acme Cuff", "type": "model-name"}]}, "Acme Cuff"),
        ({"type": {"coding": [{"code": "1"}, {"code": "2", "display": "Cuff"}]}}, "Cuff"),
        ({"manufacturer": "Acme", "deviceName": [{"name": "Mr Oh's", "type": "other"}]}, ""),
        ({"type": {"text": "Mr Oh's cuff"}}, ""),
        ({"modelNumber": "x" * 300}, "x" * 120),
    ],
)
def test_the_model_of_a_device_is_never_what_a_person_called_it_sec_27(
    elements: dict[str, Any], model: str
) -> None:
    assert read_device(checked("Device", **elements)).model == model


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ({"family": "한", "given": ["지우"]}, "한지우"),
        ({"family": "王", "given": ["小", "明"]}, "王小明"),
        ({"family": "Kim", "given": ["지우"]}, "지우 Kim"),
        ({"family": "Okafor-Lane", "given": ["Grace"]}, "Grace Okafor-Lane"),
        ({"text": "한 지우 (의사)", "family": "한", "given": ["지우"]}, "한 지우 (의사)"),
    ],
)
def test_a_name_is_written_in_the_order_of_its_script(name: dict[str, Any], written: str) -> None:
    read = read_practitioner({"resourceType": "Practitioner", "name": [name]})

    assert read.name == written
