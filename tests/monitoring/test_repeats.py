"""A suspicious but possible value asks for its repeat, with one tip, in a stated time (AL-20)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from core.vitals import Quality, Reading, Severity, Vital
from ingest.enrolment import Person
from monitoring import judgement, windows
from monitoring.repeats import Asking, Outcome, Tip, faults, outcome
from tests.monitoring.conftest import START
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from monitoring.findings import Assessment


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def taken(vital: Vital, value: float, after: float, quality: Quality = Quality.SCORED) -> Reading:
    at = START + minutes(after)
    return Reading(f"{vital} {after}", vital, value, at, at, quality)


def judged(*readings: Reading, after: float) -> Assessment:
    past = windows.history(Person("p", "UTC"), readings, gate=RULEBOOK.gate)
    points = [windows.time_of(r) for r in readings]
    now = START + minutes(after)
    return judgement.judge(past, points, now=now, rulebook=RULEBOOK, model=None)


def tiers(found: Assessment) -> set[Severity]:
    return {f.severity for f in found.findings if f.severity is not Severity.DQ}


def test_an_amber_value_asks_first_with_a_tip_and_a_time_and_alerts_nobody() -> None:
    found = judged(taken(Vital.SPO2, 93, 0), after=0)

    [ask] = found.asks
    assert (ask.vital, ask.rule_id, ask.critical) == (Vital.SPO2, "SPO2-LOW", False)
    assert ask.until == START + minutes(30) == found.recheck_at
    assert ask.tip.startswith("Please warm your hand")
    assert tiers(found) == set()


def test_answered_by_a_normal_repeat_it_alerts_nobody() -> None:
    readings = [taken(Vital.SPO2, 93, 0), taken(Vital.SPO2, 97, 10)]
    [ask] = judged(readings[0], after=0).asks

    found = judged(*readings, after=40)

    assert outcome(ask, readings, now=START + minutes(10)) is Outcome.REPEATED
    assert (tiers(found), found.asks) == (set(), ())


def test_unanswered_it_goes_through_as_unconfirmed() -> None:
    reading = taken(Vital.SPO2, 93, 0)
    [ask] = judged(reading, after=0).asks

    found = judged(reading, after=30)

    assert outcome(ask, [reading], now=START + minutes(29)) is Outcome.WAITING
    assert outcome(ask, [reading], now=START + minutes(30)) is Outcome.UNANSWERED
    [amber] = [f for f in found.findings if f.severity is Severity.AMBER]
    assert not amber.confirmed
    assert found.asks == ()


def test_a_critical_value_opens_red_at_once_and_asks_in_parallel() -> None:
    found = judged(taken(Vital.SPO2, 88, 0), after=0)

    assert Severity.RED in tiers(found)
    [ask] = found.asks
    assert (ask.critical, ask.until) == (True, START + minutes(15))


def test_a_critical_value_that_is_confirmed_asks_no_more() -> None:
    found = judged(taken(Vital.SPO2, 88, 0), taken(Vital.SPO2, 87, 5), after=5)

    assert {(ask.taken, ask.critical) for ask in found.asks} <= {(START, True)}
    assert not [ask for ask in found.asks if ask.taken == START + minutes(5)]


def test_an_impossible_but_dangerous_value_is_asked_about_too() -> None:
    found = judged(taken(Vital.SPO2, 49, 0, Quality.IMPLAUSIBLE), after=0)

    [ask] = found.asks
    assert (ask.rule_id, ask.until) == ("DQ-RANGE", START + minutes(15))


@pytest.mark.parametrize("value", [97.0, 96.0])
def test_a_value_that_nothing_doubts_asks_nobody(value: float) -> None:
    assert judged(taken(Vital.SPO2, value, 0), after=0).asks == ()


def test_what_is_too_late_to_repeat_is_not_asked() -> None:
    assert judged(taken(Vital.SPO2, 88, 0), after=60).asks == ()


def test_a_repeat_after_its_time_is_no_answer() -> None:
    late = taken(Vital.SPO2, 97, 31)
    [ask] = judged(taken(Vital.SPO2, 93, 0), after=0).asks

    assert outcome(ask, [late], now=datetime.max.replace(tzinfo=START.tzinfo)) is Outcome.UNANSWERED


def test_two_tips_for_one_vital_and_no_words_are_refused() -> None:
    tip = Tip(vitals=(Vital.SPO2,), words="Warm it.")

    assert len(list(faults(Asking(red_minutes=15, tips=(tip, tip))))) == 2
    assert list(faults(RULEBOOK.asking)) == []
