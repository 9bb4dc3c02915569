from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.vitals import MEASURES, Quality, Reading, Severity, Vital
from ingest.enrolment import Person
from monitoring import judgement, scoring, windows, words
from monitoring.findings import Finding, Problem, Risk
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitoring.findings import Assessment
    from monitoring.rulebook import Rulebook
    from tests.monitoring.conftest import MakeReadings

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
END = START + timedelta(days=12)
SOMEBODY = Person("p", "Europe/Berlin", groups=frozenset({"heart_failure", "diabetes"}))

# Values around the limits, so that findings come and go with each other.
LIVELY = {
    Vital.SPO2: (88.0, 98.0),
    Vital.HEART_RATE: (100.0, 140.0),
    Vital.SYSTOLIC_BP: (84.0, 120.0),
    Vital.RESPIRATORY_RATE: (18.0, 28.0),
    Vital.BODY_TEMPERATURE: (34.5, 38.5),
    Vital.BODY_WEIGHT: (79.0, 83.0),
    Vital.GLUCOSE: (50.0, 320.0),
}


@st.composite
def lives(draw: st.DrawFn) -> list[Reading]:
    """Readings minutes to days apart, in time order."""
    gaps = draw(st.lists(st.sampled_from([3, 8, 20, 45, 70, 700, 1500]), min_size=2, max_size=8))
    vitals = draw(st.permutations(sorted(LIVELY)))[:3]
    readings, minute = [], 0
    for number, gap in enumerate(gaps):
        minute += gap
        vital = draw(st.sampled_from(vitals))
        low, high = LIVELY[vital]
        at = START + timedelta(minutes=minute)
        value = round(draw(st.floats(low, high)), 1)
        readings.append(Reading(str(number), vital, value, at, at))
    return readings


def judge(
    readings: Sequence[Reading], now: datetime = END, person: Person = SOMEBODY
) -> Assessment:
    past = windows.history(person, readings)
    points = [windows.time_of(r) for r in readings]
    return judgement.judge(past, points, now=now, rulebook=RULEBOOK, model=None)


def facts(findings: Sequence[Finding]) -> set[tuple[object, ...]]:
    return {
        (f.rule_id, f.problem, f.at, f.severity, f.confirmed, f.evidence)
        for f in findings
        if f.problem is not Problem.SILENCE
    }


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lives(), st.data())
def test_any_order_of_arrival_ends_with_the_same_findings(
    readings: list[Reading], data: st.DataObject
) -> None:
    """REL-19: what was judged before is judged again where a late reading touches it."""
    order = data.draw(st.permutations(readings))
    known: list[Reading] = []
    standing: list[Finding] = []
    for reading in order:
        known.append(reading)
        past = windows.history(SOMEBODY, known)
        points = judgement.points_after(past, [windows.time_of(reading)], now=END.timestamp())
        before = [f for f in standing if f.at.timestamp() < points[0]]
        judged = judgement.judge(
            past, points, now=END, rulebook=RULEBOOK, model=None, recent=before
        )
        standing = before + [f for f in judged.findings if f.at.timestamp() >= points[0]]

    assert facts(standing) == facts(judge(readings).findings)


@settings(max_examples=100, deadline=None)
@given(lives(), st.data())
def test_a_judgement_cannot_see_what_comes_later(
    readings: list[Reading], data: st.DataObject
) -> None:
    now = data.draw(st.sampled_from([r.effective for r in readings]))
    point = [now.timestamp()]

    with_future, without = (
        judgement.judge(
            windows.history(SOMEBODY, rs), point, now=now, rulebook=RULEBOOK, model=None
        )
        for rs in (readings, [r for r in readings if r.effective <= now])
    )

    assert with_future == without


@settings(max_examples=200, deadline=None)
@given(lives(), st.floats(0, 1))
def test_a_red_of_a_rule_survives_whatever_else_is_found(
    readings: list[Reading], probability: float
) -> None:
    """AL-01: neither lesser findings nor the score nor a combination lower it."""
    alone = [f for f in judge(readings).findings if f.severity is Severity.RED]
    risk = Risk(probability, 0.0, 0.0, (), 14, "m", "simulated data")
    scored = scoring.score_finding(
        RULEBOOK, risk, {"YELLOW": 0.1, "AMBER": 0.3}, at=END, day=END.date()
    )
    lesser = [replace(f, severity=Severity.YELLOW, confirmed=True) for f in alone]

    together = scoring.distinct([*lesser, *([scored] if scored else []), *alone, *lesser])

    assert {f for f in together if f.severity is Severity.RED} == set(alone)


def test_a_slow_gain_of_a_quarter_kilo_a_day_is_caught(person: Person, daily: MakeReadings) -> None:
    """A baseline that learned from the days under test would never see it."""
    readings = daily(Vital.BODY_WEIGHT, [80.0] * 28 + [80 + 0.25 * d for d in range(1, 22)])

    judged = judge(readings, now=readings[-1].effective, person=person)

    first = min(f.at for f in judged.findings if f.rule_id == "HF-W30")
    assert (first - START).days == 28 + 7  # 1 kg over the usual on 5 of 7 days


@pytest.mark.parametrize(
    ("newer", "back"),
    [(97.0, True), (92.0, True), (91.5, False), (90.0, False)],  # the limit is 91, 1 to clear
)
def test_a_late_red_keeps_its_tier_and_says_whether_a_newer_value_is_normal(
    newer: float, *, back: bool
) -> None:
    """REL-20, AL-07: to be back in range takes more than to be past the limit by a hair."""
    late = Reading("late", Vital.SPO2, 88.0, START, START + timedelta(hours=3))
    after = START + timedelta(hours=1)
    readings = [late, Reading("newer", Vital.SPO2, newer, after, after)]

    found = judge(readings, now=START + timedelta(hours=3)).findings

    red = next(f for f in found if f.at == START and f.rule_id == "SPO2-CRIT")
    assert (red.severity, red.back_in_range) == (Severity.RED, back)


def test_the_middle_of_three_critical_values_may_arrive_last_behind_a_normal_one() -> None:
    times = [START + timedelta(minutes=m) for m in (0, 4, 8, 20)]
    values = [90.0, 89.0, 90.0, 97.0]
    readings = [
        Reading(str(i), Vital.SPO2, v, t, t)
        for i, (v, t) in enumerate(zip(values, times, strict=True))
    ]

    in_order, late = (
        facts([f for f in judge(rs).findings if f.severity is Severity.RED])
        for rs in (readings, [*readings[:1], *readings[2:], readings[1]])
    )

    assert in_order == late
    assert len(in_order) == 3


@pytest.mark.parametrize("vital", [Vital.HEART_RATE, Vital.GLUCOSE, Vital.SPO2])
@pytest.mark.parametrize(
    "quality", [q for q in Quality if q not in (Quality.SCORED, Quality.BOUND)]
)
def test_a_value_that_is_only_kept_never_reaches_a_value_rule(
    vital: Vital, quality: Quality
) -> None:
    """A device's own doubt, a conflict or an impossible value never scores."""
    reading = Reading("kept", vital, MEASURES[vital].low, START, START, quality)

    found = judge([reading], now=START).findings

    assert {f.rule_id for f in found} <= {"DQ-RANGE", "DQ-CLOCK"}


def test_every_finding_can_be_read_aloud(rulebook: Rulebook, daily: MakeReadings) -> None:
    readings = daily(Vital.SPO2, [96.0] * 20 + [90.0])

    found = judge(readings, now=readings[-1].effective).findings

    [sentence] = [words.clinician(f) for f in found if f.rule_id == "SPO2-CRIT"]
    assert sentence.startswith(
        "SpO2 90 %, RED limit 91 % or less. That is 6 points below the usual 96 % (range 94–98 %"  # noqa: RUF001 (a range)
    )
    assert sentence.endswith(" It is unconfirmed: the measurement has not been repeated yet.")
    assert all(words.counterfactual(f) for f in found)
    assert rulebook.hash == judge(readings).rulebook_hash
    assert {each.rulebook_hash for each in found} == {rulebook.hash}


def test_without_a_model_the_rules_still_judge_and_the_notes_say_so(daily: MakeReadings) -> None:
    """FT-33."""
    judged = judge(daily(Vital.SPO2, [85.0]), now=START)

    assert judged.severity is Severity.RED
    assert any("score is unavailable" in note.id for note in judged.notes)


def test_a_suspicious_value_says_when_to_look_again(daily: MakeReadings) -> None:
    """AL-20."""
    judged = judge(daily(Vital.HEART_RATE, [115.0]), now=START + timedelta(minutes=5))

    assert judged.recheck_at == START + timedelta(minutes=30)
    assert judged.severity is None


def test_a_wait_that_has_passed_is_judged_even_if_nobody_asked_in_time(
    daily: MakeReadings,
) -> None:
    judged = judge(daily(Vital.HEART_RATE, [115.0]), now=START + timedelta(hours=9))

    assert [(f.rule_id, f.at, f.confirmed) for f in judged.findings] == [("HR-HIGH2", START, False)]


def test_levels_of_confirmation_only_rise(daily: MakeReadings) -> None:
    """A repeat never makes a tier lower than the single value had made it."""
    values = (88.0, 89.0, 91.0, 90.0)
    readings = [r for n, v in enumerate(values) for r in daily(Vital.SPO2, [v], hour=n / 20)]

    found = [f for f in judge(readings).findings if f.rule_id == "SPO2-CRIT"]

    assert all(a.confirmed <= b.confirmed for a, b in pairwise(found))
    assert {f.severity for f in found} == {Severity.RED}
