"""What people say of their data as others find it, and what research may find (SEC-47)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest

from core.security import Caller, Role
from ingest.choices import Purpose
from ingest.choosing.repository import choices_of, standing_of
from ingest.choosing.service import Asked, choose
from tests.door import NOW, Gateway, patient
from tests.ingest.choosing.test_consent_door import provision, signed

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.database import Database


@pytest.fixture
def whose(gateway: Gateway) -> str:
    return gateway.create(patient())


def found(gateway: Gateway, kind: str, query: str) -> list[str]:
    answer = gateway.get(f"/fhir/{kind}?{query}")
    assert answer.status_code == 200, answer.text
    return [each["resource"]["id"] for each in answer.json().get("entry", ())]


def test_what_a_clinician_writes_down_is_a_consent_for_others(
    gateway: Gateway, database: Database, whose: str
) -> None:
    doctor = Caller("user", uuid4(), Role.SUPERVISOR, None)
    asked = Asked(Purpose.RESEARCH, allowed=True, comment="Signed on 30 November.")

    with database.transaction() as session:
        id_ = choose(session, doctor, UUID(whose), asked, now=NOW)
    read = gateway.get(f"/fhir/Consent/{id_}")

    assert read.status_code == 200
    assert read.json()["provision"]["type"] == "permit"
    assert "Signed" not in read.text
    assert found(gateway, "Consent", f"patient={whose}&purpose=research") == [str(id_)]
    assert gateway.put(f"Consent/{id_}", read.json()).status_code == 403
    with database.transaction() as session:
        (choice,) = choices_of(session, [UUID(whose)])
        assert (choice.comment, choice.author_id) == ("Signed on 30 November.", doctor.id)
        assert standing_of(session, UUID(whose), now=NOW).studied


def test_a_client_for_research_sees_only_those_who_agreed_and_agree_still(
    register: Callable[..., Gateway], gateway: Gateway, whose: str
) -> None:
    """SEC-47: whatever it asks for, search, `$everything` or bulk data, by the one team filter."""
    studying, other = register(research=True), gateway.create(patient())
    query = f"_id={whose},{other}"
    seen = [found(studying, "Patient", query)]

    said = signed(whose, **provision("research"))
    id_ = gateway.create(said)
    seen.append(found(studying, "Patient", query))
    whole = studying.get(f"/fhir/Patient/{whose}/$everything").status_code
    gateway.put(f"Consent/{id_}", said | {"id": id_, "status": "inactive"})
    seen.append(found(studying, "Patient", query))

    assert seen == [[], [whose], []]
    assert whole == 200
    assert studying.get(f"/fhir/Patient/{whose}/$everything").status_code == 404
    assert set(found(gateway, "Patient", query)) == {whose, other}


def test_what_is_restricted_is_not_for_research_whatever_was_permitted(
    register: Callable[..., Gateway], gateway: Gateway, whose: str
) -> None:
    """SEC-45: the restriction outweighs the consent."""
    studying = register(research=True)
    gateway.create(signed(whose, **provision("research")))
    before = found(studying, "Patient", f"_id={whose}")

    gateway.create(signed(whose, **provision("use", kind="deny")))

    assert before == [whose]
    assert found(studying, "Patient", f"_id={whose}") == []
