from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from core.vitals import Vital
from monitoring import baseline, windows

if TYPE_CHECKING:
    from ingest.enrolment import Person
    from tests.monitoring.conftest import MakeReadings

WEIGHT = Vital.BODY_WEIGHT
FIRST_DAY = 739_677  # date(2026, 3, 2).toordinal()
START = 1_772_438_400.0  # 2026-03-02 08:00 UTC


@pytest.mark.parametrize(
    ("days", "provisional"), [(6, None), (7, True), (13, True), (14, False), (28, False)]
)
def test_a_baseline_is_provisional_at_seven_valid_days_and_established_at_fourteen(
    person: Person, daily: MakeReadings, *, days: int, provisional: bool | None
) -> None:
    past = windows.history(person, daily(WEIGHT, [80.0] * days))

    usual = baseline.usual(past, WEIGHT, before=FIRST_DAY + days)

    assert (usual.provisional if usual else None) == provisional


def test_the_window_under_test_teaches_the_baseline_nothing(
    person: Person, daily: MakeReadings
) -> None:
    past = windows.history(person, daily(WEIGHT, [80.0] * 14 + [90.0] * 14))

    usual = baseline.usual(past, WEIGHT, before=FIRST_DAY + 14)

    assert usual is not None
    assert (usual.centre, usual.days) == (80.0, 14)


def test_the_spread_is_never_below_the_error_of_the_device(
    person: Person, daily: MakeReadings
) -> None:
    past = windows.history(person, daily(Vital.SYSTOLIC_BP, [130.0] * 14))

    usual = baseline.usual(past, Vital.SYSTOLIC_BP, before=FIRST_DAY + 14)

    assert usual is not None
    assert (usual.spread, usual.low, usual.high) == (5.0, 120.0, 140.0)


def test_one_wild_day_moves_neither_centre_nor_spread(person: Person, daily: MakeReadings) -> None:
    values = [80.0, 80.5, 79.5, 80.2, 79.8] * 4

    calm = baseline.usual(windows.history(person, daily(WEIGHT, values)), WEIGHT, before=10**6)
    values[7] = 120.0
    past = windows.history(person, daily(WEIGHT, values))
    wild = baseline.usual(past, WEIGHT, before=FIRST_DAY + 20)

    assert calm is None  # nothing within 28 days of that far day
    assert wild is not None
    assert wild.centre == pytest.approx(80.0, abs=0.2)
    assert wild.spread < 0.8


@pytest.mark.parametrize("end", [math.inf, START + 27 * 86_400])
def test_an_open_episode_freezes_the_baseline_at_the_normal_from_before(
    person: Person, daily: MakeReadings, end: float
) -> None:
    ill = (START + 14 * 86_400, end)
    readings = daily(WEIGHT, [80.0] * 14 + [90.0] * 14)

    usual = baseline.usual(
        windows.history(person, readings, frozen=[ill]), WEIGHT, before=FIRST_DAY + 28
    )

    assert usual is not None
    assert usual.centre == 80.0


@pytest.mark.parametrize(("ill_days", "centre"), [(29, 80.0), (75, 80.0), (82, None), (400, None)])
def test_an_episode_that_never_ends_keeps_the_old_normal_and_then_none_but_never_learns_the_illness(
    person: Person, daily: MakeReadings, ill_days: int, centre: float | None
) -> None:
    ill = (START + 28 * 86_400, math.inf)
    readings = daily(WEIGHT, [80.0] * 28 + [90.0] * ill_days)

    usual = baseline.usual(
        windows.history(person, readings, frozen=[ill]), WEIGHT, before=FIRST_DAY + 28 + ill_days
    )

    assert (usual.centre if usual else None) == centre
