from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.inhibition import Mark, mutes
from core.vitals import Severity
from monitoring.findings import Problem

RED = Mark("a", Problem.FLUID, Severity.RED)
AMBER = Mark("a", Problem.FLUID, Severity.AMBER)


@pytest.mark.parametrize(
    ("first", "second", "muted"),
    [
        (RED, AMBER, True),
        (AMBER, RED, False),
        (RED, RED, False),
        (RED, Mark("b", Problem.FLUID, Severity.AMBER), False),
        (RED, Mark("a", Problem.BREATHING, Severity.AMBER), False),
    ],
)
def test_only_the_graver_of_the_same_patient_and_problem_mutes(
    first: Mark,
    second: Mark,
    muted: bool,  # noqa: FBT001 (a column of the table)
) -> None:
    """AL-10."""
    assert mutes(first, second) is muted


@given(st.sampled_from(Severity), st.sampled_from(Severity), st.sampled_from(Problem))
def test_nothing_lesser_ever_hides_something_graver(
    one: Severity, other: Severity, problem: Problem
) -> None:
    """AL-01."""
    if mutes(Mark("a", problem, one), Mark("a", problem, other)):
        assert one.rank > other.rank
