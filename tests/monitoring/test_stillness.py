"""MOT-NONE: a person who lives alone and does not move is a bad sign."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from core.vitals import Reading, Severity, Vital
from ingest.enrolment import Person
from monitoring import judgement, windows
from monitoring.findings import Problem
from monitoring.words import clinician

if TYPE_CHECKING:
    from monitoring.findings import Finding
    from monitoring.rulebook import Rulebook

NIGHT = datetime(2026, 3, 16, 0, 0, tzinfo=UTC)  # the person lives in UTC
ALONE = Person("p", "UTC", birth_date=date(1944, 1, 1), lives_alone=True)


def spoken(vital: Vital, at: datetime, value: float) -> Reading:
    return Reading(f"{vital} {at.isoformat()}", vital, value, at, at)


def hub(until: datetime, *, every: timedelta, value: float = 12, days: int = 14) -> list[Reading]:
    count = int(timedelta(days=days) / every)
    return [spoken(Vital.MOTION, until - every * n, value) for n in range(count)]


def still(
    readings: list[Reading], now: datetime, rulebook: Rulebook, person: Person = ALONE
) -> list[Finding]:
    past = windows.history(person, readings)
    judged = judgement.judge(past, [], now=now, rulebook=rulebook, model=None)
    return [finding for finding in judged.findings if finding.rule_id == "MOT-NONE"]


HOURLY = timedelta(hours=1)


@pytest.mark.parametrize(
    ("last", "after", "expected"),
    [
        (NIGHT + timedelta(hours=8), timedelta(hours=12), [Severity.RED]),
        (NIGHT + timedelta(hours=8), timedelta(hours=11, minutes=59), []),
        # Asleep from 19:00: 3 waking hours until 22:00, the fourth ends at 08:00.
        (NIGHT + timedelta(hours=19), timedelta(hours=12, minutes=59), []),
        (NIGHT + timedelta(hours=19), timedelta(hours=13), [Severity.RED]),
        # Silent since 22:30: four waking hours are over at 11:00.
        (NIGHT - timedelta(hours=1.5), timedelta(hours=12.4), []),
        (NIGHT - timedelta(hours=1.5), timedelta(hours=12.5), [Severity.RED]),
    ],
)
def test_twelve_still_hours_of_which_four_awake_are_a_red_welfare_check(
    rulebook: Rulebook, last: datetime, after: timedelta, expected: list[Severity]
) -> None:
    found = still(hub(last, every=HOURLY), last + after, rulebook)

    assert [f.severity for f in found] == expected
    assert all(f.problem is Problem.WELFARE for f in found)


def test_the_finding_says_what_it_cannot_know(rulebook: Rulebook) -> None:
    last = NIGHT + timedelta(hours=8)

    [found] = still(hub(last, every=HOURLY), last + timedelta(hours=13), rulebook)

    assert clinician(found) == (
        "Lives alone: no movement and no reading for 13 h, last sign 16 Mar 08:00. Welfare check. "
        "Not known: whether at home and whether the motion hub is online."
    )


@pytest.mark.parametrize("person", [replace(ALONE, lives_alone=a) for a in (False, None)])
def test_who_does_not_live_alone_is_asked_about_and_never_raised(
    rulebook: Rulebook, person: Person
) -> None:
    last = NIGHT + timedelta(hours=8)

    assert still(hub(last, every=HOURLY), last + timedelta(days=3), rulebook, person) == []


def test_a_home_without_a_motion_hub_is_never_called_still(rulebook: Rulebook) -> None:
    weights = [
        spoken(Vital.BODY_WEIGHT, NIGHT - timedelta(days=n), 80.0 + n % 2) for n in range(20)
    ]

    assert still(weights, NIGHT + timedelta(days=3), rulebook) == []


def test_a_hub_without_a_habit_yet_says_nothing(rulebook: Rulebook) -> None:
    new = hub(NIGHT, every=HOURLY)[:6]

    assert still(new, NIGHT + timedelta(days=2), rulebook) == []


def test_any_reading_is_a_sign_of_life(rulebook: Rulebook) -> None:
    last = NIGHT + timedelta(hours=8)
    later = spoken(Vital.SPO2, last + timedelta(hours=3), 96)

    assert still([*hub(last, every=HOURLY), later], last + timedelta(hours=12), rulebook) == []


def test_a_hub_that_counts_zero_is_alive_and_the_person_is_still(rulebook: Rulebook) -> None:
    last = NIGHT + timedelta(hours=8)
    zeros = [spoken(Vital.MOTION, last + HOURLY * n, 0) for n in range(1, 13)]

    assert still([*hub(last, every=HOURLY), *zeros], last + timedelta(hours=12), rulebook)


def test_a_hub_of_daily_totals_is_waited_for_before_anybody_is_sent(rulebook: Rulebook) -> None:
    """Otherwise every home with daily totals would be still by noon."""
    totals = hub(NIGHT, every=timedelta(days=1), value=380)

    assert still(totals, NIGHT + timedelta(hours=27), rulebook) == []
    assert still(totals, NIGHT + timedelta(hours=28), rulebook)


def test_asking_again_finds_the_same_instant(rulebook: Rulebook) -> None:
    readings = hub(NIGHT, every=HOURLY)
    first, later = (
        still(readings, NIGHT + timedelta(hours=hours), rulebook)[0].at for hours in (14, 40)
    )

    assert first == later
