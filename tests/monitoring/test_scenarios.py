"""Scenarios that break other systems (alerting.md section 10): each row that judgement decides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from core.vitals import Quality, Reading, Severity, Vital
from ingest.enrolment import Absence, Person, Stay
from monitoring import eventtime, judgement, windows
from monitoring.eventtime import Past, Version
from tests.fhir.payloads import accepted, observation, only, quantity
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitoring.eventtime import News
    from monitoring.findings import Finding

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
SOMEBODY = Person("p", "Asia/Seoul", groups=frozenset({"heart_failure", "diabetes"}))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def reading(
    vital: Vital,
    value: float,
    at: datetime,
    *,
    late: timedelta = timedelta(),
    quality: Quality = Quality.SCORED,
) -> Reading:
    return Reading(f"{vital} {value} {at}", vital, value, at, at + late, quality)


def judged(readings: Sequence[Reading], now: datetime, person: Person = SOMEBODY) -> list[Finding]:
    past = windows.history(person, readings)
    points = judgement.points_after(past, [START.timestamp()], now=now.timestamp())
    return list(judgement.judge(past, points, now=now, rulebook=RULEBOOK, model=None).findings)


def replayed(readings: Sequence[Reading], until: datetime) -> list[News]:
    past = Past(SOMEBODY, [Version(each) for each in readings])
    return list(eventtime.run(past, rulebook=RULEBOOK, model=None, until=until))


def tiers(findings: Sequence[Finding]) -> set[tuple[str, Severity]]:
    return {(f.rule_id, f.severity) for f in findings}


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_three_abnormal_readings_of_which_the_middle_one_comes_late(order: tuple[int, ...]) -> None:
    """The same as in time order, though a newer normal one is there."""
    values = [(0, 115.0), (20, 150.0), (40, 115.0), (60, 72.0)]
    arrivals = {n: START + 2 * HOUR + timedelta(minutes=i) for i, n in enumerate(order)}
    at = [START + timedelta(minutes=m) for m, _ in values]
    readings = [
        reading(Vital.HEART_RATE, value, at[n], late=arrivals[n] - at[n])
        for n, (_, value) in enumerate(values)
    ]
    in_time = [reading(Vital.HEART_RATE, v, at[n]) for n, (_, v) in enumerate(values)]

    found = judged(readings, START + 3 * HOUR)

    assert tiers(found) == tiers(judged(in_time, START + 3 * HOUR))
    assert Severity.RED in {f.severity for f in found}


def test_a_label_of_the_client_judges_nothing() -> None:
    """2 mmol/L that its sender calls normal is 36 mg/dL, and judged as that."""
    said = observation(
        "15074-8",
        valueQuantity=quantity(2, "mmol/L"),
        interpretation=[{"text": "Normal"}],
    )

    measured = only(accepted(said))

    assert measured.value is not None
    found = judged([reading(Vital.GLUCOSE, measured.value, START)], START)
    assert Severity.RED in {f.severity for f in found if f.vital is Vital.GLUCOSE}


@pytest.mark.parametrize(
    "odd",
    [
        reading(Vital.GLUCOSE, -54.0, START, quality=Quality.IMPLAUSIBLE),
        reading(Vital.HEART_RATE, 900.0, START, quality=Quality.IMPLAUSIBLE),
        reading(Vital.HEART_RATE, 150.0, START + 900 * DAY, quality=Quality.FUTURE),
    ],
    ids=["-3 mmol/L", "heart rate 900", "dated in 900 days"],
)
def test_what_nobody_can_have_is_asked_about_and_never_scored(odd: Reading) -> None:
    found = judged([odd], START + HOUR / 6)

    assert {f.severity for f in found} <= {Severity.DQ}


def test_a_slow_gain_is_caught_though_each_days_value_is_near_the_last() -> None:
    """0.25 kg a day for a fortnight: the usual leaves out the window under test."""
    flat = [reading(Vital.BODY_WEIGHT, 80.0, START - n * DAY) for n in range(1, 40)]
    gain = [reading(Vital.BODY_WEIGHT, 80.0 + 0.25 * n, START + n * DAY) for n in range(15)]

    found = judged([*flat, *gain], START + 14 * DAY)

    assert {f.problem.value for f in found if f.severity.rank >= Severity.YELLOW.rank} == {"fluid"}


def test_late_data_keep_their_tier_and_say_that_newer_ones_are_normal() -> None:
    """REL-20: whether anybody is paged for it is decided by age, not by a lesser tier."""
    night = reading(Vital.SPO2, 84.0, START, late=8 * HOUR)
    since = reading(Vital.SPO2, 97.0, START + 7 * HOUR)

    [red] = [f for f in judged([night, since], START + 8 * HOUR) if f.severity is Severity.RED]

    assert red.at == START
    assert red.back_in_range


def test_event_time_decides_and_not_when_one_asks() -> None:
    """The same finding, however late the judgement runs."""
    low = reading(Vital.SPO2, 84.0, START)

    asked = [judged([low], START + after) for after in (timedelta(), HOUR, 20 * HOUR)]

    assert [[f.at for f in found if f.rule_id == "SPO2-CRIT"] for found in asked] == 3 * [[START]]


def test_a_planned_admission_is_evaluated_all_the_same_and_asks_nobody_to_measure() -> None:
    stay = Stay(Absence.ADMITTED, START - DAY, START + 6 * DAY)
    person = Person("p", "Asia/Seoul", groups=frozenset({"heart_failure"}), stays=(stay,))
    low = reading(Vital.SPO2, 84.0, START)

    assert Severity.RED in {f.severity for f in judged([low], START, person)}
    quiet = judged([low], START + 5 * DAY, person)
    assert not [f for f in quiet if f.problem.value == "silence"]
    assert [f for f in judged([low], START + 9 * DAY, person) if f.problem.value == "silence"]


def test_a_spouse_on_the_scale_is_a_question_and_never_the_physicians() -> None:
    usual = [reading(Vital.BODY_WEIGHT, 80.0, START - n * DAY) for n in range(1, 30)]
    spouse = reading(Vital.BODY_WEIGHT, 62.0, START)
    back = reading(Vital.BODY_WEIGHT, 80.0, START + HOUR / 6)

    found = judged([*usual, spouse, back], START + HOUR)

    assert "DQ-OTHER" in {f.rule_id for f in found}
    assert {f.severity for f in found} <= {Severity.DQ, Severity.INFO}


def test_a_missing_model_leaves_the_rules_and_says_so() -> None:
    past = windows.history(SOMEBODY, [reading(Vital.SPO2, 84.0, START)])

    found = judgement.judge(past, [], now=START, rulebook=RULEBOOK, model=None)

    assert found.severity is Severity.RED
    assert any("unavailable" in str(note) for note in found.notes)


def test_who_is_shopping_is_not_looked_for_and_a_hub_that_is_down_pages_nobody() -> None:
    alone = Person("p", "UTC", lives_alone=True)
    moved = [reading(Vital.MOTION, 1.0, START - n * HOUR) for n in range(400)]
    beats = [reading(Vital.HUB_HEARTBEAT, 1.0, START - n * HOUR) for n in range(100)]
    later = START + 20 * HOUR

    assert Severity.RED in {f.severity for f in judged(moved, later, alone)}
    left = [*moved, reading(Vital.AWAY, 1.0, START + HOUR / 2)]
    assert {f.severity for f in judged(left, later, alone)} <= {Severity.DQ}
    down = judged([*moved, *beats], later, alone)
    assert {f.severity for f in down} <= {Severity.DQ}
    assert "SIL-HUB" in {f.rule_id for f in down}


def test_everybody_who_stops_at_once_is_each_asked_once_and_nobody_is_paged() -> None:
    usual = [reading(Vital.BODY_WEIGHT, 80.0, START - n * DAY) for n in range(30)]

    news = replayed(usual, START + 4 * DAY)

    silent = [n for n in news if n.finding.problem.value == "silence" and n.at > START]
    assert silent
    assert {n.finding.severity for n in silent} <= {Severity.DQ, Severity.YELLOW}
    assert len({(n.finding.rule_id, n.finding.at) for n in silent}) == len(silent)
