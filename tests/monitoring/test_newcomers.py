"""In the first fortnight a jump that no body makes waits for its repeat, as it does later."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from core.vitals import Reading, Severity, Vital
from ingest.enrolment import Person
from monitoring import eventtime, judgement, windows
from tests.monitoring.conftest import START
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from monitoring.eventtime import News
    from monitoring.findings import Assessment, Finding

PERSON = Person("p", "UTC", groups=frozenset({"heart_failure"}))
MORNING = START.replace(hour=9, minute=0)
SPOUSE, POUNDS = 95.0, 176.4


def weight(value: float, day: int, minutes: float = 0) -> Reading:
    at = MORNING + timedelta(days=day, minutes=minutes)
    return Reading(f"{value} {day} {minutes}", Vital.BODY_WEIGHT, value, at, at)


def own(days: int) -> list[Reading]:
    return [weight(80.0 + 0.1 * (day % 3), day) for day in range(days)]


def judged(*readings: Reading, after: float = 0) -> Assessment:
    """Judge the last reading and what waits, so many minutes after it."""
    past = windows.history(PERSON, readings, gate=RULEBOOK.gate)
    last = max(readings, key=lambda r: r.effective)
    now = last.effective + timedelta(minutes=after)
    return judgement.judge(past, [windows.time_of(last)], now=now, rulebook=RULEBOOK, model=None)


def told(found: Assessment) -> set[Severity]:
    return {f.severity for f in found.findings} - {Severity.INFO}


def fluid(found: Assessment) -> list[Finding]:
    return [f for f in found.findings if f.problem == "fluid"]


def replayed(*readings: Reading) -> list[News]:
    past = eventtime.Past(PERSON, [eventtime.Version(each) for each in readings])
    until = max(r.received for r in readings) + timedelta(days=1)
    return list(eventtime.run(past, rulebook=RULEBOOK, model=None, until=until))


@pytest.mark.parametrize("days", [1, 2, 3, 6, 13])
@pytest.mark.parametrize("odd", [SPOUSE, POUNDS])
def test_a_strange_weight_of_a_new_person_is_asked_about_first(days: int, odd: float) -> None:
    found = judged(*own(days), weight(odd, days))

    assert told(found) <= {Severity.DQ}
    [ask] = found.asks
    assert (ask.vital, ask.critical) == (Vital.BODY_WEIGHT, False)


@pytest.mark.parametrize("days", [1, 2, 6, 13])
@pytest.mark.parametrize("odd", [SPOUSE, POUNDS])
def test_repeated_at_the_own_weight_it_reaches_no_physician(days: int, odd: float) -> None:
    new = [weight(odd, days), weight(80.1, days, 20)]

    assert told(judged(*own(days), *new, after=90)) <= {Severity.DQ}
    assert {n.finding.severity for n in replayed(*own(days), *new)} <= {Severity.DQ}
    assert "DQ-OTHER" in {n.finding.rule_id for n in replayed(*own(days), *new)}


@pytest.mark.parametrize("days", [1, 2, 6, 13])
def test_not_repeated_it_goes_through_unconfirmed(days: int) -> None:
    readings = [*own(days), weight(SPOUSE, days)]

    assert fluid(judged(*readings, after=59)) == []
    found = fluid(judged(*readings, after=60))
    assert Severity.AMBER in {f.severity for f in found}
    assert not any(f.confirmed for f in found)


@pytest.mark.parametrize("days", [1, 2, 6, 13, 29])
def test_pounds_that_nobody_repeats_are_no_gain_of_weight(days: int) -> None:
    readings = [*own(days), weight(POUNDS, days)]

    assert {n.finding.severity for n in replayed(*readings)} == {Severity.DQ}
    assert {n.finding.rule_id for n in replayed(*readings)} >= {"DQ-UNIT"}
    assert fluid(judged(*readings, after=600)) == []


def test_pounds_on_another_day_too_go_through_unconfirmed() -> None:
    """A scale that stays in pounds hides nobody: a person looks."""
    readings = [*own(6), weight(POUNDS, 6), weight(POUNDS + 1, 7)]

    found = fluid(judged(*readings, after=60))

    assert Severity.AMBER in {f.severity for f in found}
    assert not any(f.confirmed for f in found)


def test_a_repeat_that_agrees_is_a_gain_at_once() -> None:
    found = fluid(judged(*own(4), weight(88.0, 4), weight(87.6, 4, 5)))

    assert (Severity.AMBER, True) in {(f.severity, f.confirmed) for f in found}


def test_a_gain_that_a_body_can_make_waits_for_nothing() -> None:
    found = fluid(judged(*own(4), weight(83.0, 4)))

    assert (Severity.AMBER, True) in {(f.severity, f.confirmed) for f in found}


def test_a_gain_over_days_is_no_jump() -> None:
    gain = [weight(80.0 + 1.7 * day, 3 + day) for day in range(1, 6)]

    found = fluid(judged(*own(4), *gain))

    assert (Severity.AMBER, True) in {(f.severity, f.confirmed) for f in found}


def test_any_order_of_arrival_ends_alike() -> None:
    new = [weight(80.0, 0), weight(SPOUSE, 1), weight(80.1, 1, 20), weight(80.4, 2)]
    expected = {(f.rule_id, f.severity) for f in judged(*new, after=120).findings}
    end = max(r.effective for r in new)

    for order in permutations(range(len(new))):
        arrived = [
            Reading(r.id, r.vital, r.value, r.effective, end + timedelta(minutes=n))
            for r, n in zip(new, order, strict=True)
        ]
        found = judged(*arrived, after=120)
        assert {(f.rule_id, f.severity) for f in found.findings} == expected
