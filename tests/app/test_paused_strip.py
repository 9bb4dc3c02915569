"""How many people are paused is said where nobody alarms: silence is not health (UX-14)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from app.accounts.service import NewUser, create_user
from app.pages.language import language
from app.pages.rendering import HERE
from app.pages.situation import empty
from app.pages.strip import Strip
from core.clock import utc_now
from core.security import Role
from tests.app.conftest import csrf
from tests.ward import PASSWORD

if TYPE_CHECKING:
    from core.database import Database
    from tests.app.conftest import Enter
    from tests.ward import Ward


def test_the_strip_counts_whom_the_list_of_patients_calls_paused(enter: Enter, ward: Ward) -> None:
    client = enter(ward.username)
    before = client.get("/patients").text
    assert "1 paused</a>" not in client.get("/inbox").text
    for name in ("Han Sooja", "Seo Insuk"):
        who = f"/patients/{ward.patients[name]}"
        last = ward.now + timedelta(days=3)
        fields = {"kind": "holiday", "last": f"{last:%Y-%m-%d}", "comment": "at her sister's"}
        answer = client.post(f"{who}/pause", data={**fields, "csrf": csrf(before)})
        assert answer.status_code == 303

    listed = client.get("/patients").text
    strips = [client.get(path).text for path in ("/inbox", "/inbox/strip", "/patients", "/quality")]

    paused = len(re.findall(r"<td\b[^>]*>(?:(?!</td>).)*\bpaused\b", listed, re.DOTALL))
    assert paused == 2 + len(re.findall(r"<td\b[^>]*>(?:(?!</td>).)*\bpaused\b", before, re.DOTALL))
    assert all(f">{paused} paused</a>" in strip for strip in strips)
    client.headers["Accept-Language"] = "ko"
    assert f">중단 {paused}명</a>" in client.get("/inbox/strip").text


def test_an_empty_list_says_how_many_are_paused() -> None:
    line = Strip(
        normal=True, since=None, faults=(), newest=None, patients=3, reporting=1, silent=2, paused=2
    )

    assert empty(line, language("en")).endswith("2 silent. 2 people are paused.")
    assert "모니터링 중단 중인 사람 2명." in empty(line, language("ko"))


def test_who_belongs_to_no_team_is_told_so_and_not_that_nobody_needs_them(
    database: Database, enter: Enter
) -> None:
    """UX-14: an inbox without rights is no inbox of people who are well."""
    login = f"alone-{uuid4().hex[:8]}"
    with database.transaction() as session:
        create_user(session, NewUser(login, "Dr New", PASSWORD, Role.PHYSICIAN), now=utc_now())
    client = enter(login)

    page = client.get("/inbox").text

    assert page.count("You belong to no care team; nobody can be shown.") == 2
    assert "Nobody needs you now" not in page
    assert "Nobody waits for you now" not in page
    client.headers["Accept-Language"] = "ko"
    assert "소속된 담당 팀이 없어 표시할 환자가 없습니다." in client.get("/inbox").text


def test_who_is_silent_is_never_listed_as_without_an_alert(enter: Enter, ward: Ward) -> None:
    """UX-14: a lapse of the data is not the physician's alert, and no reason to say "no alert"."""
    client = enter(ward.username)
    who = ward.patients["Jung Dahye"]  # silent for four days

    listed = client.get("/patients").text
    row = listed[listed.rindex(f'href="/patients/{who}"') :].partition("</tr>")[0]

    assert "<strong>silent</strong>" in row
    assert "no alert" not in row
    client.headers["Accept-Language"] = "ko"
    assert "<strong>무응답</strong>" in client.get("/patients").text


def test_silence_is_one_word_in_korean_ux_17() -> None:
    """The strip, the empty inbox and the list of patients speak of the same people."""
    said = language("ko")
    line = Strip(normal=True, since=None, faults=(), newest=None, patients=3, reporting=1, silent=2)
    strip = said.count("{count} silent", "{count} silent", 2)
    words = [said.say("silent"), said.say("none silent"), said.say("Who is silent"), strip]

    assert all("무응답" in each for each in (*words, empty(line, said)))


def test_korean_words_are_not_cut_in_two_on_any_page_ux_17(enter: Enter, ward: Ward) -> None:
    client = enter(ward.username)
    client.headers["Accept-Language"] = "ko"
    style = (HERE / "assets" / "page.css").read_text(encoding="utf-8")
    rule = style[style.index('[lang|="ko"] {') :].partition("}")[0]

    assert "word-break: keep-all" in rule
    assert '<html lang="ko"' in client.get("/patients").text


@pytest.mark.parametrize(
    "path",
    [
        "/inbox",
        "/inbox/keys",
        "/digest",
        "/patients",
        "/reports",
        "/reports/{team}",
        "/rota",
        "/rota/{team}",
        "/quality",
        "/quality/alerts?by=tier&key=RED",
        "/rules",
        "/models",
        "/reached",
        "/break-glass",
        "/patients/{patient}",
        "/patients/{patient}/accesses",
        "/patients/{patient}/plan",
    ],
)
def test_every_page_says_how_alerting_is_ux_14(enter: Enter, ward: Ward, path: str) -> None:
    patient = ward.patients["Oh Malsun"]

    page = enter(ward.username).get(path.format(team=ward.team, patient=patient))

    assert page.status_code == 200
    assert 'id="strip"' in page.text
