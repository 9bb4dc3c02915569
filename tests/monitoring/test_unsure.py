"""A weight of somebody else, or in pounds, waits for its repeat and alerts no physician (AL-20)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from core.vitals import Reading, Severity, Vital
from ingest.enrolment import Person
from monitoring import eventtime, judgement, windows
from tests.monitoring.conftest import START
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitoring.eventtime import News
    from monitoring.findings import Assessment, Finding

PERSON = Person("p", "UTC", groups=frozenset({"heart_failure"}))
MORNING = (START + timedelta(days=30)).replace(hour=9, minute=0)
ODD = [95.0, 176.4]  # the spouse; the same person in pounds


def weight(value: float, after: float) -> Reading:
    at = MORNING + timedelta(minutes=after)
    return Reading(f"{value} {after}", Vital.BODY_WEIGHT, value, at, at)


def usual() -> list[Reading]:
    return [weight(80.0 + 0.1 * (day % 3), -1440 * day) for day in range(1, 29)]


def judged(*new: Reading, after: float) -> Assessment:
    past = windows.history(PERSON, [*usual(), *new], gate=RULEBOOK.gate)
    points = [windows.time_of(r) for r in new]
    now = MORNING + timedelta(minutes=after)
    return judgement.judge(past, points, now=now, rulebook=RULEBOOK, model=None)


def fluid(found: Sequence[Finding]) -> set[tuple[Severity, bool]]:
    return {(f.severity, f.confirmed) for f in found if f.problem == "fluid"}


def replayed(*new: Reading) -> list[News]:
    versions = [eventtime.Version(each) for each in [*usual(), *new]]
    past = eventtime.Past(PERSON, versions)
    until = max(r.received for r in new) + timedelta(days=1)
    return list(eventtime.run(past, rulebook=RULEBOOK, model=None, until=until))


@pytest.mark.parametrize("odd", ODD)
def test_a_strange_weight_is_asked_about_and_alerts_nobody_yet(odd: float) -> None:
    found = judged(weight(odd, 0), after=0)

    assert {f.severity for f in found.findings} <= {Severity.DQ}
    [ask] = found.asks
    assert (ask.vital, ask.critical) == (Vital.BODY_WEIGHT, False)
    assert ask.until == found.recheck_at == MORNING + timedelta(minutes=60)


@pytest.mark.parametrize("odd", ODD)
def test_repeated_at_the_usual_it_never_reaches_a_physician(odd: float) -> None:
    new = [weight(odd, 0), weight(80.1, 20)]

    found = judged(*new, after=90)

    assert {f.severity for f in found.findings} == {Severity.DQ}
    assert {n.finding.severity for n in replayed(*new)} == {Severity.DQ}


def test_with_nobody_to_repeat_it_it_goes_through_unconfirmed() -> None:
    new = weight(95.0, 0)

    assert fluid(judged(new, after=59).findings) == set()
    assert (Severity.AMBER, False) in fluid(judged(new, after=60).findings)
    assert all(not confirmed for _, confirmed in fluid(judged(new, after=60).findings))
    [first, *_] = [n for n in replayed(new) if n.finding.severity is Severity.AMBER]
    assert first.at == MORNING + timedelta(minutes=60)
    assert not first.finding.confirmed


def test_a_repeat_that_agrees_is_a_gain_at_once() -> None:
    new = [weight(90.0, 0), weight(89.5, 5)]

    assert (Severity.AMBER, True) in fluid(judged(*new, after=5).findings)


def test_a_repeat_in_pounds_does_not_confirm_pounds() -> None:
    new = [weight(176.4, 0), weight(176.3, 5)]

    assert fluid(judged(*new, after=5).findings) == set()
    assert (Severity.AMBER, True) not in fluid(judged(*new, after=90).findings)


def test_a_gain_within_the_range_of_one_person_waits_for_nothing() -> None:
    assert (Severity.AMBER, True) in fluid(judged(weight(83.0, 0), after=0).findings)


def test_a_gain_over_days_is_no_jump_however_far_it_has_gone() -> None:
    gain = [weight(80.0 + 1.5 * day, -1440 * (5 - day)) for day in range(1, 6)]
    new = [r for r in usual() if r.effective < gain[0].effective - timedelta(hours=1)]
    past = windows.history(PERSON, [*new, *gain], gate=RULEBOOK.gate)

    found = judgement.judge(
        past, [windows.time_of(gain[-1])], now=MORNING, rulebook=RULEBOOK, model=None
    )

    assert (Severity.AMBER, True) in fluid(found.findings)


def test_the_wait_of_a_weight_before_midnight_is_kept_over_it() -> None:
    late = weight(95.0, 60 * 14 + 40)  # 23:40

    [first, *_] = [n for n in replayed(late) if n.finding.severity is Severity.AMBER]

    assert first.at == late.effective + timedelta(minutes=60)
    assert first.finding.at == late.effective


@pytest.mark.parametrize("odd", ODD)
def test_once_found_out_it_is_in_no_daily_weight(odd: float) -> None:
    """Two weights of one day are averaged: not with somebody else's."""
    new = [weight(80.1, -30), weight(odd, 0), weight(80.2, 20)]
    later = [weight(80.0, 1440), weight(80.1, 2880)]

    found = judged(*new, *later, after=2900)

    assert {f.severity for f in found.findings} == {Severity.DQ}


def test_any_order_of_arrival_ends_alike() -> None:
    new = [weight(95.0, 0), weight(80.1, 20), weight(80.3, 1440), weight(95.2, 1460)]
    expected = fluid(judged(*new, after=1600).findings)
    end = MORNING + timedelta(minutes=1500)

    for order in permutations(range(len(new))):
        arrived = [
            replace(r, received=end + timedelta(minutes=n)) for r, n in zip(new, order, strict=True)
        ]
        assert fluid(judged(*arrived, after=1600).findings) == expected


def test_a_late_repeat_finds_the_strange_weight_out() -> None:
    """It went through unconfirmed; with the repeat known, nothing of it is found any more."""
    asked = datetime.fromtimestamp(MORNING.timestamp(), UTC) + timedelta(hours=5)
    assert fluid(judged(weight(95.0, 0), after=300).findings)
    repeat = Reading("late", Vital.BODY_WEIGHT, 80.1, MORNING + timedelta(minutes=20), asked)

    assert fluid(judged(weight(95.0, 0), repeat, after=301).findings) == set()
