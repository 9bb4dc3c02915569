"""How earlier alerts like this one turned out (issue 4, part 8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from alerts.alike import LEAST, alike
from alerts.lifecycle import State
from alerts.outcomes import Label
from monitoring import words
from monitoring.findings import Problem
from tests.alerts.test_inbox import NOW, view

if TYPE_CHECKING:
    from alerts.inbox import EpisodeView

NOW_OPEN = view(uuid4())


def ended(label: Label, *, days: int, rule: str = "HF-1") -> EpisodeView:
    opened = NOW - timedelta(days=days)
    past = replace(view(uuid4()), state=State.RESOLVED, outcome=label, opened_at=opened)
    return replace(past, findings=(replace(past.headline, rule_id=rule),))


def said(
    *earlier: EpisodeView, language: str = "en", labelled: dict[str, int] | None = None
) -> list[str]:
    counts = labelled or {}
    found = alike(NOW_OPEN, [NOW_OPEN, *earlier], counts, zone="UTC")
    return [words.sentence(each, language) for each in found]


def test_a_first_alert_about_a_problem_says_so() -> None:
    other = replace(ended(Label.UNSURE, days=3), problem=Problem.GLUCOSE)

    assert said(other)[0] == "No earlier alert of this person about this: fluid."


def test_earlier_alerts_are_told_with_date_outcome_and_rule_the_newest_first() -> None:
    first = ended(Label.FALSE_MEASUREMENT, days=60, rule="HF-9")
    last = ended(Label.TRUE_ACTIONABLE, days=20)

    told = said(first, last)

    one, two = (f"{e.opened_at:%-d %b %H:%M}" for e in (last, first))
    assert told[0] == (
        "2 earlier alerts of this person about this (fluid), the newest: True, something was "
        f"done ({one}) and False: the measurement ({two})."
    )
    assert told[1] == "Of these, the same rule fired in 1: HF-1."


def test_what_nobody_labelled_is_not_called_true_or_false() -> None:
    withdrawn = replace(view(uuid4()), state=State.WITHDRAWN, opened_at=NOW - timedelta(days=2))

    assert "closed without an outcome" in said(withdrawn)[0]


@pytest.mark.parametrize(
    ("counts", "end"),
    [
        ({}, "0 in 365 days, of 20 that are needed."),
        ({"true-actionable": 19}, "19 in 365 days, of 20 that are needed."),
        (
            {"true-actionable": 19, "unsure": 9, "duplicate": 9},
            "19 in 365 days, of 20 that are needed.",
        ),
        (
            {"true-actionable": 9, "true-no-action-needed": 6, "false-measurement": 5},
            "20 alerts of HF-1 had an outcome in 365 days: 75 % were true, 45 % led to an action.",
        ),
    ],
)
def test_a_share_of_the_programme_is_said_only_of_enough(counts: dict[str, int], end: str) -> None:
    assert LEAST == 20
    assert said(labelled=counts)[-1].endswith(end)


def test_it_is_said_in_korean_with_the_same_numbers() -> None:
    told = said(
        ended(Label.TRUE_ACTIONABLE, days=20), language="ko", labelled={"true-actionable": 40}
    )

    assert all(any("가" <= letter <= "힣" for letter in line) for line in told)
    assert "40" in told[-1]
    assert "100" in told[-1]
