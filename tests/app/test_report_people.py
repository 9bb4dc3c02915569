"""The pages of the weekly report about one person each (UX-15)."""

from __future__ import annotations

import re
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from core.clock import utc_now
from reports.week import Week

if TYPE_CHECKING:
    from tests.app.conftest import Enter
    from tests.ward import Ward


def page(enter: Enter, ward: Ward, query: str = "") -> str:
    return enter(ward.username).get(f"/reports/{ward.team}{query}").text


def test_one_with_an_untaken_red_has_a_page_with_picture_events_and_questions(
    enter: Enter, ward: Ward
) -> None:
    malsun = ward.patients["Oh Malsun"]
    text = page(enter, ward)
    mine = text[text.index(f'id="talk-{malsun}"') :]
    mine = mine[: mine.index("</article>")]

    assert "An alert was open at the end of the week that nobody had taken." in mine
    assert 'class="multiple"' in mine
    assert "Who takes the open alert, and by when?" in mine
    assert re.search(r"opened as RED", mine)
    assert f'href="/patients/{malsun}"' in mine


def test_a_week_without_alerts_talks_about_nobody_for_an_alert(enter: Enter, ward: Ward) -> None:
    """What came after the week is in none of its pages."""
    zone = UTC
    earlier = Week.of(utc_now() - timedelta(days=400), zone=zone)
    text = page(enter, ward, f"?week={earlier}")

    assert "nobody had taken" not in text
    assert "opened as" not in text


def test_nobody_of_another_team_is_talked_about(enter: Enter, ward: Ward) -> None:
    """SEC-11."""
    text = page(enter, ward)
    talked = set(re.findall(r'id="talk-([0-9a-f-]{36})"', text))

    assert talked
    assert talked <= {str(each) for each in ward.patients.values()}
    assert enter(ward.outsider).get(f"/reports/{ward.team}").status_code == 404
