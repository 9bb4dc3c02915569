"""What a bench says of two sets of times is what lies in them: no more, and no less."""

from __future__ import annotations

import random

import pytest

from bench.apart import LATE, MEDIAN, Apart, Turns, apart

TRIES = 1_000


def times(seed: int, *, more: float = 0.0, late: float = 0.0) -> list[float]:
    """Return invented milliseconds: about 10, now and then many more, as machines have it."""
    rng = random.Random(seed)  # noqa: S311 (the same times every time)
    said = [10 + more + rng.gauss(0, 0.3) for _ in range(TRIES)]
    return [each + (late + 2 if n % 12 == 0 else 0) for n, each in enumerate(said)]


@pytest.mark.parametrize("of", [MEDIAN, LATE])
def test_what_is_alike_is_said_to_be_within_and_what_is_longer_is_not_sec_06_sec_12(
    of: float,
) -> None:
    alike, longer = apart(times(1), times(2), of), apart(times(1, more=3), times(2), of)

    assert alike.holds(0)
    assert alike.within(0.5)
    assert longer.beyond(2)
    assert longer.holds(3)
    assert not longer.within(2.9)


def test_what_is_longer_only_now_and_then_shows_at_p95_alone_sec_06() -> None:
    one, other = times(1, late=9), times(2)

    assert apart(one, other, MEDIAN).within(0.5)
    assert apart(one, other, LATE).beyond(4)


def test_what_falls_upon_both_at_a_time_is_no_difference_sec_06() -> None:
    """Turns are drawn whole: a busy minute is in both."""
    busy = [40.0 if 300 < n < 500 else 0.0 for n in range(TRIES)]
    one, other = (
        [each + more for each, more in zip(times(seed), busy, strict=True)] for seed in (1, 2)
    )

    assert apart(one, other, LATE).within(2)


def test_a_few_tries_leave_open_what_many_do_not_sec_06() -> None:
    few, many = (apart(times(1)[:n], times(2)[:n], LATE) for n in (60, TRIES))

    assert few.wide > many.wide
    assert not Apart(0.5, -7, 8).within(5)
    assert not Apart(0.5, -7, 8).beyond(5)


def test_each_way_is_tried_as_often_and_the_first_once_more() -> None:
    said: list[str] = []
    turns = Turns(lambda: said.append("a"), lambda: said.append("b"), lambda: said.append("-"))

    turns.take(6)

    assert "".join(said).count("-") == 18
    assert (said.count("a"), said.count("b")) == (12, 6)
    assert {len(each.clock) for each in turns.tries} == {6}
    assert {len(each.processor) for each in turns.tries} == {6}
    orders = {"".join(said[n : n + 6 : 2]) for n in range(0, 36, 6)}
    assert orders == {"aba", "baa", "aab"}
