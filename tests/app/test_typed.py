"""What nobody can have meant is refused by the name of its field."""

from __future__ import annotations

from datetime import date

import pytest

from app.typed import check_texts, day_of, row_of
from core.errors import InvalidError
from ingest.placing import known_zone


@pytest.mark.parametrize(
    ("said", "found"), [("1900-01-01", date(1900, 1, 1)), (" 2999-12-31 ", date(2999, 12, 31))]
)
def test_a_day_is_read_to_the_bounds_of_what_any_zone_can_reckon_with(
    said: str, found: date
) -> None:
    assert day_of(said, "until") == found


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("9999-12-31", "There is no such day from 1900 to 2999."),
        ("0001-01-01", "There is no such day from 1900 to 2999."),
        ("2027-02-30", "There is no such day from 1900 to 2999."),
        ("20270131", "A day is written as 2027-01-31."),
        ("", "A day is written as 2027-01-31."),
        ("²027-01-31", "A day is written as 2027-01-31."),
    ],
)
def test_what_is_no_day_is_refused_with_its_field_and_reason(said: str, reason: str) -> None:
    with pytest.raises(InvalidError, match=reason) as error:
        day_of(said, "until")

    assert error.value.field == "until"


@pytest.mark.parametrize("said", ["-1", "1.0", "²", "x", "9" * 19, "9" * 5000])
def test_what_is_the_number_of_no_row_is_refused(said: str) -> None:
    with pytest.raises(InvalidError, match="at most 18 digits") as error:
        row_of(said, "before")

    assert error.value.field == "before"
    assert (row_of("", "before"), row_of("9" * 18, "before")) == (None, 10**18 - 1)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ([("name", "Oh"), ("note", "a\x00b")], "note"),
        ([("no\x00te", "")], "note"),
        ([("note", "\ud800")], "note"),
    ],
)
def test_a_text_that_no_store_holds_is_refused_with_its_field(
    fields: list[tuple[str, object]], named: str
) -> None:
    with pytest.raises(InvalidError) as error:
        check_texts(fields)

    assert error.value.field == named
    check_texts([("note", "a\r\n\tb 한 \U0001fa7a"), ("file", object())])


def test_a_name_too_long_for_any_zone_is_no_zone() -> None:
    assert not known_zone("x" * 10_000)
