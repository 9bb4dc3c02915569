"""The usual of comparable readings: mornings, weekends and devices, where the data have them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from core.vitals import Reading, Vital
from ingest.enrolment import Person
from monitoring import baseline, judgement, likeness, windows
from monitoring.findings import Alike
from monitoring.moment import Moment
from monitoring.words import clinician
from tests.monitoring.conftest import START
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitoring.findings import Usual

V = Vital
SOMEBODY = Person("p", "UTC")
FIRST_DAY = START.toordinal()  # a Monday


def reading(vital: Vital, value: float, day: int, hour: float, device: str = "") -> Reading:
    at = START + timedelta(days=day, hours=hour - 8)
    return Reading(f"{vital} {day} {hour}", vital, value, at, at, device=device)


def pressures(days: int, *, rise: float, evenings: int) -> list[Reading]:
    """Mornings at 7, and evenings at 19 on the last so many days, with a small noise."""
    noise = [0.0, 3.0, -3.0, 1.0, -1.0]
    found = [reading(V.SYSTOLIC_BP, 130 + noise[d % 5], d, 7) for d in range(days)]
    late = range(days - evenings, days)
    return [
        *found,
        *(reading(V.SYSTOLIC_BP, 130 + rise + noise[d % 5], d, 19) for d in late),
    ]


def usual(readings: Iterable[Reading], *, day: int, vital: Vital = V.SYSTOLIC_BP) -> Usual:
    past = windows.history(SOMEBODY, readings, gate=RULEBOOK.gate)
    now = Moment(past, START.timestamp(), FIRST_DAY + day)
    found = now.usual(vital, window=1, days=28, like=likeness.ANY)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("rise", "evenings", "hour", "centre", "alike"),
    [
        (20, 10, 7.5, 130, Alike.MORNING),
        (20, 10, 19, 150, Alike.LATER),
        (20, 9, 19, 130, None),  # nine evenings are too few to know
        (4, 20, 19, 132, None),  # within the error of a cuff
    ],
)
def test_an_evening_is_compared_with_evenings_where_they_differ(
    rise: float, evenings: int, hour: float, centre: float, alike: Alike | None
) -> None:
    last = reading(V.SYSTOLIC_BP, 140, 28, hour)

    found = usual([*pressures(28, rise=rise, evenings=evenings), last], day=28)

    assert found.alike is alike
    assert found.centre == pytest.approx(centre, abs=2)


def test_the_sentence_says_which_readings_the_usual_is_of() -> None:
    last = reading(V.SYSTOLIC_BP, 225, 28, 19)
    readings = [*pressures(28, rise=20, evenings=20), last]
    past = windows.history(SOMEBODY, readings, gate=RULEBOOK.gate)

    judged = judgement.judge(
        past, [windows.time_of(last)], now=last.effective, rulebook=RULEBOOK, model=None
    )

    [found] = [f for f in judged.findings if f.rule_id == "SBP-220"]
    said = clinician(found)
    assert "75 mmHg above the usual 150 mmHg" in said
    assert "20 days" in said
    assert "This usual is of afternoon and evening readings only." in said
    assert "오후와 저녁 측정값만의 평소 값." in clinician(found, "ko")


def test_two_devices_in_turn_have_each_their_own_usual() -> None:
    readings = [
        reading(V.BODY_WEIGHT, 80.0 + 1.5 * (d % 2), d, 8, ("a", "b")[d % 2]) for d in range(28)
    ]

    found = usual(
        [*readings, reading(V.BODY_WEIGHT, 81.6, 28, 9, "b")], day=28, vital=V.BODY_WEIGHT
    )

    assert (found.centre, found.days, found.alike) == (81.5, 14, Alike.DEVICE)


def test_weekends_need_ten_days_of_each_kind() -> None:
    steps = [
        reading(V.STEPS, 2000 if d % 7 in (5, 6) else 6000 + 50 * (d % 3), d, 23) for d in range(42)
    ]
    saturday = reading(V.STEPS, 2100, 40, 23)

    four_weeks = usual([*steps[:40], saturday], day=40, vital=V.STEPS)
    past = windows.history(SOMEBODY, [*steps[:40], saturday], gate=RULEBOOK.gate)
    six_weeks = baseline.comparable(
        past, V.STEPS, before=FIRST_DAY + 40, days=42, like=likeness.DAYS
    )

    assert four_weeks.alike is None  # eight weekend days in 28
    assert six_weeks is not None
    assert (six_weeks.alike, six_weeks.centre, six_weeks.days) == (Alike.WEEKENDS, 2000, 10)


def test_no_kind_is_looked_at_where_the_rulebook_asks_for_none() -> None:
    readings = [*pressures(28, rise=20, evenings=20), reading(V.SYSTOLIC_BP, 150, 28, 19)]
    past = windows.history(SOMEBODY, readings)

    found = baseline.comparable(
        past, V.SYSTOLIC_BP, before=FIRST_DAY + 28, days=28, like=likeness.ANY
    )

    assert found is None
