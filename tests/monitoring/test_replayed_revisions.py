"""A correction or a retraction in a replay: it may open what was held back, as it does live."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from core.vitals import Reading, Severity, Vital
from ingest.enrolment import Person
from monitoring import eventtime, judgement, windows
from monitoring.eventtime import News, Past, Version
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from collections.abc import Sequence

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
SOMEBODY = Person("p", "Asia/Seoul", groups=frozenset({"heart_failure"}))
MINUTE = timedelta(minutes=1)
LATER = START + timedelta(hours=5)


def pulse(minute: int, value: float) -> Reading:
    at = START + minute * MINUTE
    return Reading(f"{minute} {value}", Vital.HEART_RATE, value, at, at)


def told(versions: Sequence[Version], *, days: float = 1) -> list[News]:
    past = Past(SOMEBODY, versions)
    until = START + timedelta(days=days)
    return list(eventtime.run(past, rulebook=RULEBOOK, model=None, until=until))


def test_a_retracted_repeat_lets_through_what_it_had_held_back_rel_23() -> None:
    """115 was repeated by 72 four minutes later; five hours on, the 72 is taken back."""
    gone = Version(pulse(4, 72.0), replaced=LATER.timestamp())

    kept = [n for n in told([Version(pulse(0, 115.0)), Version(pulse(4, 72.0))]) if n.alerts]
    [opened] = [n for n in told([Version(pulse(0, 115.0)), gone]) if n.alerts]

    assert not kept
    assert opened.at == LATER
    assert opened.finding.severity is Severity.AMBER
    assert opened.finding.at == START


def test_a_value_corrected_to_red_is_told_when_it_comes_and_dated_when_it_was_rel_23() -> None:
    wrong = pulse(0, 72.0)
    right = replace(wrong, id="right", value=150.0, received=LATER)

    [red] = [n for n in told([Version(wrong, LATER.timestamp()), Version(right)]) if n.alerts]

    assert red.finding.severity is Severity.RED
    assert (red.at, red.finding.at) == (LATER, START)


def test_what_is_taken_back_a_month_later_raises_nothing() -> None:
    gone = Version(pulse(4, 72.0), replaced=(START + timedelta(days=31)).timestamp())

    assert not [n for n in told([Version(pulse(0, 115.0)), gone], days=32) if n.alerts]


@st.composite
def revised(draw: st.DrawFn) -> list[Version]:
    """Heart rates of different minutes, some of them taken back or corrected hours later."""
    versions = []
    for minute in draw(st.lists(st.integers(0, 240), min_size=1, max_size=6, unique=True)):
        first = pulse(minute, draw(st.sampled_from([72.0, 115.0, 128.0, 140.0])))
        change = draw(st.sampled_from(["kept", "kept", "gone", "corrected"]))
        if change == "kept":
            versions.append(Version(first))
            continue
        at = LATER + draw(st.integers(0, 90)) * MINUTE
        versions.append(Version(first, replaced=at.timestamp()))
        if change == "corrected":
            value = draw(st.sampled_from([72.0, 115.0, 140.0]))
            versions.append(
                Version(replace(first, id=f"{first.id} again", value=value, received=at))
            )
    return versions


@settings(max_examples=500, deadline=None)
@given(revised(), st.data())
def test_a_replay_of_any_order_ends_with_all_that_the_last_versions_give_rel_19(
    versions: list[Version], data: st.DataObject
) -> None:
    """What the readings that stand in the end give was told; the order of the file is nothing."""
    until = START + timedelta(hours=8)
    standing = [v.reading for v in versions if v.replaced is None]
    past = windows.history(SOMEBODY, standing)
    points = judgement.points_after(past, [START.timestamp()], now=until.timestamp())
    judged = judgement.judge(past, points, now=until, rulebook=RULEBOOK, model=None).findings
    final = {(f.rule_id, f.at) for f in judged if f.problem.value == "rhythm"}

    news = told(data.draw(st.permutations(versions)), days=8 / 24)

    assert news == told(versions, days=8 / 24)
    assert final <= {(n.finding.rule_id, n.finding.at) for n in news}
