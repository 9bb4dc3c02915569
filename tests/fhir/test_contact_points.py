"""Which numbers of a Patient a text message can go to, and in which order."""

from __future__ import annotations

from typing import Any

import pytest

from fhir.contact_points import read_contacts
from fhir.strict import check

MOBILE = {"system": "phone", "use": "mobile", "value": "+82 (10) 5550-1234"}


def patient(**elements: Any) -> dict[str, Any]:
    resource = {"resourceType": "Patient"} | elements
    assert check(resource) == ()
    return resource


def test_the_preferred_number_is_first_and_written_without_its_marks() -> None:
    second = {"system": "sms", "value": "tel:+821055507777", "rank": 1}

    read = read_contacts(patient(telecom=[MOBILE, second]))

    assert [each.address for each in read] == ["+821055507777", "+821055501234"]
    assert {(each.channel, each.carer) for each in read} == {("sms", False)}


@pytest.mark.parametrize(
    "point",
    [
        {"system": "phone", "use": "home", "value": "+8225550000"},
        {"system": "phone", "use": "work", "value": "+8225550000"},
        {"system": "sms", "use": "old", "value": "+8225550000"},
        {"system": "email", "value": "somebody@patient.example"},
        {"system": "sms", "value": "+8225550000", "period": {"end": "2025-01-01"}},
        {"system": "sms"},
    ],
)
def test_what_takes_no_text_message_is_no_number(point: dict[str, Any]) -> None:
    assert read_contacts(patient(telecom=[point])) == ()


def test_an_account_at_a_chat_is_kept_as_it_is_written() -> None:
    (read,) = read_contacts(patient(telecom=[{"system": "other", "value": "Kim (chat)"}]))

    assert (read.channel, read.address) == ("chat", "Kim (chat)")


def test_a_carer_is_read_with_name_relation_and_end() -> None:
    coded = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode"}]}
    carer = {
        "relationship": [coded, {"text": "daughter"}],
        "name": {"given": ["Mina"], "family": "Kim"},
        "telecom": [MOBILE],
        "period": {"end": "2027-01-01"},
    }

    (read,) = read_contacts(patient(contact=[carer]))

    assert (read.carer, read.name, read.address) == (True, "Mina Kim", "+821055501234")
    assert read.until is not None
    assert read.until.year >= 2027
