"""Records of people: corrections, record numbers, and two records of one person."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from core.audit import Action, AuditEvent
from core.security import SYSTEM
from ingest import repository as people
from ingest.archive.repository import fetch
from ingest.numbers.repository import called, numbers_of
from ingest.receipt import Kind
from ingest.repository import profiles, visible_to
from tests.app.conftest import csrf
from tests.register import HEAD, SYSTEM_A, SYSTEM_B, keeper

if TYPE_CHECKING:
    from fastapi.testclient import TestClient
    from httpx2 import Response

    from core.database import Database
    from tests.app.conftest import Enter
    from tests.ward import Ward

ADDRESS = "/records"


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.fixture(scope="module")
def login(database: Database, ward: Ward) -> str:
    return keeper(database, ward)


@pytest.fixture
def client(enter: Enter, login: str) -> TestClient:
    return enter(login)


def act(client: TestClient, patient: UUID, form: str, **said: str) -> Response:
    token = csrf(client.get(f"{ADDRESS}/{patient}").text)
    return client.post(f"{ADDRESS}/{patient}/{form}", data={"csrf": token} | said)


def enrolled(client: TestClient, ward: Ward, *people: tuple[str, str, str]) -> list[UUID]:
    """Return the ids of people with a name, a system and a number each, enrolled by a file."""
    rows = "\n".join(f"{name},1948-05-06,{system},{value}" for name, system, value in people)
    token = csrf(client.get("/enrol/file").text)
    sent = client.post(
        "/enrol/file",
        data={"csrf": token, "team": str(ward.team)},
        files={"file": ("p.csv", f"{HEAD}\n{rows}".encode())},
    )
    at = sent.headers["location"]
    client.post(f"{at}/confirm", data={"csrf": csrf(client.get(at).text)})
    found = []
    for _, _, value in people:
        token = csrf(client.get(ADDRESS).text)
        page = client.post(ADDRESS, data={"csrf": token, "number": value}).text
        found += [UUID(each) for each in re.findall(rf'{ADDRESS}/([0-9a-f-]{{36}})"', page)]
    return list(dict.fromkeys(found))


def one(client: TestClient, ward: Ward) -> tuple[UUID, str]:
    value = uuid4().hex
    [patient] = enrolled(client, ward, ("Ines Vale", SYSTEM_A, value))
    return patient, value


def named(database: Database, patient: UUID) -> str:
    with database.transaction() as session:
        return profiles(session, visible_to(SYSTEM), [patient])[0].name


def test_a_wrong_name_is_corrected_with_a_reason_and_stays_in_the_history(
    database: Database, client: TestClient, ward: Ward
) -> None:
    """GDPR Art. 16: what was said before stays as a version; who, when and why are written down."""
    patient, _ = one(client, ward)
    said = {"name": "Inés Vale", "birth_date": "1949-05-06", "reason": "as on the passport"}

    answer = act(client, patient, "correct", **said)

    assert answer.headers["location"] == f"{ADDRESS}/{patient}?done=rectified"
    assert named(database, patient) == "Inés Vale"
    page = words(client.get(f"{ADDRESS}/{patient}").text)
    assert "Name: Ines Vale Inés Vale as on the passport Keeper Ko" in page
    assert "Day of birth: 1948-05-06 1949-05-06 as on the passport" in page
    with database.transaction() as session:
        first = fetch(session, Kind.PATIENT, patient, 1)
        events = session.scalars(
            select(AuditEvent.action).where(
                AuditEvent.patient_id == patient, AuditEvent.entity == "Patient"
            )
        ).all()
    assert first is not None
    assert b"Ines Vale" in first.body
    assert events.count(Action.UPDATE) == 2


def test_somebody_of_whom_no_patient_was_ever_sent_is_corrected_too(
    database: Database, client: TestClient, ward: Ward
) -> None:
    patient = ward.patients["Han Sooja"]
    said = {"name": "Han Suja", "birth_date": "1950-02-14", "sex": "female", "reason": "spelling"}

    answer = act(client, patient, "correct", **said)

    assert answer.status_code == 303, words(answer.text)
    assert named(database, patient) == "Han Suja"
    assert "Han Sooja Han Suja spelling" in words(client.get(f"{ADDRESS}/{patient}").text)
    with database.transaction() as session:
        assert people.person(session, patient).zone == "Asia/Seoul"
    act(client, patient, "correct", **said | {"name": "Han Sooja"})


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"reason": ""}, "Say why: it stays with the change."),
        ({"name": ""}, "The name is missing."),
        ({"birth_date": "2999-01-01"}, "Nobody who lives was born on this day."),
        ({}, "This is what the record says already."),
    ],
    ids=["no reason", "no name", "not born", "nothing new"],
)
def test_a_correction_that_cannot_be_meant_changes_nothing(
    database: Database, client: TestClient, ward: Ward, said: dict[str, str], reason: str
) -> None:
    patient = ward.patients["Baek Jonggil"]
    usual = {
        "name": "Baek Jonggil" if not said else "Somebody",
        "birth_date": "1938-11-04",
        "sex": "female",
        "reason": "x",
    }

    answer = act(client, patient, "correct", **usual | said)

    assert answer.status_code == 422
    assert reason in words(answer.text)
    assert named(database, patient) == "Baek Jonggil"


def test_a_number_is_added_ended_and_moved_and_leads_to_whom_it_is_said_to(
    database: Database, client: TestClient, ward: Ward
) -> None:
    """SEC-28: a number means somebody only with its system, until somebody says otherwise."""
    value, other = uuid4().hex, uuid4().hex
    ines, bo = enrolled(client, ward, ("Ines", SYSTEM_A, value), ("Bo", SYSTEM_A, other))
    second = {"identifier_system": SYSTEM_B, "identifier": value}

    def owner(system: str, number: str) -> set[UUID]:
        with database.transaction() as session:
            return called(session, system, number)

    assert act(client, ines, "add", **second, reason="second hospital").status_code == 303
    assert owner(SYSTEM_B, value) == {ines}
    taken = act(client, bo, "add", **second, reason="mistyped")
    assert taken.status_code == 422
    assert "This number is another person's already." in words(taken.text)
    moved = act(client, ines, "move", **second, to=other, reason="it was Bo's")
    assert moved.status_code == 303, words(moved.text)
    assert owner(SYSTEM_B, value) == {bo}
    assert owner(SYSTEM_A, value) == {ines}
    assert act(client, bo, "end", **second, reason="closed").status_code == 303
    assert owner(SYSTEM_B, value) == set()
    with database.transaction() as session:
        assert numbers_of(session, bo) == [(SYSTEM_A, other)]
    page = words(client.get(f"{ADDRESS}/{bo}").text)
    assert f"Record number ended: {SYSTEM_B} {value} closed" in page
    assert f"Record number moved here from another record: {SYSTEM_B} {value}" in page
    assert act(client, ines, "add", **second, reason="given again").status_code == 303
    assert owner(SYSTEM_B, value) == {ines}


def test_merging_is_shown_before_it_is_done_and_unmerging_restores_both_sec_28(
    database: Database, client: TestClient, ward: Ward
) -> None:
    value = uuid4().hex
    kept, joins = enrolled(client, ward, ("Ines", SYSTEM_A, value), ("Inez", SYSTEM_B, value))
    with database.transaction() as session:
        before = profiles(session, visible_to(SYSTEM), [kept, joins])

    shown = act(client, kept, "merge-preview", to=str(joins))
    page = words(shown.text)
    assert "Names or days of birth differ" in page
    assert "Care team Riverside Riverside" in page
    assert named(database, joins) == "Inez"

    refused = act(client, kept, "merge", to=str(joins), reason=" ")
    assert "Say why: it stays with the change." in words(refused.text)
    assert act(client, kept, "merge", to=str(joins), reason="one card").status_code == 303
    with database.transaction() as session:
        assert [p.id for p in profiles(session, visible_to(SYSTEM), [kept, joins])] == [kept]
    assert "This record is merged into another" in words(client.get(f"{ADDRESS}/{joins}").text)

    assert act(client, joins, "unmerge").status_code == 303
    with database.transaction() as session:
        assert profiles(session, visible_to(SYSTEM), [kept, joins]) == before
        written = session.scalars(
            select(AuditEvent.action)
            .where(AuditEvent.entity == "patient_merge", AuditEvent.patient_id == joins)
            .order_by(AuditEvent.id)
        ).all()
    assert written == [Action.CREATE, Action.DELETE]


def test_a_number_of_two_people_names_no_record_to_merge_with(
    client: TestClient, ward: Ward
) -> None:
    value, third = uuid4().hex, uuid4().hex
    enrolled(client, ward, ("Ines", SYSTEM_A, value), ("Bo", SYSTEM_B, value))
    [cy] = enrolled(client, ward, ("Cy", SYSTEM_A, third))

    assert "of several people" in words(act(client, cy, "merge-preview", to=value).text)
    assert "No record goes by this" in words(act(client, cy, "merge-preview", to="nobody").text)
    assert "the same record" in words(act(client, cy, "merge-preview", to=third).text)


def test_the_records_of_another_team_does_not_exist_sec_12(
    database: Database, client: TestClient, ward: Ward
) -> None:
    hidden, own = ward.patients["Yun Hidden"], ward.patients["Han Sooja"]
    token = csrf(client.get(ADDRESS).text)

    assert "Yun Hidden" not in client.get(ADDRESS).text
    assert client.get(f"{ADDRESS}/{hidden}").status_code == 404
    for form in ("correct", "add", "end", "move", "merge-preview", "merge", "unmerge"):
        said = {"csrf": token, "reason": "x", "to": str(own), "name": "x"}
        assert client.post(f"{ADDRESS}/{hidden}/{form}", data=said).status_code == 404, form
    answer = act(client, own, "merge-preview", to=str(hidden))
    assert "No record goes by this number or id." in words(answer.text)
    assert named(database, hidden) == "Yun Hidden"


def test_what_is_looked_at_is_written_down_sec_16(
    database: Database, client: TestClient, ward: Ward
) -> None:
    patient = ward.patients["Moon Taesik"]
    with database.transaction() as session:
        before = session.scalar(select(func.max(AuditEvent.id))) or 0

    client.get(f"{ADDRESS}/{patient}")

    with database.transaction() as session:
        rows = session.scalars(
            select(AuditEvent).where(
                AuditEvent.patient_id == patient,
                AuditEvent.entity == "record",
                AuditEvent.id > before,
            )
        ).all()
    assert [row.action for row in rows] == [Action.READ]
