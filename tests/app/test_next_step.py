"""What an alert waits for, in words: whose turn it is, and since when it should have been."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.inbox import TimelineEntry
from app.pages.labels import event_words
from app.pages.language import Language
from app.pages.language import language as spoken_in
from app.pages.next_step import step_words
from app.pages.rendering import Renderer
from app.pages.telling import sent_words
from app.pages.wording import moment
from core.settings import Environment, Settings

NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
RENDERER = Renderer(Settings(environment=Environment.TEST))
COMING = '{% import "parts.html" as parts %}{{ parts.coming("on-call <clinician>", at) }}'


def coming(minutes: int, language: str) -> str:
    """Return the next step of an alert as a page prints it, due so many minutes from now."""
    at = moment(NOW + timedelta(minutes=minutes), now=NOW, zone=UTC, language=language)
    made = RENDERER._environments[language].from_string(COMING)
    return made.render(at=at)


@pytest.mark.parametrize(
    ("language", "overdue", "late"),
    [
        ("en", "overdue 4 min: on-call ", "overdue {span}: on-call "),
        ("ko", "4분 지연: on-call ", "{span} 지연: on-call "),
    ],
)
def test_a_step_whose_time_is_past_is_overdue_and_not_next_ux_14(
    language: str, overdue: str, late: str
) -> None:
    """UX-14: on the page as it comes, and in the words that its script keeps true."""
    past, ahead = coming(-4, language), coming(4, language)

    assert f"<strong>{overdue}&lt;clinician&gt;</strong>" in past
    for text in (past, ahead):
        assert f'data-late="{late}&lt;clinician&gt;"' in text
    assert "overdue 4" not in ahead
    assert "<strong><time" in ahead
    assert "<time" not in past


@pytest.mark.parametrize(
    ("detail", "language", "words"),
    [
        ("device", "en", "Fluid: resolved by Dr Han: False: the measurement (device)"),
        ("", "en", "Fluid: resolved by Dr Han: False: the measurement"),
        ("device", "ko", None),
    ],
)
def test_the_timeline_says_how_a_resolved_alert_turned_out(
    detail: str, language: str, words: str | None
) -> None:
    after: dict[str, object] = {"outcome": "false-measurement", "detail": detail}
    why = "outcome recorded"
    entry = TimelineEntry(NOW, "resolved", "user", None, "Dr Han", why, {}, after)
    said = spoken_in(language)

    found = event_words(entry, "Fluid", said)

    assert found == words or (words is None and said.say("False: the measurement") in found)
    assert why not in found


def test_what_the_patient_is_told_is_headed_by_whether_it_was_sent_rel_13() -> None:
    early, late = NOW - timedelta(hours=2), NOW - timedelta(hours=1)
    english, korean = spoken_in("en"), spoken_in("ko")

    def said(*handed_over: datetime | None, reads: Language, reachable: bool) -> str:
        return sent_words(handed_over, NOW, ZoneInfo("UTC"), reads, reachable=reachable)

    assert said(early, late, None, reads=english, reachable=False) == "Sent 08:30"
    assert said(None, reads=english, reachable=True) == "Not sent"
    assert said(reads=english, reachable=False) == "Not sent: no number for messages"
    assert said(reads=korean, reachable=False) == "전송하지 않음: 메시지를 받을 번호 없음"


def test_a_row_promises_nobody_on_call_where_the_team_keeps_no_rota_rel_40() -> None:
    english, korean = spoken_in("en"), spoken_in("ko")
    instead = "on-call clinician (no rota: responsible physician)"

    assert step_words("on-call clinician", english, rota=True) == "on-call clinician"
    assert step_words("on-call clinician", english, rota=False) == instead
    assert step_words("on-call clinician", korean, rota=False) == "당직자(당직표 없음: 담당 의사)"
    assert step_words("backup physician", english, rota=False) == "backup physician"
    assert step_words("", english, rota=False) == ""
