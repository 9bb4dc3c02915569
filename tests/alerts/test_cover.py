from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from alerts.cover import unread
from alerts.hours import Holidays, Place, Stretch
from core.vitals import Severity
from ingest.weekly import span
from monitoring import words
from monitoring.findings import Finding, Problem, Says

if TYPE_CHECKING:
    from monitoring.phrases import Phrase

DAYS = (Stretch(span("mon-fri", "08:00", "18:00"), Holidays.NEVER),)
RIVER = Place("river", "Asia/Seoul", cover=DAYS)
SATURDAY = datetime(2026, 3, 7, 3, 0, tzinfo=UTC)
USUAL = "Your care team has been told and will try to reach you."


def said(closing: Phrase | None, language: str = "en") -> str:
    finding = Finding(
        rule_id="X-1",
        problem=Problem.FLUID,
        severity=Severity.RED,
        at=SATURDAY,
        says=Says("Weight", "Your weight has gone up.", USUAL),
        source="invented",
        confidence="V",
    )
    return words.patient(finding, language, emergency="119", closing=closing)


def closing(place: Place, severity: Severity = Severity.RED) -> Phrase | None:
    return unread(place, severity, now=SATURDAY, zone="Asia/Seoul", emergency="119")


def test_no_contact_is_promised_at_hours_at_which_nobody_reads() -> None:
    text = said(closing(RIVER))

    assert USUAL not in text
    assert "Nobody of your care team reads messages now. They read them again from" in text
    assert "9 Mar 08:00" in text
    assert "call 119 now" in text


def test_in_korean_the_person_reads_the_same_with_119() -> None:
    text = said(closing(RIVER), "ko")

    assert "지금은 담당 의료진이 메시지를 확인하지 않는 시간입니다." in text
    assert "3월 9일 오전 8시부터 다시 확인합니다." in text
    assert "바로 119에 전화하세요." in text


def test_where_nobody_knows_when_they_read_again_no_time_is_named() -> None:
    never = Place("shut", "Asia/Seoul", cover=(Stretch(DAYS[0].span, Holidays.ONLY),))

    text = said(closing(never))

    assert "reads messages now. Please rest" in text
    assert "call 119 now" in text


@pytest.mark.parametrize(
    ("place", "severity"),
    [
        (Place("always", "Asia/Seoul"), Severity.RED),
        (Place("weekend", "Asia/Seoul", cover=(Stretch(span("sat", "08:00", "18:00")),)), "RED"),
        (RIVER, Severity.YELLOW),
        (RIVER, Severity.DQ),
    ],
)
def test_where_somebody_reads_or_nothing_was_promised_the_usual_words_stay(
    place: Place, severity: Severity
) -> None:
    found = closing(place, Severity(severity))

    assert found is None
    assert USUAL in said(found)
