from __future__ import annotations

from datetime import timedelta

import pytest

from core.vitals import Severity
from reports.overdue import Due, Kind, late_alert, overdue
from tests.episodes import ANNA, BEN, CARLA, WEEK, alert

END = WEEK.end
MINUTES = 1 / (24 * 60)


@pytest.mark.parametrize(
    ("severity", "open_for", "taken", "reached", "kind"),
    [
        (Severity.RED, 14, None, None, None),
        (Severity.RED, 15, None, None, Kind.UNTAKEN),
        (Severity.RED, 59, 5, None, None),
        (Severity.RED, 60, 5, None, Kind.UNREACHED),
        (Severity.RED, 600, 5, 20, None),
        (Severity.AMBER, 239, None, None, None),
        (Severity.AMBER, 240, None, None, Kind.UNTAKEN),
        (Severity.AMBER, 240, 5, None, Kind.UNREACHED),
        (Severity.YELLOW, 3 * 1440 - 1, None, None, None),
        (Severity.YELLOW, 3 * 1440, None, None, Kind.UNTAKEN),
        (Severity.YELLOW, 6 * 1440, 5, None, None),
        (Severity.DQ, 6 * 1440, None, None, None),
    ],
)
def test_an_open_alert_is_late_by_its_tier(
    severity: Severity,
    open_for: int,
    taken: float | None,
    reached: float | None,
    kind: Kind | None,
) -> None:
    episode = alert(ANNA, severity, 7 - open_for * MINUTES, taken=taken, reached=reached)

    found = late_alert(episode, end=END)

    assert (found.kind if found else None) == kind


def test_what_was_taken_after_the_end_was_late_at_the_end() -> None:
    episode = alert(ANNA, Severity.RED, 7 - 30 * MINUTES, taken=45)

    found = late_alert(episode, end=END)

    assert found is not None
    assert (found.kind, found.due_at) == (Kind.UNTAKEN, END - timedelta(minutes=15))


def test_alerts_stand_first_the_gravest_then_the_longest() -> None:
    amber = alert(ANNA, Severity.AMBER, 1)
    old, new = alert(BEN, Severity.RED, 2), alert(CARLA, Severity.RED, 3)
    review = Due(Kind.REVIEW, ANNA, END - timedelta(days=6))
    step = Due(Kind.STEP, CARLA, END - timedelta(days=1), Severity.YELLOW, ANNA)
    ahead = Due(Kind.VISIT, ANNA, END + timedelta(minutes=1))

    found = overdue([amber, new, old], [review, ahead, step], end=END)

    assert [(each.kind, each.patient_id) for each in found] == [
        (Kind.UNTAKEN, BEN),
        (Kind.UNTAKEN, CARLA),
        (Kind.UNTAKEN, ANNA),
        (Kind.STEP, CARLA),
        (Kind.REVIEW, ANNA),
    ]


def test_a_step_of_an_alert_that_is_late_anyway_is_not_told_twice() -> None:
    episode = alert(ANNA, Severity.RED, 2)
    step = Due(Kind.STEP, ANNA, END - timedelta(days=1), Severity.RED, episode.id)

    assert [each.kind for each in overdue([episode], [step], end=END)] == [Kind.UNTAKEN]
