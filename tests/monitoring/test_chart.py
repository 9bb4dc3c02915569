"""The early warning chart is reviewed data: typed, whole, and covered by the rulebook's hash."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

from core.errors import InvalidError
from ingest.repository import condition_groups
from monitoring import rulebook as rulebooks

if TYPE_CHECKING:
    from monitoring.rulebook import Rulebook

TEXT = files("monitoring").joinpath("rulebook.toml").read_text(encoding="utf-8")
BAND = "{ low = 9, high = 11, score = 1 }"


def parse(text: str) -> Rulebook:
    return rulebooks.parse(text, conditions=frozenset(condition_groups()))


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (BAND, "{ low = 10, high = 11, score = 1 }", "respiratory_rate: a gap between 8 and 10"),
        (BAND, "{ low = 8, high = 11, score = 1 }", "respiratory_rate: an overlap between 8 and 8"),
        (BAND, "{ low = 9, score = 1 }", "respiratory_rate: only the first band may lack low"),
        (BAND, "{ low = 9, high = 11, score = 4 }", "respiratory_rate: score 4 must lie"),
        (BAND, "{ low = 9, high = 11, score = -1 }", "respiratory_rate: score -1 must lie"),
        (BAND, "{ low = 9, high = 7, score = 1 }", "the band from 9 to 7 is empty"),
        ("{ high = 8, score = 3 }", "{ low = 5, high = 8, score = 3 }", "each value has a score"),
        ("{ low = 25, score = 3 }", "{ low = 25, high = 40, score = 3 }", "each value has a score"),
        ("{ low = 12, high = 20, score = 0 }", "{ low = 12, high = 20, score = 1 }", "no band"),
        ("{ low = 36.1, ", "{ low = 36.2, ", "body_temperature: a gap between 36 and 36.2"),
        ("{ high = 35.0, score = 3 }", "{ high = 3.0, score = 3 }", "outside the plausible range"),
        ("on_oxygen = 2", "on_oxygen = 0", "news2.on_oxygen"),
        ("on_oxygen = 2", "on_oxygen = 2\nof_air = 1", "news2: unknown field of_air"),
        ("not_alert = 3", 'not_alert = "3"', "news2: not_alert must be int"),
        ("[news2]", "[news2]\nrespiratory_rate = []", "not TOML"),
        ("NEWS2 (2017), chart 1", " ", ""),
    ],
)
def test_a_chart_with_a_gap_an_overlap_or_a_wrong_score_is_refused(
    old: str, new: str, fault: str
) -> None:
    assert old in TEXT
    if not fault:
        assert parse(TEXT.replace(old, new, 1)).hash != parse(TEXT).hash
        return

    with pytest.raises(InvalidError, match=fault):
        parse(TEXT.replace(old, new, 1))


def test_rules_about_the_score_are_refused_without_a_chart() -> None:
    start, end = TEXT.index("[news2]"), TEXT.index("# --- breathing")

    with pytest.raises(InvalidError, match="NEWS2-7: least and most must rise between 1 and 0"):
        parse(TEXT[:start] + TEXT[end:])


def test_a_band_that_is_moved_moves_what_a_value_scores() -> None:
    moved = TEXT.replace(BAND, "{ low = 9, high = 12, score = 1 }", 1)
    book = parse(moved.replace("{ low = 12, high = 20,", "{ low = 13, high = 20,", 1))
    rule = book.by_id["NEWS2-7"]

    assert rule.chart is book.news2  # type: ignore[attr-defined]  # an early warning rule
    assert book.news2.respiratory_rate[1].high == 12
    assert book.news2.highest == parse(TEXT).news2.highest == 20
