"""When so few people are heard that it is one incident, as a table (REL-34)."""

from __future__ import annotations

import pytest

from alerts.falling import judge

WEEK = (100, 90, 110, 100, 0, 100, 105)  # one day of them was an outage itself


@pytest.mark.parametrize(
    ("people", "before", "fallen", "back"),
    [
        (100, WEEK, False, True),
        (31, WEEK, False, False),
        (29, WEEK, True, False),
        (0, WEEK, True, False),
        (49, WEEK, False, False),  # what is open stays open until more are heard again
        (50, WEEK, False, True),
        (0, (100, 100), False, False),  # two days are no usual
        (0, (9, 9, 9), False, False),  # at night all of a few may be silent by chance
        (0, (), False, False),
        (4, (), False, False),
        (5, (), False, True),
        (4, (4, 4, 4), False, False),  # it began by day, and at night nobody can tell
    ],
)
def test_a_fall_is_measured_by_the_same_hour_of_other_days_rel_34(
    people: int, before: tuple[int, ...], *, fallen: bool, back: bool
) -> None:
    found = judge(people, before, share=0.3)

    assert (found.fallen, found.back) == (fallen, back)


def test_a_share_of_nothing_opens_nothing_rel_34() -> None:
    assert not judge(0, WEEK, share=0.0).fallen
