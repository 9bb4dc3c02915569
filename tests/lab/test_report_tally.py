"""What is counted of alerts and events, on people whose right answer is known by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lab.reporting.operating import (
    at_random,
    courses_of,
    curve,
    factor_within,
    permuted,
    swept,
)
from lab.reporting.oximeters import Oximeter, by_tone
from lab.reporting.subgroups import axes
from lab.reporting.tally import ahead, covered, figures, inside, tallied
from lab.reporting.ways import HEARTS, RANDOM, RULES
from tests.lab.watched_people import FIRST, YEAR, a_person

if TYPE_CHECKING:
    from lab.reporting.people import Watched
    from lab.reporting.tally import Figures

NOBODY: frozenset[str] = frozenset()


def told(people: list[Watched]) -> Figures:
    return figures(people, courses_of(people, RULES, 1.0, NOBODY), 1)


def test_sensitivity_stands_beside_chance_at_the_same_burden() -> None:
    """One alert a year: chance finds 1 - exp(-7/365.25) of events at a look-back of 7 days."""
    found = told([a_person(alerts=(95.0,), events=(100.0, 300.0))])

    assert found["sensitivity"].value == 0.5
    assert found["burden"].value == pytest.approx(1.0)
    assert found["chance"].value == pytest.approx(1 - math.exp(-7 / YEAR))
    assert found["lift"].value == pytest.approx(0.5 - found["chance"].value)
    assert found["per_100_per_day"].value == pytest.approx(100 / YEAR)
    assert found["lead_days"].value == 5.0


def test_each_look_back_has_its_own_chance() -> None:
    """An alert 10 days ahead is found at 14 and 30 days, not at 7."""
    found = told([a_person(alerts=(90.0,), events=(100.0,))])

    assert [found[f"sensitivity_{days}"].value for days in (7, 14, 30)] == [0, 1, 1]
    assert found["chance_30"].value == pytest.approx(1 - math.exp(-30 / YEAR))


def test_what_an_alert_was_worth_has_two_names() -> None:
    """Of three alerts one comes before a record, two while somebody was truly ill."""
    person = a_person(
        alerts=(95.0, 200.0, 330.0), events=(100.0,), ill=((90.0, 110.0), (195.0, 215.0))
    )

    found = told([person])

    assert found["ppv_event"].value == pytest.approx(1 / 3)
    assert found["ppv_actionable"].value == pytest.approx(2 / 3)
    assert found["ppv_event_by_chance"].value == pytest.approx(7 / YEAR)
    assert found["ppv_actionable_by_chance"].value == pytest.approx(40 / YEAR)
    assert found["unexplained"].value == pytest.approx(2.0)


def test_a_heart_failure_event_counts_as_early_from_a_day_ahead() -> None:
    hearts = ("heart_failure",)
    early, late = (
        told([a_person(alerts=(100.0 - ahead,), events=(100.0,), kinds=hearts)])["heart_early"]
        for ahead in (1.5, 0.5)
    )

    assert (early.value, late.value) == (1, 0)
    assert math.isnan(told([a_person(alerts=(95.0,), events=(100.0,))])["heart_early"].value)


def test_sensitivity_is_told_of_what_could_be_read() -> None:
    people = [
        a_person("a", alerts=(95.0,), events=(100.0,)),
        a_person("b", events=(100.0,)),
        a_person("c", alerts=(95.0,), events=(100.0,), readable=False),
        a_person("d", events=(100.0,), readable=False),
    ]

    found = told(people)

    assert found["readable"].value == 0.5
    assert found["found_of_readable"].value == 0.5
    assert found["share_of_ceiling"].value == 1.0  # two found of two readable


def test_days_under_several_spans_count_once() -> None:
    assert covered(np.array([[5.0, 20.0], [10.0, 15.0], [18.0, 40.0]]), 10.0, 30.0) == 20.0
    assert inside(np.array([4.0, 6.0]), np.array([[5.0, 7.0]])).tolist() == [False, True]


def half_found(copies: int) -> list[Watched]:
    return [
        a_person(f"p{number}", alerts=(95.0,) if number % 2 else (), events=(100.0,))
        for number in range(12)
        for _ in range(copies)
    ]


def test_patients_are_drawn_and_never_their_lives_or_events() -> None:
    """Proves evidence.md 3.5, bootstrap by patient: one person in ten worlds is one person."""
    once, often = (told(half_found(copies))["sensitivity"] for copies in (1, 10))

    assert (often.low, often.high) == pytest.approx((once.low, once.high))
    apart = [replace(p, name=f"{n}") for n, p in enumerate(half_found(10))]
    narrow = told(apart)["sensitivity"]
    assert narrow.high - narrow.low < (once.high - once.low) / 2


def test_two_ways_are_compared_on_the_same_people_drawn() -> None:
    """A way that is as the other in everybody is never ahead of it, whoever is drawn."""
    counts = tallied(half_found(1), courses_of(half_found(1), RULES, 1.0, NOBODY))
    nothing = tallied(half_found(1), [person.seen.course([]) for person in half_found(1)])

    same = ahead(half_found(1), counts, counts, 1)
    better = ahead(half_found(1), counts, nothing, 1)

    assert (same.value, same.low, same.high) == (0, 0, 0)
    assert better.value == pytest.approx(told(half_found(1))["lift"].value)
    assert better.low > 0.1


def many(count: int = 60) -> list[Watched]:
    random = np.random.default_rng(5)
    return [
        a_person(
            f"p{number}",
            alerts=tuple(np.sort(random.uniform(FIRST, FIRST + YEAR, 3))),
            events=tuple(np.sort(random.uniform(FIRST + 10, FIRST + YEAR, 3))),
            heart_failure=number % 2 == 0,
        )
        for number in range(count)
    ]


def test_alerts_at_random_find_what_chance_finds() -> None:
    """Negative control: at the burden asked for, over everybody and over some of them."""
    people = many()

    everybody, hearts = (at_random(people, name, 4.0, 1) for name in (RANDOM, HEARTS))

    assert everybody["burden"].value == pytest.approx(4.0, rel=0.08)
    assert hearts["burden"].value == pytest.approx(4.0, rel=0.08)
    assert abs(everybody["lift"].value) < 0.015
    assert everybody["ppv_event"].value == pytest.approx(
        everybody["ppv_event_by_chance"].value, abs=0.01
    )


def test_events_moved_to_other_times_leave_nothing_beyond_chance() -> None:
    """Proves evidence.md 8.6 item 6: permuted event times give chance, however good the alerts."""
    random = np.random.default_rng(6)
    people = []
    for number in range(40):
        events = np.sort(random.uniform(FIRST + 10, FIRST + YEAR, 2))
        people.append(a_person(f"p{number}", alerts=tuple(events - 3.0), events=tuple(events)))
    courses = courses_of(people, RULES, 1.0, NOBODY)

    assert told(people)["lift"].value > 0.9
    assert abs(permuted(people, courses, 1).value) < 0.03


def test_a_burden_is_kept_to_from_below() -> None:
    people = many(40)
    for person in people:
        strengths = person.seen.others["plain"]["breathing"].factor
        strengths[:] = [3.0, 1.5, 0.5]
    way, everybody = swept(people, "plain"), np.ones(len(people), dtype=np.bool_)

    factor = factor_within(way, people, everybody, 2.2)

    found = figures(people, courses_of(people, "plain", factor, NOBODY), 1)
    assert found["unexplained"].value <= 2.2
    assert 0.5 <= factor < 1.5
    burdens = [burden for burden, _, _ in curve(way.of(everybody))]
    assert burdens == sorted(burdens)


def test_a_group_with_fewer_than_ten_events_cannot_be_told() -> None:
    """Proves evidence.md section 6: small cells say "cannot tell" and enter no gap."""
    people = [a_person(f"m{n}", alerts=(95.0,), events=(100.0,), sex="male") for n in range(10)]
    people += [a_person(f"f{n}", events=(100.0,), sex="female") for n in range(20)]
    people += [a_person(f"u{n}", alerts=(95.0,), events=(100.0,), sex="other") for n in range(9)]
    counts = tallied(people, courses_of(people, RULES, 1.0, NOBODY))

    sex = next(axis for axis in axes(people, counts, 1) if axis.name == "sex")

    cells = {cell.group: cell for cell in sex.cells}
    assert not cells["other"].tells
    assert cells["other"].figures == {}
    assert cells["male"].figures["sensitivity"].value == 1
    assert cells["female"].figures["sensitivity"].value == 0
    assert sex.gap.value == 1
    brand = next(axis for axis in axes(people, counts, 1) if axis.name.startswith("device"))
    assert math.isnan(brand.gap.value)  # one brand only


def test_occult_hypoxaemia_is_told_by_skin_tone() -> None:
    people = [Oximeter("light", 2, 20, 1), Oximeter("dark", 9, 20, 8), Oximeter("few", 5, 4, 4)]

    rows = {row.tones: row for row in by_tone("older", people, 1)}

    assert (rows["Monk 1 to 3"].low, rows["Monk 1 to 3"].share.value) == (20, 0.05)
    assert (rows["Monk 7 to 10"].missed, rows["Monk 7 to 10"].share.value) == (8, 0.4)
    assert math.isnan(rows["Monk 4 to 6"].share.value)
