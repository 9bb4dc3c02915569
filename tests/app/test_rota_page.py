"""The rota of a team as its members read it, and what a patient page says without night cover."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr

import app.pages.router
from alerts.oncall.service import Turnus, add
from app.accounts.service import NewUser, create_user
from core.security import SYSTEM, Role
from core.settings import Environment, Settings
from ingest.weekly import span
from tests.app.conftest import BASE, csrf
from tests.ward import MALSUN, PASSWORD

if TYPE_CHECKING:
    from pathlib import Path

    from core.database import Database
    from tests.ward import Ward

PEOPLE = (MALSUN,)
Enter = Callable[[str], TestClient]


def test_a_team_sees_who_is_on_call_and_the_holes_in_words_al_18(
    database: Database, ward: Ward, enter: Enter
) -> None:
    nights = Turnus(datetime(2026, 1, 1, tzinfo=UTC), weekly=span("mon-fri", "18:00", "08:00"))
    with database.transaction() as session:
        assert ward.practitioner_id is not None
        add(session, SYSTEM, ward.team, ward.practitioner_id, nights, now=ward.now)

    page = enter(ward.username).get(f"/rota/{ward.team}").text

    assert page.count('<th scope="row"') == 14
    assert "Dr Han" in page
    assert "Nobody on call Saturday 08:00\u2013Monday 08:00" in page


def test_a_rota_is_of_ones_own_teams_and_a_supervisor_sees_all(
    database: Database, ward: Ward, enter: Enter
) -> None:
    login = f"supervisor-{uuid4().hex[:8]}"
    with database.transaction() as session:
        create_user(session, NewUser(login, "Ms Oh", PASSWORD, Role.SUPERVISOR), now=ward.now)

    assert enter(ward.outsider).get(f"/rota/{ward.team}").status_code == 404
    assert "Hillside" in enter(ward.outsider).get("/rota").text
    assert enter(login).get(f"/rota/{ward.team}").status_code == 200


@pytest.fixture
def by_day_only(database: Database, ward: Ward, tmp_path: Path) -> tuple[TestClient, str]:
    """Return a signed-in member, at a night, of a team of which nobody reads at night."""
    policy = tmp_path / "site.toml"
    policy.write_text('[site]\nzone = "Asia/Seoul"\ncover = ["in_hours"]\n')
    settings = Settings(
        environment=Environment.TEST,
        secret_key=SecretStr("k" * 40),
        base_url=BASE,
        policy=policy,
        emergency_number="119",
    )
    night = (ward.now + timedelta(days=1)).replace(hour=15, minute=0)  # midnight in Seoul
    web = FastAPI()
    app.pages.router.mount(web, database, settings, lambda: night)
    client = TestClient(web, base_url=BASE, follow_redirects=False)
    token = csrf(client.get("/sign-in").text)
    fields = {"username": ward.username, "password": PASSWORD, "csrf": token}
    client.post("/sign-in", data=fields)
    return client, f"/patients/{ward.patients[MALSUN.name]}"


def test_without_night_cover_the_patient_page_and_the_patients_text_say_so(
    by_day_only: tuple[TestClient, str],
) -> None:
    client, address = by_day_only

    page = client.get(address, headers={"Accept-Language": "en"}).text

    assert "The team reads alerts mon-fri 08:00\u201318:00, no holidays (Asia/Seoul)" in page
    assert "names the emergency number 119 to the person. Nobody reads now, and again" in page
    assert "Nobody of your care team reads messages now. They read them again from" in page
    assert "call 119 now" in page
    assert "will try to reach you" not in page


def test_with_cover_at_every_hour_a_patient_page_says_nothing_of_hours(
    ward: Ward, enter: Enter
) -> None:
    page = enter(ward.username).get(f"/patients/{ward.patients[MALSUN.name]}").text

    assert "The team reads alerts" not in page
    assert "Nobody of your care team reads" not in page
