"""Several alerts by one act: YELLOW of one reason, all or none, and nothing else (UX-07)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

import alerts.service
from alerts.tables import Alert, AlertEvent
from core.clock import utc_now
from core.security import Caller, Role
from tests.app.conftest import csrf
from tests.ward import INSUK, JONGGIL, open_ward

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from core.database import Database
    from tests.ward import Ward

Enter = Callable[[str], "TestClient"]
SECOND = replace(INSUK, name="Seo Second")


@pytest.fixture
def ward(database: Database) -> Ward:
    return open_ward(database, people=(INSUK, SECOND, JONGGIL))


def offered(page: str) -> list[str]:
    return re.findall(r'name="alert" value="([^"]+)"', page)


def post(client: TestClient, alerts: list[str]) -> Any:
    token = csrf(client.get("/patients").text)
    return client.post("/inbox/together", data={"csrf": token, "alert": alerts, "back": "inbox"})


def states(database: Database, ward: Ward) -> set[str]:
    patients = [ward.patients[name] for name in (INSUK.name, SECOND.name)]
    with database.transaction() as session:
        return set(session.scalars(select(Alert.state).where(Alert.patient_id.in_(patients))))


def test_yellow_of_one_reason_is_taken_together_ux_07(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client = enter(ward.username)
    shown = offered(client.get("/inbox").text)

    answer = post(client, shown)

    assert len(shown) == 2
    assert answer.headers["location"] == "/inbox?done=together"
    assert states(database, ward) == {"acknowledged"}
    assert offered(client.get("/inbox").text) == []


@pytest.mark.parametrize("tier", ["RED", "AMBER"])
def test_one_that_became_graver_refuses_all_with_its_reason_ux_07(
    database: Database, enter: Enter, ward: Ward, tier: str
) -> None:
    client = enter(ward.username)
    shown = offered(client.get("/inbox").text)
    with database.transaction() as session:
        graver = update(Alert).where(Alert.patient_id == ward.patients[SECOND.name])
        session.execute(graver.values(severity=tier))

    answer = post(client, shown)

    assert answer.status_code == 409
    assert f"Nothing was taken: 1 of 2 is {tier} by now" in answer.text
    assert states(database, ward) == {"open"}
    assert offered(client.get("/inbox").text) == []


def test_what_a_page_never_offers_is_refused_too_ux_07(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client = enter(ward.username)
    shown = offered(client.get("/inbox").text)
    red = str(ward.alerts[JONGGIL.name][0])

    assert "1 of 3" in post(client, [*shown, f"{red}:1"]).text
    assert post(client, [f"{shown[0].partition(':')[0]}:9", shown[1]]).status_code == 409
    assert post(client, shown[:1]).status_code == 422
    assert post(client, ["x:1", "y:2"]).status_code == 422
    assert post(client, [*shown, f"{ward.alerts['Yun Hidden'][0]}:1"]).status_code == 404
    assert states(database, ward) == {"open"}


def buttons(page: str) -> list[str]:
    """Return the alerts of the button that takes several back."""
    form = page.partition('action="/inbox/together/undo"')[2].partition("</form>")[0]
    return re.findall(r'name="alert" value="([^"]+)"', form)


def take_back(client: TestClient, page: str) -> str:
    fields = {"csrf": csrf(page), "alert": buttons(page), "back": "inbox?tier=yellow"}
    answer = client.post("/inbox/together/undo", data=fields)
    assert answer.status_code == 303, answer.text
    return str(client.get(answer.headers["location"]).text)


def test_what_was_taken_together_is_given_back_by_one_button_ux_04(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client = enter(ward.username)
    shown = offered(client.get("/inbox").text)
    page = client.get(post(client, shown).headers["location"]).text

    assert sorted(buttons(page)) == sorted(each.partition(":")[0] for each in shown)
    assert re.search(r"Undo all 2 \(\d+ s\)", page)
    after = take_back(client, page)

    assert "2 alerts are open again, as they were." in after
    assert states(database, ward) == {"open"}
    assert len(offered(client.get("/inbox").text)) == 2


def test_what_somebody_did_since_is_not_undone_with_the_others_ux_04(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client = enter(ward.username)
    page = client.get(post(client, offered(client.get("/inbox").text)).headers["location"]).text
    one = UUID(buttons(page)[0])
    with database.transaction() as session:
        me = Caller("user", ward.user_id, Role.PHYSICIAN, ward.practitioner_id)
        until = utc_now() + timedelta(hours=4)
        alerts.service.snooze(session, me, one, until=until, reason="asleep", now=utc_now())

    after = take_back(client, page)

    assert "1 of 2 are open again. The others could not be taken back" in after
    assert states(database, ward) == {"open", "snoozed"}


def test_the_button_goes_with_its_seconds_and_is_refused_after_them_ux_04(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client = enter(ward.username)
    page = client.get(post(client, offered(client.get("/inbox").text)).headers["location"]).text
    late = timedelta(seconds=11)
    with database.transaction() as session:
        session.execute(update(Alert).values(acknowledged_at=Alert.acknowledged_at - late))
        session.execute(update(AlertEvent).values(at=AlertEvent.at - late))

    assert buttons(client.get("/inbox?done=together").text) == []
    assert "0 of 2 are open again" in take_back(client, page)
    assert states(database, ward) == {"acknowledged"}


def test_nobody_gives_back_what_a_colleague_took_or_another_team_has_sec_11(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client = enter(ward.username)
    page = client.get(post(client, offered(client.get("/inbox").text)).headers["location"]).text
    other, stranger = enter(ward.colleague), enter(ward.outsider)

    assert buttons(other.get("/inbox?done=together").text) == []
    fields = {"alert": buttons(page)}
    mine = {"csrf": csrf(other.get("/inbox").text)}
    assert "left=2" in other.post("/inbox/together/undo", data=fields | mine).headers["location"]
    theirs = {"csrf": csrf(stranger.get("/inbox").text)}
    assert stranger.post("/inbox/together/undo", data=fields | theirs).status_code == 404
    assert client.post("/inbox/together/undo", data={"alert": "x"}).status_code in {403, 422}
    assert states(database, ward) == {"acknowledged"}


def test_an_act_of_the_inbox_is_taken_back_from_the_inbox_ux_04(enter: Enter, ward: Ward) -> None:
    client = enter(ward.username)
    home = client.get("/inbox?tier=red").text
    alert = ward.alerts[JONGGIL.name][0]
    fields = {"csrf": csrf(home), "back": "inbox?tier=red"}
    taken = client.post(f"/alerts/{alert}/acknowledge", data=fields).headers["location"]
    page = client.get(taken.partition("#")[0]).text
    form = page.partition("data-undo")[2].partition("</form>")[0]
    back = re.findall(r'name="back" value="([^"]+)"', form)

    answer = client.post(f"/alerts/{alert}/undo", data={"csrf": csrf(page), "back": back[0]})

    assert answer.headers["location"].startswith("/inbox?tier=red&done=undone")
