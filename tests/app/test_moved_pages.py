"""What the pages of a former team say of somebody who moved: totals, and nobody (SEC-11)."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import pytest

from app.programme import service
from core.clock import utc_now
from core.security import SYSTEM
from reports.week import Week
from tests.app.conftest import csrf
from tests.stays import join, leave
from tests.ward import MALSUN, SOOJA, open_ward

if TYPE_CHECKING:
    from uuid import UUID

    from core.database import Database
    from tests.app.conftest import Enter
    from tests.ward import Ward


@pytest.fixture(scope="module")
def ward(database: Database) -> Ward:
    """Malsun's alerts opened on the Wednesday of the last week; she moved on the Thursday."""
    start = Week.of(utc_now(), zone=UTC).shifted(-1).start
    ward = open_ward(database, now=start + timedelta(days=2, hours=12), people=(MALSUN, SOOJA))
    who, at = ward.patients["Oh Malsun"], start + timedelta(days=3)
    with database.transaction() as session:
        service.turn(session, SYSTEM, ward.team, on=True, now=ward.now)
        leave(session, ward.team, who, until=at)
        join(session, ward.other_team, who, since=at)
    return ward


def pages(ward: Ward, team: UUID) -> dict[str, str]:
    week = Week.of(ward.now, zone=UTC)
    span = f"team={team}&first={week.monday}&last={week.monday + timedelta(days=6)}"
    on = week.monday + timedelta(days=1)
    return {
        "report": f"/reports/{team}?week={week}",
        "alerts": f"/reports/{team}/alerts?week={week}",
        "people": f"/reports/{team}/people?week={week}&of=worse",
        "table": f"/reports/{team}.csv?week={week}",
        "quality": f"/quality?{span}",
        "listed": f"/quality/alerts?{span}&by=sex&key=female",
        "clocks": f"/programme/{team}?on={on}",
        "download": f"/programme/{team}/clocks.csv?on={on}",
    }


def test_no_page_of_a_former_team_tells_of_who_moved_sec_11(enter: Enter, ward: Ward) -> None:
    client, who = enter(ward.username), ward.patients["Oh Malsun"]
    hers = [str(who), *(str(each) for each in ward.alerts["Oh Malsun"])]

    for path in pages(ward, ward.team).values():
        answer = client.get(path)

        assert answer.status_code == 200, (path, answer.text)
        assert "Oh Malsun" not in answer.text, path
        assert not [each for each in hers if each in answer.text], path


def test_they_count_and_the_pages_say_so_in_both_languages_sec_11(enter: Enter, ward: Ward) -> None:
    client, path = enter(ward.username), pages(ward, ward.team)
    said = {
        path["quality"]: ("1 person counts whom you may", "볼 수 없는 1명이"),
        path["listed"]: ("whom you may not see any more", "알림 "),
        path["report"]: ("1 person counts in it whom you may", "1명이 포함되어"),
        path["clocks"]: ("1 person counts whom you may", "볼 수 없는 1명이"),
    }
    for place, (english, _) in said.items():
        assert english in client.get(place).text, place

    token = csrf(client.get(path["report"]).text)
    client.post("/language", data={"language": "ko", "csrf": token, "next": "/inbox"})

    for place, (_, korean) in said.items():
        assert korean in client.get(place).text, place


def test_the_new_team_is_shown_them_and_counts_from_the_move_on(enter: Enter, ward: Ward) -> None:
    client, path = enter(ward.outsider), pages(ward, ward.other_team)

    assert "Oh Malsun" in client.get(path["people"]).text
    for place in ("listed", "alerts"):  # hers opened with the other team
        assert "Oh Malsun" not in client.get(path[place]).text
