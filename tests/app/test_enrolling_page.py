"""Enrolling one person by a form, and many by a file, on pages."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from core.security import SYSTEM, Role
from ingest.repository import profiles, visible_to
from ingest.sheet import MOST_BYTES
from ingest.tables import Patient
from tests.app.conftest import csrf
from tests.register import HEAD, SYSTEM_A, SYSTEM_B, keeper

if TYPE_CHECKING:
    from fastapi.testclient import TestClient
    from httpx2 import Response

    from core.database import Database
    from tests.app.conftest import Enter
    from tests.ward import Invented, Ward

PEOPLE: tuple[Invented, ...] = ()
FORM = "/enrol"
FILE = "/enrol/file"


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.fixture(scope="module")
def login(database: Database, ward: Ward) -> str:
    return keeper(database, ward)


@pytest.fixture
def client(enter: Enter, login: str) -> TestClient:
    return enter(login)


def fields(ward: Ward, **said: str) -> dict[str, str]:
    return {
        "name": "Ines Vale",
        "birth_date": "1948-05-06",
        "team": str(ward.team),
        "identifier_system": SYSTEM_A,
        "identifier": uuid4().hex,
    } | said


def send(client: TestClient, said: dict[str, str]) -> Response:
    return client.post(FORM, data={"csrf": csrf(client.get(FORM).text)} | said)


def upload(client: TestClient, raw: bytes, team: str = "") -> Response:
    token = csrf(client.get(FILE).text)
    return client.post(FILE, data={"csrf": token, "team": team}, files={"file": ("p.csv", raw)})


def enrolled(database: Database) -> int:
    with database.transaction() as session:
        return session.scalar(select(func.count()).select_from(Patient)) or 0


def test_somebody_typed_into_the_form_is_enrolled_with_all_that_was_said(
    database: Database, client: TestClient, ward: Ward
) -> None:
    said = fields(
        ward, group="copd", conditions="I50.9", lives_alone="yes", home_oxygen="yes", language="ko"
    )

    answer = send(client, said)

    assert answer.status_code == 303, words(answer.text)
    id_ = UUID(answer.headers["location"].split("/")[-1].partition("?")[0])
    with database.transaction() as session:
        [found] = profiles(session, visible_to(SYSTEM), [id_])
    assert (found.name, found.team_id, found.lives_alone) == ("Ines Vale", ward.team, True)
    assert found.groups >= {"heart_failure", "copd"}
    page = words(client.get(answer.headers["location"]).text)
    assert "The person is enrolled" in page
    assert said["identifier"] in page


@pytest.mark.parametrize(
    ("said", "field", "reason"),
    [
        ({"name": ""}, "name", "The name is missing."),
        ({"birth_date": "6 May"}, "birth_date", "This is not a day."),
        ({"team": str(uuid4())}, "team", "None of your teams"),
        ({"identifier": ""}, "identifier", "The system stands without a number."),
        ({"identifier_system": "mrn"}, "identifier_system", "This is no URI"),
        ({"zone": "Mars"}, "zone", "There is no such time zone."),
        ({"conditions": "heart"}, "conditions", "One of the entries is no code."),
        ({"contact_name": "Ana"}, "contact_phone", "The contact has no telephone number."),
    ],
    ids=lambda each: "-".join(each) if isinstance(each, dict) else "",
)
def test_a_fault_stands_beside_its_field_with_what_would_be_right(
    database: Database,
    client: TestClient,
    ward: Ward,
    said: dict[str, str],
    field: str,
    reason: str,
) -> None:
    before = enrolled(database)

    answer = send(client, fields(ward, **said))

    assert answer.status_code == 422
    page = answer.text[answer.text.index(f'id="fault-{field}"') :]
    assert reason in words(page[: page.index("</p>")])
    assert "Right would be:" in words(page[: page.index("</p>")])
    assert 'value="1948-05-06"' in answer.text or "birth_date" in said
    assert enrolled(database) == before


def test_the_same_form_sent_twice_enrols_once_and_another_system_is_another_person_sec_28(
    database: Database, client: TestClient, ward: Ward
) -> None:
    said = fields(ward)
    before = enrolled(database)

    assert send(client, said).status_code == 303
    again = send(client, said)
    other = send(client, said | {"identifier_system": SYSTEM_B})

    assert again.status_code == 422
    assert "Somebody is enrolled under this number already." in words(again.text)
    assert other.status_code == 303
    assert enrolled(database) == before + 2


def test_a_file_is_shown_with_every_fault_and_enrols_once_when_confirmed(
    database: Database, client: TestClient, ward: Ward
) -> None:
    number = uuid4().hex
    rows = [
        HEAD,
        f"Bo Lind,1950-01-01,{SYSTEM_A},{number}",
        f",1950-13-01,{SYSTEM_A},{uuid4().hex}",
    ]
    before = enrolled(database)

    answer = upload(client, "\n".join(rows).encode(), str(ward.team))
    shown = client.get(answer.headers["location"])
    page = words(shown.text)

    assert "1 row has something wrong" in page
    assert "3 name The name is missing." in page
    assert "3 birth_date This is not a day. Right would be: a day such as 1948-05-06" in page
    assert "1 person would be enrolled" in page
    assert enrolled(database) == before
    for _ in range(2):
        confirmed = client.post(
            f"{answer.headers['location']}/confirm", data={"csrf": csrf(shown.text)}
        )
        assert confirmed.status_code == 303
        assert "1 person is enrolled." in words(client.get(confirmed.headers["location"]).text)
    assert enrolled(database) == before + 1
    again = upload(client, "\n".join(rows).encode(), str(ward.team))
    page = words(client.get(again.headers["location"]).text)
    assert "1 is enrolled already" in page
    assert "Row 2: Bo Lind Open the record" in page


def test_a_guessed_encoding_is_called_one_and_a_discarded_file_is_gone(
    client: TestClient, ward: Ward
) -> None:
    raw = f"{HEAD}\n김순자,1948-05-06,{SYSTEM_A},{uuid4().hex}".encode("cp949")
    answer = upload(client, raw, str(ward.team))
    shown = client.get(answer.headers["location"])

    assert "It was read as CP949 with commas: check the names below." in words(shown.text)
    assert "김순자" in shown.text
    client.post(f"{answer.headers['location']}/discard", data={"csrf": csrf(shown.text)})
    assert client.get(answer.headers["location"]).status_code == 404


def test_a_file_that_cannot_be_read_or_is_too_large_is_refused_with_the_reason(
    client: TestClient,
) -> None:
    assert "save it as CSV UTF-8" in words(upload(client, b"PK\x03\x04").text)
    assert "not empty" in words(upload(client, b"").text)
    assert upload(client, b"x" * (MOST_BYTES + 200_000)).status_code == 413
    assert "larger than 1,024 KiB" in words(upload(client, b"x" * (MOST_BYTES + 10)).text)


@pytest.mark.parametrize("role", [Role.NURSE, Role.PHYSICIAN])
def test_enrolment_does_not_exist_for_whoever_does_not_keep_the_register_sec_12(
    database: Database, enter: Enter, ward: Ward, role: Role
) -> None:
    client = enter(keeper(database, ward, role))
    token = csrf(client.get("/inbox").text)

    assert client.get(FORM).status_code == client.get(FILE).status_code == 404
    assert client.post(FORM, data=fields(ward) | {"csrf": token}).status_code == 404
    sent = client.post(FILE, data={"csrf": token}, files={"file": ("p.csv", b"x")})
    assert sent.status_code == 404
    assert client.get("/records").status_code == 404
