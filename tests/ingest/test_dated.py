"""Facts begin and end, and a person is asked for as they were at an instant."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf

from hypothesis import given
from hypothesis import strategies as st

from ingest.dated import Fact, Facts, Said, Span, alone_facts, revised
from ingest.enrolment import Person

DAY = timedelta(days=1)
T0 = datetime(2026, 3, 1, tzinfo=UTC)
HELD = Said("insulin", holds=True)


def at(day: float) -> datetime:
    return T0 + day * DAY


def held_on(spans: tuple[Span[str], ...], day: float) -> list[str]:
    when = at(day)
    return [
        span.what
        for span in spans
        if (span.since or T0 - 999 * DAY) <= when < (span.until or T0 + 999 * DAY)
    ]


def test_what_ends_without_a_date_held_until_that_was_heard() -> None:
    begun = revised((), replace(HELD, heard=at(1)), now=at(1))
    over = revised(begun, Said("insulin", holds=False), now=at(5))

    assert held_on(over, 4.9) == ["insulin"]
    assert held_on(over, 5) == []


def test_what_begins_again_is_a_second_time_of_its_own() -> None:
    spans: tuple[Span[str], ...] = ()
    for day, holds in ((1, True), (5, False), (9, True)):
        said = Said("insulin", holds, heard=at(day))
        spans = revised(spans, said, now=at(day))

    assert [held_on(spans, day) for day in (4, 7, 10)] == [["insulin"], [], ["insulin"]]
    assert len(spans) == 2


def test_dates_of_its_own_take_the_place_of_all_that_was_said_before() -> None:
    begun = revised((), replace(HELD, heard=at(1)), now=at(1))
    dated = revised(begun, replace(HELD, since=at(2), until=at(3)), now=at(9))

    assert [held_on(dated, day) for day in (1, 2, 2.9, 3)] == [[], ["insulin"], ["insulin"], []]


def test_what_was_an_error_never_was() -> None:
    begun = revised((), replace(HELD, since=at(1)), now=at(1))

    assert revised(begun, Said("insulin", holds=False, never=True), now=at(2)) == ()


def test_what_was_over_when_it_was_first_heard_of_is_not_known_to_have_held() -> None:
    over = Said("insulin", holds=False, since=at(1))

    assert revised((), over, now=at(5)) == ()
    assert revised((), replace(over, until=at(3)), now=at(5)) == (
        Span("insulin", at(1), at(3), None),
    )


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans()), max_size=8))
def test_whatever_is_said_no_two_times_of_one_fact_overlap(said: list[tuple[int, bool]]) -> None:
    spans: tuple[Span[str], ...] = ()
    for day, holds in sorted(said):
        spans = revised(spans, Said("insulin", holds, heard=at(day)), now=at(day))

    assert all(len(held_on(spans, day)) <= 1 for day in range(-1, 52))
    if said:
        assert bool(held_on(spans, 60)) is max(said)[1]


def seconds(day: float) -> float:
    return at(day).timestamp()


WHO = Person("p", "UTC")


def test_a_person_is_who_they_were_at_the_instant_that_is_judged() -> None:
    facts = Facts(
        (
            Fact(seconds(2), seconds(4), medicines=frozenset({"insulin"}), medicine=True),
            Fact(heard=seconds(3), groups=frozenset({"copd"}), hypercapnic=True),
        ),
        scale_two=True,
    )
    who = replace(WHO, dated=facts)

    taken = [who.at(seconds(day), inf).medicines for day in (1, 2, 3.9, 4)]
    assert taken == [frozenset(), {"insulin"}, {"insulin"}, frozenset()]
    # Undated: true of all that is judged once it has been heard of, and of nothing before.
    assert who.at(seconds(1), seconds(2)).groups == frozenset()
    assert who.at(seconds(1), seconds(3)).groups == {"copd"}
    assert who.at(seconds(1), seconds(3)).scale_two
    assert not who.at(seconds(1), seconds(2)).scale_two


def test_an_answer_about_the_home_holds_until_the_next() -> None:
    who = replace(WHO, dated=Facts(tuple(alone_facts([(at(5), False), (at(2), True)]))))

    assert [who.at(seconds(day), inf).lives_alone for day in (1, 2, 5)] == [None, True, False]


def test_what_is_added_to_a_person_is_not_lost_at_another_time() -> None:
    who = replace(WHO, dated=Facts((Fact(since=seconds(2), groups=frozenset({"copd"})),)))
    before = who.at(seconds(3), inf)

    named = replace(before, zone="Asia/Seoul").at(seconds(3), inf)

    assert (named.zone, set(named.groups)) == ("Asia/Seoul", {"copd"})


facts_ = st.builds(
    Fact,
    since=st.sampled_from([-inf, *map(seconds, range(6))]),
    until=st.sampled_from([inf, *map(seconds, range(6))]),
    heard=st.sampled_from([-inf, *map(seconds, range(6))]),
    groups=st.frozensets(st.sampled_from("abc"), max_size=2),
    medicine=st.just(value=True),
)


@given(st.lists(facts_, max_size=6), st.lists(st.tuples(st.floats(-1, 7), st.floats(-1, 7))))
def test_what_is_remembered_of_an_instant_is_what_is_true_at_it(
    facts: list[Fact], asked: list[tuple[float, float]]
) -> None:
    dated = Facts(tuple(facts))
    who = replace(WHO, dated=dated)

    for at_, arrived in asked:
        true = [f for f in facts if f.holds(seconds(at_), seconds(arrived))]
        found = who.at(seconds(at_), seconds(arrived))
        assert found.groups == frozenset[str]().union(*(f.groups for f in true))
