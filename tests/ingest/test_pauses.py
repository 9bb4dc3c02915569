"""Which pauses nobody may declare, and what one is at an instant (AL-10): worked by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from core.errors import InvalidError
from ingest.enrolment import Absence
from ingest.pauses import Asked, Kind, Pause, check

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ASKED = Asked(Kind.HOLIDAY, NOW, NOW + 7 * DAY, "at her daughter's")
PAUSE = Pause(
    UUID(int=1), UUID(int=2), Kind.HOLIDAY, NOW, NOW + 7 * DAY, "sea", UUID(int=3), NOW - DAY
)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"comment": "  "}, "comment"),
        ({"comment": "x" * 501}, "comment"),
        ({"since": NOW - DAY}, "since"),
        ({"since": NOW + 181 * DAY, "until": NOW + 182 * DAY}, "since"),
        ({"until": NOW}, "until"),
        ({"until": NOW + 92 * DAY}, "until"),
    ],
    ids=str,
)
def test_a_pause_that_nobody_could_mean_names_its_field_al_11(
    change: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidError) as refused:
        check(replace(ASKED, **change), now=NOW)  # type: ignore[arg-type]

    assert refused.value.field == field


def test_the_longest_pause_is_ninety_days_and_what_is_left_of_the_first() -> None:
    check(replace(ASKED, until=NOW + 91 * DAY), now=NOW)


def test_an_admission_is_one_to_the_judgement_and_anything_else_a_pause() -> None:
    assert [kind.absence for kind in Kind] == [Absence.PAUSED, Absence.ADMITTED, Absence.PAUSED]


def test_a_pause_is_ahead_then_on_then_over_by_itself() -> None:
    early, late = NOW - DAY, NOW + 7 * DAY

    assert (PAUSE.ahead(early), PAUSE.on(early), PAUSE.over(early)) == (True, False, None)
    assert (PAUSE.ahead(NOW), PAUSE.on(NOW), PAUSE.over(NOW)) == (False, True, None)
    assert (PAUSE.on(late), PAUSE.over(late)) == (False, late)


def test_a_pause_that_was_taken_back_before_it_began_never_ended() -> None:
    back = replace(PAUSE, ended_at=NOW - timedelta(hours=1))

    assert (back.on(NOW), back.over(NOW)) == (False, None)
