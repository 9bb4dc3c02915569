from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.inhibition import TOLD_LONGEST, Mark, absent, mutes
from alerts.reasons import Reason
from core.vitals import Severity
from ingest.enrolment import Absence, Stay
from ingest.pauses import LONGEST
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


SINCE = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
FAR = SINCE.replace(year=2126)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("stay", "days", "held"),
    [
        (Stay(Absence.ADMITTED, SINCE, FAR), 20, Reason.ADMITTED),
        (Stay(Absence.ADMITTED, SINCE, FAR), TOLD_LONGEST.days + 1, None),
        (Stay(Absence.PAUSED, SINCE, FAR), TOLD_LONGEST.days + 1, None),
        (Stay(Absence.PAUSED, SINCE, SINCE + LONGEST + DAY), LONGEST.days, Reason.PAUSED),
        (Stay(Absence.ADMITTED, SINCE), 13, Reason.ADMITTED),
        (Stay(Absence.ADMITTED, SINCE), 15, None),
        (Stay(Absence.DISCHARGED, SINCE), 3000, Reason.DISCHARGED),
    ],
)
def test_no_stay_keeps_from_paging_without_end_whatever_end_was_told(
    stay: Stay, days: int, held: Reason | None
) -> None:
    """AL-10: a wrong year in an Encounter silences nobody for a hundred years."""
    assert absent([stay], now=SINCE + days * DAY, longest=14 * DAY) is held
