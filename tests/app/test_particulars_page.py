"""Conditions, the home and the numbers of a person, changed by those who look after them."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from core.audit import Action, AuditEvent
from core.clock import utc_now
from core.outbox import Outbox, State, Topic
from core.security import Role
from ingest.contacts.repository import addressee, contacts_of
from ingest.repository import person
from ingest.tables import Condition
from tests.app.conftest import csrf
from tests.register import keeper

if TYPE_CHECKING:
    from uuid import UUID

    from fastapi.testclient import TestClient
    from httpx2 import Response

    from core.database import Database
    from ingest.enrolment import Person
    from tests.app.conftest import Enter
    from tests.ward import Ward


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.fixture
def client(enter: Enter, ward: Ward) -> TestClient:
    return enter(ward.username)


@pytest.fixture
def patient(ward: Ward) -> UUID:
    return ward.patients["Han Sooja"]


def act(client: TestClient, patient: UUID, form: str, **said: str | list[str]) -> Response:
    token = csrf(client.get(f"/patients/{patient}/facts").text)
    data = {"csrf": token, "reason": "as she told us"} | said
    return client.post(f"/patients/{patient}/facts/{form}", data=data)


def who(database: Database, patient: UUID) -> Person:
    with database.transaction() as session:
        return person(session, patient)


def test_a_condition_is_added_and_ended_with_who_when_and_why(
    database: Database, client: TestClient, patient: UUID
) -> None:
    before = who(database, patient)
    assert "diabetes" not in before.groups

    assert act(client, patient, "add", group="diabetes").status_code == 303
    assert act(client, patient, "add", code="Z99.81", onset="2020-01-01").status_code == 303
    now = who(database, patient)
    assert now.groups == before.groups | {"diabetes"}
    assert now.on_oxygen is True
    with database.transaction() as session:
        rows = session.scalars(select(Condition).where(Condition.patient_id == patient)).all()
        [diabetes] = [row.id for row in rows if "73211009" in str(row.codes)]
        [failure] = [row.id for row in rows if "I50.9" in str(row.codes)]
        asked = select(Outbox.state).where(
            Outbox.topic == Topic.ASSESS, Outbox.subject_id == patient
        )
        assert State.OPEN in set(session.scalars(asked))

    ended = act(client, patient, "end", condition=str(diabetes), reason="remission")
    never = act(client, patient, "end", condition=str(failure), never="1", reason="another's")

    assert (ended.status_code, never.status_code) == (303, 303)
    later = who(database, patient)
    assert later.groups == before.groups - {"heart_failure"}
    page = words(client.get(f"/patients/{patient}/facts").text)
    assert "Condition added: 73211009 as she told us Dr Han" in page
    assert "Condition ended: 73211009 remission Dr Han" in page
    assert "Condition entered in error: I50.9 another's Dr Han" in page
    # What was entered in error was never true.
    before_today = (utc_now() - timedelta(days=20)).timestamp()
    assert "heart_failure" not in later.at(before_today, utc_now().timestamp()).groups


def test_the_home_is_changed_and_the_last_word_counts(
    database: Database, client: TestClient, ward: Ward
) -> None:
    patient = ward.patients["Seo Insuk"]
    for answer in ("yes", "no"):
        assert act(client, patient, "living", alone=answer).status_code == 303
        assert who(database, patient).lives_alone is (answer == "yes")

    assert act(client, patient, "living", alone="perhaps").status_code == 422


def test_language_zone_and_numbers_are_changed_and_used(
    database: Database, client: TestClient, patient: UUID
) -> None:
    said: dict[str, str | list[str]] = {
        "language": "en",
        "zone": "Europe/London",
        "phone": "+82 10 1234 5678",
        "email": "s@example.org",
        "contact_name": ["Ana", "Bo", ""],
        "contact_relationship": ["daughter", "", ""],
        "contact_phone": ["010-1111-2222", "010-3333-4444", ""],
    }

    assert act(client, patient, "reach", **said).status_code == 303

    with database.transaction() as session:
        to = addressee(session, patient)
        held = contacts_of(session, patient, now=utc_now())
    assert to is not None
    assert (to.language, to.zone) == ("en", "Europe/London")
    assert [(each.address, each.name) for each in held] == [
        ("+821012345678", ""),
        ("01011112222", "Ana"),
        ("01033334444", "Bo"),
    ]
    assert not any(each.may_be_told for each in held if each.carer)
    page = client.get(f"/patients/{patient}/facts").text
    assert 'value="010-1111-2222"' in page
    assert "Time zone: Asia/Seoul Europe/London as she told us Dr Han" in words(page)
    nothing = act(client, patient, "reach", **said)
    assert "This is what the record says already." in words(nothing.text)


@pytest.mark.parametrize(
    ("form", "said", "field", "reason"),
    [
        ("add", {"code": "heart"}, "add-code", "One of the entries is no code."),
        ("add", {"code": "I10", "onset": "2999-01-01"}, "add-onset", "not in the future"),
        ("add", {"code": "I10", "reason": ""}, "add-reason", "Say why"),
        ("reach", {"zone": "Mars"}, "reach-zone", "There is no such time zone."),
        (
            "reach",
            {"contact_phone": ["1"], "contact_name": ["A"], "contact_relationship": [""]},
            "reach-contact_phone_0",
            "from 6 to 15 digits",
        ),
    ],
    ids=lambda said: said if isinstance(said, str) else "",
)
def test_a_fault_stands_beside_its_field_and_nothing_is_changed(
    database: Database,
    client: TestClient,
    ward: Ward,
    form: str,
    said: dict[str, str | list[str]],
    field: str,
    reason: str,
) -> None:
    patient = ward.patients["Moon Taesik"]
    before = who(database, patient)

    answer = act(client, patient, form, **said)

    assert answer.status_code == 422
    place = answer.text[answer.text.index(f'id="fault-{field}"') :]
    assert reason in words(place[: place.index("</p>")])
    assert who(database, patient) == before


def test_every_change_is_written_down_and_a_nurse_of_the_team_may_make_it_sec_16(
    database: Database, enter: Enter, ward: Ward
) -> None:
    patient = ward.patients["Baek Jonggil"]
    client = enter(keeper(database, ward, Role.NURSE))

    assert act(client, patient, "add", code="I10").status_code == 303

    with database.transaction() as session:
        rows = session.scalars(
            select(AuditEvent.action).where(
                AuditEvent.patient_id == patient, AuditEvent.entity == "Condition"
            )
        ).all()
    assert rows == [Action.UPDATE]


def test_the_facts_of_somebody_elses_patient_do_not_exist_sec_12(
    client: TestClient, ward: Ward
) -> None:
    hidden = ward.patients["Yun Hidden"]
    token = csrf(client.get("/patients").text)

    assert client.get(f"/patients/{hidden}/facts").status_code == 404
    for form in ("add", "end", "living", "reach"):
        said = {"csrf": token, "reason": "x", "code": "I10", "alone": "yes"}
        answer = client.post(f"/patients/{hidden}/facts/{form}", data=said)
        assert answer.status_code == 404, form
