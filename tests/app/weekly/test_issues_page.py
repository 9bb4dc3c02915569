"""What the pages say of reports: on time, late, running, failed, corrected, and who was told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import update

import app.pages.router
from app.weekly import repository
from app.weekly.states import State, Told, Why
from app.weekly.tables import WeeklyLetter
from tests.app.conftest import BASE, SETTINGS, csrf
from tests.app.rights.whole import Clock, Undone
from tests.app.weekly.conftest import FIRST, MONDAY_SEVEN, SATURDAY, TUESDAY, of, work
from tests.app.weekly.test_issues import LATER, label
from tests.ward import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.embedded import Servers
    from tests.ward import Ward

WEEK = "2006-W45"


class Desk:
    """The pages at a held time, on a database that is taken back."""

    def __init__(self, database: Undone, ward: Ward) -> None:
        self.database, self.ward, self.clock = database, ward, Clock(TUESDAY)
        self.web = FastAPI()
        app.pages.router.mount(self.web, database, SETTINGS, self.clock)

    def enter(self, username: str, language: str = "en") -> TestClient:
        client = TestClient(self.web, base_url=BASE, follow_redirects=False)
        client.cookies.set("wardlight-language", language)
        fields = {"username": username, "password": PASSWORD}
        token = csrf(client.get("/sign-in").text)
        assert client.post("/sign-in", data={**fields, "csrf": token}).status_code == 303
        return client

    def work(self, *times: object) -> None:
        with self.database.transaction() as session:
            for now in times:
                work(session, now, self.ward.team)  # type: ignore[arg-type]

    def change(self, **values: object) -> None:
        with self.database.transaction() as session:
            row = of(session, self.ward.team)[1]
            assert repository.change(session, row.id, *State, **values)

    @property
    def report(self) -> str:
        return f"/reports/{self.ward.team}?week={WEEK}"


@pytest.fixture(scope="module")
def undone(embedded: Servers) -> Iterator[Undone]:
    database = Undone(embedded.database_url, field_keys=embedded.field_keys)
    yield database
    database.close()


@pytest.fixture
def desk(undone: Undone, ward: Ward) -> Iterator[Desk]:
    with undone.undoing():
        yield Desk(undone, ward)


def words(html: str) -> str:
    """Return what a page says, without its marks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", re.sub(r"</(t[dhr]|p|li|h\d)>", " ", html)))


def test_the_list_says_of_each_week_whether_its_report_came_in_time(desk: Desk) -> None:
    desk.work(SATURDAY, MONDAY_SEVEN)
    client = desk.enter(desk.ward.username)

    said = words(client.get("/reports").text)

    assert re.search(rf"{WEEK} .*? on time .*? 2006-W44 .*? late ", said)
    assert re.search("2006-W46 13 Nov to 19 Nov due", said)
    assert "1 of the last 2 reports of this team came in time (target 99 %)." in said
    assert "2 e-mails wait" in said


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            {"state": State.RUNNING, "made_at": None, "people": 7, "done": 0},
            "being made: 0 of 7 people",
        ),
        (
            {"state": State.FAILED, "made_at": None, "why": Why.MEMORY, "attempts": 5},
            "failed at 5 attempts: there was not enough memory",
        ),
        ({"state": State.DUE, "made_at": None}, "overdue, not begun"),
        ({"late": True}, "late"),
    ],
)
def test_the_list_says_what_is_not_there_and_why(
    desk: Desk, values: dict[str, object], expected: str
) -> None:
    desk.work(SATURDAY, MONDAY_SEVEN)
    desk.change(**values)

    said = words(desk.enter(desk.ward.username).get(f"/reports?week={WEEK}").text)

    assert expected in said
    assert "2006-W44" not in said


def test_where_nobody_has_an_address_the_page_says_that_nobody_was_told(desk: Desk) -> None:
    desk.work(SATURDAY, MONDAY_SEVEN)
    with desk.database.transaction() as session:
        session.execute(update(WeeklyLetter).values(state=Told.NO_ADDRESS))

    client = desk.enter(desk.ward.username)

    for address in ("/reports", desk.report):
        said = words(client.get(address).text)
        assert "nobody was told by e-mail · 2 have no address" in said


def test_a_report_says_which_issue_it_is_and_that_it_came_late_rel_32(desk: Desk) -> None:
    desk.work(SATURDAY)
    client = desk.enter(desk.ward.username)
    assert "is not made yet: these numbers are counted now" in words(client.get(desk.report).text)

    desk.work(TUESDAY)

    said = words(client.get(desk.report).text)
    assert "Version 1, made 09:00: late, it was due 13 Nov 07:00." in said
    assert "The week is not over" in words(client.get(f"/reports/{desk.ward.team}").text)


def test_a_correction_is_offered_issued_and_told_and_the_first_version_stays(desk: Desk) -> None:
    desk.work(SATURDAY, MONDAY_SEVEN)
    client = desk.enter(desk.ward.username)
    assert "Counted today" not in client.get(desk.report).text
    desk.clock.at = LATER
    with desk.database.transaction() as session:
        label(session, desk.ward, "true-actionable")

    client = desk.enter(desk.ward.username)  # a session does not last so long
    page = client.get(desk.report).text
    said = words(page)
    assert re.search(
        r"Counted today, \d+ figures would differ: PPV-actionable: none yet → 100 %", said
    )
    assert re.search(r"PPV: none yet → 100 % \(\d+ of \d+\)", said)
    fields = {"week": WEEK, "reason": "outcomes came", "csrf": csrf(page)}
    answer = client.post(f"/reports/{desk.ward.team}/again", data=fields)
    assert answer.status_code == 303
    said = words(client.get(answer.headers["location"]).text)
    assert "Another version of this week is being made." in said
    desk.work(LATER)

    said = words(client.get(desk.report).text)
    assert "Version 2, made" in said
    assert "outcomes came" in said
    assert re.search(r"\d+ figures differ from version 1: .*PPV: none yet → 100 %", said)
    first = words(client.get(f"{desk.report}&version=1").text)
    assert "Version 1, made" in first
    assert "There is a newer version of this week. Open version 2" in first
    assert client.get(f"{desk.report}&version=3").status_code == 404


def test_the_pages_say_all_of_it_in_korean_ux_17(desk: Desk) -> None:
    desk.work(SATURDAY, MONDAY_SEVEN)
    desk.clock.at = LATER
    with desk.database.transaction() as session:
        label(session, desk.ward, "true-actionable")
    client = desk.enter(desk.ward.username, "ko")

    said = words(client.get(desk.report).text)

    assert "버전 1, 11월 13일 07:00 작성, 제때." in said
    assert "PPV: 아직 없음 → 100 %" in said
    assert "이 팀의 최근 보고서 2건 중 1건이 제때 나왔습니다(목표 99 %)." in said
    assert re.search(r"2006-W45 .*? 제때 .*? 2006-W44 .*? 지연", words(client.get("/reports").text))


def test_a_colleague_of_no_such_right_is_offered_nothing_and_refused(desk: Desk) -> None:
    desk.work(SATURDAY, MONDAY_SEVEN)
    client = desk.enter(desk.ward.outsider)

    assert client.get(desk.report).status_code == 404
    fields = {"week": WEEK, "reason": "x", "csrf": csrf(client.get("/reports").text)}
    assert client.post(f"/reports/{desk.ward.team}/again", data=fields).status_code == 404


def test_whoever_wants_no_mail_says_so_on_the_list(desk: Desk) -> None:
    client = desk.enter(desk.ward.username)
    page = client.get("/reports").text
    assert "You are told by e-mail when a report" in page

    answer = client.post("/reports/mail", data={"on": "0", "csrf": csrf(page)})

    assert answer.headers["location"] == "/reports?done=weekly-mail-off"
    assert "You want no e-mail about weekly reports." in client.get("/reports").text
    client.post("/reports/mail", data={"on": "1", "csrf": csrf(page)})
    assert "You are told by e-mail when a report" in client.get("/reports").text
    assert FIRST.isocalendar().week == int(WEEK[-2:])
