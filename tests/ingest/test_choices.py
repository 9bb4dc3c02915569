"""What stands of all that a person said: pure (SEC-45, SEC-46, SEC-47)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from core.errors import InvalidError
from ingest.choices import COMMENT_LENGTH, NOTHING_SAID, Choice, Purpose, check, standing

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
PERSON = UUID(int=1)


def said(
    purpose: Purpose,
    *,
    allowed: bool,
    ago: float = 1,
    lasts: float | None = None,
    of: UUID = PERSON,
) -> Choice:
    since = NOW - timedelta(days=ago)
    until = None if lasts is None else since + timedelta(days=lasts)
    return Choice(uuid4(), of, purpose, allowed, since, since, until)


def test_where_nothing_was_said_care_goes_on_and_nothing_beside_it_begins() -> None:
    found = NOTHING_SAID

    assert (found.monitored, found.scored, found.followed, found.restricted) == (
        True,
        True,
        True,
        False,
    )
    assert (found.studied, found.teaches) == (False, False)


def test_the_newest_word_stands_whichever_record_it_was_said_of() -> None:
    other = UUID(int=2)
    choices = [
        said(Purpose.RESEARCH, allowed=True, ago=9),
        said(Purpose.RESEARCH, allowed=False, ago=2, of=other),
        said(Purpose.MONITORING, allowed=False, ago=5),
        said(Purpose.MONITORING, allowed=True, ago=3, of=other),
    ]

    found = standing(choices, now=NOW)

    assert (found.studied, found.monitored) == (False, True)


def test_a_word_counts_from_its_beginning_until_its_end() -> None:
    early = said(Purpose.TRAINING, allowed=True, ago=10, lasts=5)
    coming = said(Purpose.MONITORING, allowed=False, ago=-1)

    assert standing([early], now=NOW - timedelta(days=6)).teaches
    assert not standing([early], now=NOW).teaches
    assert standing([coming], now=NOW).monitored
    assert not standing([coming], now=NOW + timedelta(days=1)).monitored


@pytest.mark.parametrize("purpose", [Purpose.USE, Purpose.MONITORING, Purpose.SCORING])
def test_who_restricts_declines_or_objects_is_not_scored(purpose: Purpose) -> None:
    found = standing([said(purpose, allowed=False)], now=NOW)

    assert not found.scored
    assert not found.followed


def test_a_restriction_outweighs_every_yes() -> None:
    yes = [said(each, allowed=True, ago=1) for each in Purpose if each is not Purpose.USE]

    found = standing([*yes, said(Purpose.USE, allowed=False, ago=30)], now=NOW)

    assert found.restricted
    assert (found.studied, found.teaches, found.scored) == (False, False, False)


def test_a_choice_is_written_down_with_a_word_of_how_it_was_made_known() -> None:
    for comment in ("", "  ", "x" * (COMMENT_LENGTH + 1)):
        with pytest.raises(InvalidError) as refused:
            check(comment)
        assert refused.value.field == "comment"
    check("Letter of 30 November, signed.")
