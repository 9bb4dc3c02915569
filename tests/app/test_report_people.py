"""The pages of the weekly report about one person each (UX-15)."""

from __future__ import annotations

import re
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from alerts.tables import Alert
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


def test_nobody_of_another_team_is_talked_about(enter: Enter, ward: Ward) -> None:
    """SEC-11."""
    text = page(enter, ward, Week.of(ward.now, zone=UTC))
    talked = set(re.findall(r'id="talk-([0-9a-f-]{36})"', text))

    assert talked
    assert talked <= {str(each) for each in ward.patients.values()}
    assert enter(ward.outsider).get(f"/reports/{ward.team}").status_code == 404
