from __future__ import annotations

import pytest

from app.sheets import cell, sheet


@pytest.mark.parametrize(
    "text", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\tx", "\rx", " =1"]
)
def test_no_text_is_a_formula_sec_39(text: str) -> None:
    assert cell(text) == f"'{text}"


def test_numbers_stay_numbers_and_nothing_stays_empty() -> None:
    assert [cell(each) for each in (-1, 0.25, None, "HR-HIGH2")] == ["-1", "0.25", "", "HR-HIGH2"]


def test_a_cell_with_a_comma_or_a_quote_is_one_cell() -> None:
    assert sheet(["a"], [['one, "two"']]) == 'a\r\n"one, ""two"""\r\n'
