"""Several alerts by one act: YELLOW of one reason, all or none, and nothing else (UX-07)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from alerts.tables import Alert
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
