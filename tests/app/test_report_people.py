"""The pages of the weekly report about one person each (UX-15)."""

from __future__ import annotations

import re
from datetime import UTC, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import delete, func, select

from alerts.tables import Alert
from ingest.context.tables import PatientAbsence
from ingest.tables import Patient, StoredReading
from reports.week import Week

if TYPE_CHECKING:
    from uuid import UUID

    from core.database import Database
    from tests.app.conftest import Enter
    from tests.ward import Ward


def page(enter: Enter, ward: Ward, week: Week) -> str:
    return enter(ward.username).get(f"/reports/{ward.team}?week={week}").text


def week_of_first(database: Database, patient: UUID) -> Week:
    """Return the week in which the first alert of somebody opened."""
    with database.transaction() as session:
        opened = session.scalar(
            select(func.min(Alert.opened_at)).where(Alert.patient_id == patient)
        )
    assert opened
    return Week.of(opened, zone=UTC)


def test_one_with_an_untaken_red_has_a_page_with_picture_events_and_questions(
    database: Database, enter: Enter, ward: Ward
) -> None:
    malsun = ward.patients["Oh Malsun"]
    text = page(enter, ward, week_of_first(database, malsun))
    mine = text[text.index(f'id="talk-{malsun}"') :]
    mine = mine[: mine.index("</article>")]

    assert "An alert that nobody had taken was open at the end of what was counted." in mine
    assert 'class="multiple"' in mine
    assert "Who takes the open alert, and by when?" in mine
    assert "opened as RED" in mine
    assert "not notified" not in mine
    assert f'href="/patients/{malsun}"' in mine


def test_a_week_without_alerts_talks_about_nobody_for_an_alert(enter: Enter, ward: Ward) -> None:
    """What came after the week is in none of its pages."""
    text = page(enter, ward, Week.of(ward.now - timedelta(days=400), zone=UTC))

    assert "nobody had taken" not in text
    assert "opened as" not in text


def test_of_a_week_without_patients_nothing_is_said_of_health(enter: Enter, ward: Ward) -> None:
    text = page(enter, ward, Week.of(ward.now - timedelta(days=400), zone=UTC))

    assert "The team had no patients in this week." in text
    assert "Everybody sent readings" not in text
    assert "nobody got worse" not in text


def test_nobody_of_another_team_is_talked_about(enter: Enter, ward: Ward) -> None:
    """SEC-11."""
    text = page(enter, ward, Week.of(ward.now, zone=UTC))
    talked = set(re.findall(r'id="talk-([0-9a-f-]{36})"', text))

    assert talked
    assert talked <= {str(each) for each in ward.patients.values()}
    assert enter(ward.outsider).get(f"/reports/{ward.team}").status_code == 404


def test_who_may_drop_out_is_told_with_the_days_that_were_expected(
    database: Database, enter: Enter, ward: Ward
) -> None:
    """Each day for two weeks, then hardly; away on three days of the week before."""
    week, sooja = Week.of(ward.now, zone=UTC), ward.patients["Han Sooja"]
    start = week.shifted(-1).start
    with database.transaction() as session:
        session.get_one(Patient, sooja).created_at = start - timedelta(days=15)
        stay = {"id": uuid4(), "patient_id": sooja, "why": "paused"}
        session.add(PatientAbsence(**stay, since=start, until=start + timedelta(days=3)))
        mine, row = StoredReading.patient_id == sooja, StoredReading.effective
        sent = row.between(start, ward.now - timedelta(days=1))
        session.execute(delete(StoredReading).where(mine, sent))

    text = page(enter, ward, week)

    mine_only = text[text.index(f'id="talk-{sooja}"') :]
    said = re.search(r"on (\d) of (\d) the week before", mine_only)
    assert said
    assert said[2] == "4"
