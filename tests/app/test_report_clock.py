"""A report of a team with a clock of its own: every time of its pages, and what lies behind it."""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from sqlalchemy import update

import app.pages.router
from alerts.tables import Alert
from reports.week import Week
from tests.app.conftest import SETTINGS
from tests.ward import MALSUN

if TYPE_CHECKING:
    from core.database import Database
    from tests.app.conftest import Enter
    from tests.ward import Ward

PEOPLE = (MALSUN,)
FAR = ZoneInfo("Pacific/Kiritimati")  # 14 hours before UTC: its Monday begins on our Sunday
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def pages(database: Database, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """Return all pages of a site in UTC, with one team that is far away."""
    policy = tmp_path_factory.mktemp("policy") / "policy.toml"
    shipped = (files("alerts") / "policy.toml").read_text(encoding="utf-8")
    policy.write_text(f'{shipped}\n[teams.Riverside]\nzone = "{FAR.key}"\n', encoding="utf-8")
    web = FastAPI()
    app.pages.router.mount(web, database, SETTINGS.model_copy(update={"policy": policy}))
    return web


def opened(database: Database, ward: Ward, *, at: datetime) -> None:
    with database.transaction() as session:
        mine = Alert.patient_id == ward.patients[MALSUN.name]
        session.execute(update(Alert).where(mine).values(opened_at=at))


def test_behind_a_figure_of_the_teams_week_stands_the_same_week(
    database: Database, enter: Enter, ward: Ward
) -> None:
    """An alert of the first hour of a Monday there, which is a Sunday at the site."""
    week, doctor = Week.of(ward.now, zone=FAR).shifted(-1), enter(ward.username)
    opened(database, ward, at=week.start + HOUR)

    text = doctor.get(f"/reports/{ward.team}?week={week}").text
    links = re.findall(r'href="(/quality/alerts\?[^"]+)" data-count="(\d+)"', text)
    found = {href: doctor.get(html.unescape(href)).text for href, _ in links}

    assert links
    assert [found[href].count("<tr") - 1 for href, _ in links] == [int(n) for _, n in links]
    assert all(f"Times in {FAR.key}." in each for each in found.values())


def test_every_time_of_a_report_is_by_the_clock_that_it_names_ux_16(
    enter: Enter, ward: Ward
) -> None:
    week = Week.of(ward.now, zone=FAR)

    text = enter(ward.username).get(f"/reports/{ward.team}?week={week}").text

    times = re.findall(r'<time datetime="([^"]+)"[^>]*>[^<]*?(\d\d:\d\d)[^<]*</time>', text)
    local = [f"{datetime.fromisoformat(at).astimezone(FAR):%H:%M}" for at, _ in times]
    assert times
    assert [shown for _, shown in times] == local
    assert f"Times in {FAR.key}." in text


def test_lists_of_quality_are_in_the_readers_language_ux_17(
    database: Database, enter: Enter, ward: Ward
) -> None:
    opened(database, ward, at=ward.now - timedelta(days=3))
    doctor = enter(ward.username)
    doctor.cookies.set("wardlight-language", "ko")

    text = doctor.get("/quality/alerts?weeks=4&by=tier&key=RED").text

    times = re.findall(r"<time[^>]*>([^<]*)</time></td>", text)
    assert times
    assert all("월" in each for each in times)
