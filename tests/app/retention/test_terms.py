"""What a `retention.toml` may say; a mistake in it names the kind and what is wrong (SEC-48)."""

from __future__ import annotations

import pytest

from app.retention.terms import read, stated
from core.errors import InvalidError

GOOD = """
version = 1
reviewed = 2026-11-30
[[kind]]
name = "x"
days = 3
what = "X"
reason = "because"
source = "there"
confidence = "E"
"""


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (GOOD.replace("days = 3", ""), "either days or until"),
        (GOOD.replace("days = 3", "days = 3\nuntil = 'then'"), "either days or until"),
        (GOOD.replace("days = 3", "days = -1"), "whole number"),
        (GOOD.replace("days = 3", "days = true"), "whole number"),
        (GOOD.replace("days = 3", "days = 3\nevery_hours = 5"), "must divide a day"),
        (GOOD.replace('reason = "because"', ""), "reason is missing"),
        (GOOD.replace('"there"', '" "'), "source is missing"),
        (GOOD.replace('"E"', '"Q"'), "confidence"),
        (GOOD.replace("days = 3", "days = 3\nweeks = 1"), "unknown entry weeks"),
        (GOOD + GOOD[GOOD.index("[[") :], "twice"),
        (GOOD.replace("version = 1", ""), "version"),
        ("]", "retention"),
    ],
)
def test_a_mistake_is_refused_by_name_sec_48(wrong: str, said: str) -> None:
    with pytest.raises(InvalidError, match=said):
        read(wrong)


def test_what_is_stated_has_a_reason_and_a_source_for_each_kind_sec_48() -> None:
    terms = stated()

    assert read(GOOD).kinds["x"].days == 3
    assert all(term.reason and term.source and term.what for term in terms.kinds.values())
    assert all(term.days is not None or term.until for term in terms.kinds.values())
