"""A session ends while somebody writes: nothing that was typed is lost, and nobody else gets it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

import app.pages.router
from core.clock import utc_now
from tests.app.conftest import BASE, SETTINGS, csrf
from tests.ward import PASSWORD

if TYPE_CHECKING:
    from core.database import Database
    from tests.ward import Ward

NOTE = 'Spoke to the daughter: "<b>calm</b>" & well.\nCalls again at 18:00.'
Sit = Callable[[str], TestClient]


@pytest.fixture
def passing() -> list[timedelta]:
    """How far the pages' clock has moved."""
    return [timedelta()]


@pytest.fixture
def sit(database: Database, ward: Ward, passing: list[timedelta]) -> Sit:
    _ = ward
    web = FastAPI()
    app.pages.router.mount(web, database, SETTINGS, clock=lambda: utc_now() + passing[0])

    def down(username: str) -> TestClient:
        client = TestClient(web, base_url=BASE, follow_redirects=False)
        enter(client, username)
        return client

    return down


def enter(client: TestClient, username: str) -> None:
    token = csrf(client.get("/sign-in").text)
    fields = {"username": username, "password": PASSWORD, "csrf": token}
    assert client.post("/sign-in", data=fields).status_code == 303


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, page
    return html.unescape(found[1])


def resolving(client: TestClient, ward: Ward, name: str) -> tuple[str, dict[str, str]]:
    """Return the form that resolves a patient's alert, as its page has it."""
    patient, alert = ward.patients[name], ward.alerts[name][0]
    token = csrf(client.get(f"/patients/{patient}").text)
    return f"/alerts/{alert}/resolve", {"csrf": token, "conclusion": "unsure/", "note": NOTE}


@pytest.mark.parametrize(
    ("name", "first"),
    [("Kwon Yeonghui", True), ("Moon Taesik", False)],
    ids=["sent, then signed in", "signed in, then sent"],
)
def test_a_form_that_came_too_late_is_offered_again_and_sent_ux_10(
    sit: Sit, ward: Ward, passing: list[timedelta], name: str, *, first: bool
) -> None:
    """WCAG 2.2.1, without JavaScript: in whichever order."""
    client = sit(ward.username)
    path, fields = resolving(client, ward, name)
    passing[0] = timedelta(minutes=16)
    if not first:
        enter(client, ward.username)

    late = client.post(path, data=fields)
    if first:
        enter(client, ward.username)
    again = client.post("/draft", data={"draft": hidden(late.text, "draft")})
    kept = {key: hidden(again.text, key) for key in ("csrf", "conclusion", "note")}
    done = client.post(path, data=kept)

    assert late.status_code == 401
    assert html.escape(NOTE, quote=False).splitlines()[1] in late.text
    assert "<b>calm" not in late.text + again.text
    assert f'action="{path}"' in again.text
    assert kept["note"] == NOTE
    assert kept["csrf"] != fields["csrf"]
    assert done.status_code == 303
    assert "Calls again at 18:00." in client.get(f"/patients/{ward.patients[name]}").text


def test_a_draft_that_is_sent_twice_leaves_one_note(
    sit: Sit, ward: Ward, passing: list[timedelta]
) -> None:
    client, patient = sit(ward.username), ward.patients["Oh Malsun"]
    text = client.get(f"/patients/{patient}").text
    path = f"/alerts/{ward.alerts['Oh Malsun'][0]}/note"
    form = text[text.index(f'action="{path}"') :]
    fields = {"csrf": csrf(text), "form_id": hidden(form, "form_id"), "note": "Rang the daughter"}
    passing[0] = timedelta(minutes=16)
    late = client.post(path, data=fields)
    enter(client, ward.username)
    for _ in range(2):
        again = client.post("/draft", data={"draft": hidden(late.text, "draft")})
        kept = {key: hidden(again.text, key) for key in ("csrf", "form_id", "note")}
        assert client.post(path, data=kept).status_code == 303

    shown = client.get(f"/patients/{patient}").text

    assert shown.count('<span class="note-words">Rang the daughter</span>') == 1


def test_what_was_typed_is_for_its_writer_only_ux_10(
    sit: Sit, ward: Ward, passing: list[timedelta]
) -> None:
    client, colleague = sit(ward.username), sit(ward.colleague)
    path, fields = resolving(client, ward, "Seo Insuk")
    passing[0] = timedelta(minutes=16)
    draft = hidden(client.post(path, data=fields).text, "draft")
    enter(colleague, ward.colleague)

    theirs = colleague.post("/draft", data={"draft": draft})
    nobodys = sit(ward.username).post("/draft", data={"draft": draft[:-4] + "AAAA"})
    foreign = sit(ward.username).post(
        "/draft", data={"draft": draft}, headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert theirs.status_code == nobodys.status_code == foreign.status_code == 403
    assert "daughter" not in theirs.text + nobodys.text + foreign.text


def test_a_strangers_form_is_kept_for_nobody_sec_09(
    sit: Sit, ward: Ward, passing: list[timedelta]
) -> None:
    client = sit(ward.username)
    path, fields = resolving(client, ward, "Seo Insuk")
    passing[0] = timedelta(minutes=16)

    answer = client.post(path, data={**fields, "csrf": "forged"})
    signed_out = TestClient(client.app, base_url=BASE).post(
        path, data=fields, follow_redirects=False
    )

    assert answer.status_code == 403
    assert "daughter" not in answer.text
    assert signed_out.status_code == 303


def test_a_page_knows_how_much_of_its_session_is_left_sec_07(
    sit: Sit, ward: Ward, passing: list[timedelta]
) -> None:
    client = sit(ward.username)
    page = client.get("/patients").text
    passing[0] = timedelta(minutes=14)

    asked = client.get("/session").json()
    stayed = client.post(
        "/session/stay", data={"csrf": csrf(page)}, headers={"Accept": "application/json"}
    ).json()
    passing[0] = timedelta(minutes=28)
    after = client.get("/session").json()
    passing[0] = timedelta(minutes=30)

    assert 'data-idle="900" data-absolute="43200"' in page or 'data-idle="89' in page
    assert 50 < asked["idle"] <= 60
    assert stayed["idle"] == 900
    assert stayed["absolute"] < 43200 - 13 * 60
    assert 50 < after["idle"] <= 60
    assert client.get("/session").status_code == 401


def test_staying_needs_a_form_of_ours_and_goes_back_without_a_script(sit: Sit, ward: Ward) -> None:
    client = sit(ward.username)
    token = csrf(client.get("/patients").text)

    stayed = client.post("/session/stay", data={"csrf": token, "back": "/patients"})

    assert stayed.headers["location"] == "/patients"
    assert client.post("/session/stay", data={"back": "/patients"}).status_code == 403
    assert (
        client.post("/session/stay", data={"csrf": token, "back": "//evil"}).headers["location"]
        == "/inbox"
    )


def test_nothing_stays_signed_in_past_twelve_hours_sec_07(
    sit: Sit, ward: Ward, passing: list[timedelta]
) -> None:
    client = sit(ward.username)
    token = csrf(client.get("/patients").text)
    for minutes in range(10, 720, 10):
        passing[0] = timedelta(minutes=minutes)
        assert client.post("/session/stay", data={"csrf": token}).status_code == 303
    passing[0] = timedelta(hours=12)

    assert client.post("/session/stay", data={"csrf": token}).status_code == 401
    assert client.get("/inbox").status_code == 303
