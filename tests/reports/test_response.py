from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alerts.hours import Place, freeze_place
from core.vitals import Severity
from reports.rates import Rate
from reports.response import rules, tiers
from reports.service_hours import in_hours
from tests.episodes import ANNA, BEN, CARLA, WEEK, alert

END = WEEK.end


def test_time_to_reach_counts_beside_time_to_take() -> None:
    opened = [
        alert(ANNA, Severity.RED, 1, taken=10, reached=50),
        alert(BEN, Severity.RED, 2, taken=20, reached=70),
        alert(CARLA, Severity.RED, 3, taken=5),
    ]

    red = tiers(opened, end=END)[0]

    assert (red.opened, red.acknowledged, red.reached) == (3, 3, 2)
    assert red.median == timedelta(minutes=10)
    assert red.reached_median == timedelta(minutes=60)
    assert red.on_time == Rate(2, 3)
    assert red.reached_on_time == Rate(1, 3)


def test_what_ended_before_its_time_needed_nobody_to_be_reached() -> None:
    """A RED that was withdrawn after half an hour is no missed contact; one of two hours is."""
    soon = alert(ANNA, Severity.RED, 1, taken=5, closed=1 + 30 / 1440)
    late = alert(BEN, Severity.RED, 1, taken=5, closed=1 + 120 / 1440)

    red = tiers([soon, late], end=END)[0]

    assert red.reached_on_time == Rate(0, 1)


def test_a_target_that_is_not_up_at_the_end_does_not_count() -> None:
    line = tiers([alert(ANNA, Severity.AMBER, 7 - 60 / 1440)], end=END)[1]

    assert (line.on_time, line.reached_on_time) == (Rate(0, 0), Rate(0, 0))


def test_what_is_answered_after_the_end_counts_as_little_as_what_never_is() -> None:
    """Begun ten minutes before the end: a week is the same whenever it is counted."""
    at = 7 - 10 / 1440
    later = [
        alert(ANNA, Severity.RED, at, taken=12, reached=20),
        alert(BEN, Severity.AMBER, at, taken=3000, closed=10),
    ]

    red, amber = tiers(later, end=END)[:2]

    assert (red.acknowledged, red.on_time, red.reached_on_time) == (0, Rate(0, 0), Rate(0, 0))
    assert (amber.acknowledged, amber.on_time) == (0, Rate(0, 0))


def test_an_alert_of_two_rules_is_in_both() -> None:
    opened = [
        alert(ANNA, Severity.RED, 1, taken=1, outcome="true-actionable", rules=("A", "B")),
        alert(BEN, Severity.RED, 1, taken=1, outcome="false-measurement", rules=("A",)),
    ]

    found = rules(opened)

    assert [(line.rule, line.opened, line.ppv) for line in found] == [
        ("A", 2, Rate(1, 2)),
        ("B", 1, Rate(1, 1)),
    ]


WORKING = [[[[0, 1, 2, 3, 4], 480, 1080, "never"]], False]  # Monday to Friday, 08:00 to 18:00
OTHERWISE = [WORKING[0], True]
TUESDAY = datetime(2026, 11, 17, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "hours", "at", "inside"),
    [
        ("UTC", {"in_hours": WORKING}, TUESDAY, True),
        ("UTC", {"off_hours": OTHERWISE}, TUESDAY, True),
        ("UTC", {"off_hours": OTHERWISE}, TUESDAY + timedelta(hours=9), False),
        ("UTC", {"off_hours": OTHERWISE}, TUESDAY + timedelta(days=4), False),
        ("Asia/Seoul", {"off_hours": OTHERWISE}, TUESDAY, False),
        ("UTC", {}, TUESDAY + timedelta(days=4), True),
    ],
)
def test_service_hours_are_those_of_the_policy_of_the_alert(
    zone: str, hours: dict[str, object], at: datetime, *, inside: bool
) -> None:
    place = freeze_place(Place("ward", zone))

    assert in_hours(place, hours, at) is inside


def test_an_alert_without_a_policy_began_in_hours() -> None:
    assert in_hours(None, None, TUESDAY)
