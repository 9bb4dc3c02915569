"""The page of a team's programme: off by default, its counts, their evidence, the estimate."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, timedelta
from html import unescape
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.accounts.service import NewUser, create_user
from app.pages.programme import EXPORT
from app.pages.rendering import Renderer
from app.programme import service
from app.programme.tables import ProgrammeSetting
from core.audit import AuditEvent
from core.sealed_fields import seal
from core.security import SYSTEM, Role
from ingest.tables import CareTeamParticipant, Patient
from reports.quality import By, lines
from reports.service import quality
from reports.value import CLINICAL, FEWEST
from reports.week import Week
from tests.app.conftest import SETTINGS, csrf
from tests.people import clinician
from tests.scored import alert
from tests.ward import PASSWORD

if TYPE_CHECKING:
    from fastapi.testclient import TestClient
    from sqlalchemy.orm import Session

    from core.database import Database
    from tests.app.conftest import Enter
    from tests.ward import Ward

EVIL = "=HYPERLINK(1)"


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.fixture(scope="module")
def chief(database: Database, ward: Ward) -> str:
    """Return the account of a supervisor of the team; one of its people has an odd name."""
    login = f"chief-{uuid4().hex[:8]}"
    with database.transaction() as session:
        who = clinician(session, uuid4(), "Dr Chief", "chief@clinic.example")
        session.add(who)
        session.flush()
        session.add(CareTeamParticipant(care_team_id=ward.team, practitioner_id=who.id, role=""))
        new = NewUser(login, "Dr Chief", PASSWORD, Role.SUPERVISOR, practitioner_id=who.id)
        create_user(session, new, now=ward.now)
        row = session.get_one(Patient, ward.patients["Han Sooja"])
        row.name = seal(session, Patient.name, EVIL, id=row.id)
    return login


def send(client: TestClient, path: str, **fields: str) -> int:
    token = csrf(client.get("/reports").text)
    return client.post(path, data={"csrf": token, **fields}).status_code


def test_the_clocks_are_off_until_a_supervisor_of_the_team_turns_them_on(
    ward: Ward, chief: str, enter: Enter
) -> None:
    page, physician, boss = f"/programme/{ward.team}", enter(ward.username), enter(chief)
    off = words(physician.get(page).text)

    assert "The clocks are off for this team" in off
    assert "Turn the clocks on" not in off
    assert physician.get(f"{page}/clocks.csv").status_code == 404
    assert send(physician, f"{page}/clocks", on="yes") == 403
    assert send(boss, f"{page}/clocks", on="yes") == 303
    on = words(physician.get(page).text)
    assert "Oh Malsun" in on
    assert "No code is claimed here" in on
    assert "Turn the clocks off" in words(boss.get(page).text)
    assert send(boss, f"{page}/clocks") == 303
    assert "The clocks are off" in words(physician.get(page).text)


@pytest.fixture
def kept(database: Database, ward: Ward) -> None:
    with database.transaction() as session:
        service.turn(session, SYSTEM, ward.team, on=True, now=ward.now)


@pytest.mark.usefixtures("kept")
def test_each_count_leads_to_the_readings_behind_it(ward: Ward, chief: str, enter: Enter) -> None:
    boss, who = enter(chief), ward.patients["Oh Malsun"]
    page = boss.get(f"/programme/{ward.team}").text
    before = re.search(rf'href="(/programme/[^"]*{who}\?on=[^"]*)"', page)

    assert before is not None
    shown = boss.get(unescape(before[1])).text
    assert "30 days" in words(shown)
    assert "evidence for 99454" in words(shown)
    assert shown.count("<details") == 30
    assert "spo2-1: SpO2" in words(shown)


@pytest.mark.usefixtures("kept")
def test_the_download_is_no_formula_and_is_written_down_as_an_export_sec_39(
    database: Database, ward: Ward, chief: str, enter: Enter
) -> None:
    answer = enter(chief).get(f"/programme/{ward.team}/clocks.csv")
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(answer.text))}

    assert answer.headers["content-disposition"] == 'attachment; filename="programme.csv"'
    assert f"'{EVIL}" in rows
    assert EVIL not in rows
    assert rows["Oh Malsun"]["evidence for its days"] == "99454"
    with database.transaction() as session:
        query = select(AuditEvent.patient_id).where(AuditEvent.entity == EXPORT)
        seen = set(session.scalars(query.where(AuditEvent.entity_id == ward.team)))
    assert {str(each) for each in seen} == {row["patient"] for row in rows.values()}


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("on", ["today", "1999-12-31", "2026-02-30", "9999-12-31"])
def test_a_day_that_is_none_is_refused_in_words(
    ward: Ward, chief: str, enter: Enter, on: str
) -> None:
    answer = enter(chief).get(f"/programme/{ward.team}", params={"on": on})

    assert answer.status_code == 422
    assert "A day is written like" in words(answer.text)


def test_the_estimate_counts_what_the_page_of_quality_counts(
    database: Database, ward: Ward, chief: str, enter: Enter
) -> None:
    boss = enter(chief)
    none = words(boss.get(f"/programme/{ward.team}").text)
    with database.transaction() as session:
        label(session, ward)
    page = words(boss.get(f"/programme/{ward.team}?weeks=4&averts_low=20&stay=%2410,000").text)

    with database.transaction() as session:
        span = ward.now - timedelta(weeks=4), ward.now + timedelta(hours=1)
        world = quality(session, SYSTEM, team=ward.team, since=span[0], until=span[1])
    tiers = [line for line in lines(world, By.TIER) if line.key in CLINICAL]
    count = sum(len(line.alerts) for line in tiers)
    hits, of = sum(line.ppv.hits for line in tiers), sum(line.ppv.of for line in tiers)
    assert "cannot tell" in none
    assert (hits, of) == (7, FEWEST + 2)
    assert f"{count} alerts" in page
    assert f"{hits} of {of}" in page
    # $50 at a quarter and $150 at a fifth of $10,000.
    assert "2.0 % to 7.5 %" in page
    assert "cannot tell" not in page
    assert "It measures no effect" in page
    assert "These are not the assumptions that the team keeps." in page


def label(session: Session, ward: Ward) -> None:
    """Give the team twelve more alerts with an outcome, seven of them true."""
    outcomes = ["true-actionable"] * 7 + ["false-measurement"] * (FEWEST - 5)
    for n, outcome in enumerate(outcomes):
        at = ward.now - timedelta(days=2, minutes=n)
        alert(session, ward.patients["Oh Malsun"], at, outcome)


def test_a_supervisor_keeps_assumptions_and_nobody_else_does(
    database: Database, ward: Ward, chief: str, enter: Enter
) -> None:
    path = f"/programme/{ward.team}/assumptions"
    boss = enter(chief)

    assert send(enter(ward.username), path, stay="9000") == 403
    assert send(enter(ward.outsider), path, stay="9000") == 404
    for wrong in ({"stay": "much"}, {"averts_low": "40"}, {"handling_high": "-1"}):
        assert send(boss, path, **wrong) == 422
    assert send(boss, path, stay="9000", averts_high="30") == 303

    with database.transaction() as session:
        found = service.setting_of(session, ward.team)
        rows = session.scalars(
            select(ProgrammeSetting).where(ProgrammeSetting.team_id == ward.team)
        ).all()
    assert (found.assumed.stay, found.assumed.averts_high) == (9000, 0.3)
    assert rows[-1].set_by is not None
    assert 'value="9000"' in boss.get(f"/programme/{ward.team}").text


def test_a_weekly_report_says_the_value_alone_where_the_clocks_are_off(
    database: Database, ward: Ward
) -> None:
    week = Week.of(ward.now, zone=UTC)
    with database.transaction() as session:
        service.turn(session, SYSTEM, ward.team, on=False, now=ward.now)
        found = service.summary_of(session, SYSTEM, ward.team, week, ward.now)
    page = Renderer(SETTINGS).page("report_programme.html", programme=found)

    said = words(bytes(page.body).decode())
    assert "verted stays may be worth" in said
    assert "no effect is measured" in said
    assert "99454" not in said


@pytest.mark.usefixtures("kept")
def test_a_weekly_report_says_it_short_in_both_languages(database: Database, ward: Ward) -> None:
    week = Week.of(ward.now, zone=UTC)
    with database.transaction() as session:
        found = service.summary_of(session, SYSTEM, ward.team, week, ward.now)
    pages = Renderer(SETTINGS)

    english = words(bytes(pages.page("report_programme.html", programme=found).body).decode())
    korean = pages.page("report_programme.html", programme=found, language="ko")
    nothing = pages.page("report_programme.html", programme=None)

    assert f"2 to 15 days (99445) {dict(found.codes)['99445']} of 7 people" in english
    assert "In the window before: 0 with 2 to 15 days, 7 with 16 or more." in english
    assert "No code is claimed here" in english
    assert "근거" in bytes(korean.body).decode()
    assert bytes(nothing.body).decode().strip() == ""
