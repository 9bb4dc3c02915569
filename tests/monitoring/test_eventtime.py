from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from core.vitals import Reading, Severity, Vital
from ingest.enrolment import Person
from monitoring import eventtime, judgement, service, windows
from monitoring.eventtime import News, Past, Version
from monitoring.findings import Problem
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitoring.findings import Finding
    from tests.monitoring.conftest import MakeReadings

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
SOMEBODY = Person("p", "Asia/Seoul", groups=frozenset({"heart_failure"}))
MODEL = service.load_model()


def run(readings: Sequence[Reading], *, days: int = 40, model: bool = False) -> list[News]:
    past = Past(SOMEBODY, [Version(reading) for reading in readings])
    until = START + timedelta(days=days)
    return list(eventtime.run(past, rulebook=RULEBOOK, model=MODEL if model else None, until=until))


@st.composite
def arrivals(draw: st.DrawFn) -> list[Reading]:
    readings = []
    for number in range(draw(st.integers(1, 15))):
        vital, low, high = draw(
            st.sampled_from([(Vital.SPO2, 88, 98), (Vital.BODY_WEIGHT, 79, 84)])
        )
        at = START + timedelta(minutes=draw(st.integers(0, 20_000)))
        late = timedelta(minutes=draw(st.sampled_from([0, 0, 5, 900, 4000])))
        value = float(draw(st.integers(low, high)))
        readings.append(Reading(str(number), vital, value, at, at + late))
    return readings


@settings(max_examples=150, deadline=None)
@given(arrivals())
def test_nothing_is_alerted_before_what_it_rests_on_had_arrived(readings: list[Reading]) -> None:
    arrived = {reading.id: reading.received for reading in readings}

    for news in run(readings, days=16, model=True):
        assert all(arrived[e.reading_id] <= news.at for e in news.finding.evidence)
        assert news.finding.at <= news.at


@settings(max_examples=100, deadline=None)
@given(arrivals(), st.integers(0, 24_000))
def test_what_arrives_later_changes_nothing_said_before(
    readings: list[Reading], minutes: int
) -> None:
    now = START + timedelta(minutes=minutes)
    known = [reading for reading in readings if reading.received <= now]

    whole = [news for news in run(readings, days=16, model=True) if news.at <= now]

    assert whole == [news for news in run(known, days=16, model=True) if news.at <= now]


def test_news_comes_in_the_order_of_time(daily: MakeReadings) -> None:
    readings = [
        *daily(Vital.SPO2, [96.0] * 10 + [90.0, 89.0]),
        *daily(Vital.HEART_RATE, [70.0] * 10 + [115.0, 120.0], hour=1),
    ]

    times = [news.at for news in run(readings)]

    assert times == sorted(times)
    assert len(times) >= 4


def test_silence_is_noticed_when_the_local_day_begins_on_which_it_is_too_long(
    daily: MakeReadings,
) -> None:
    """The last weight is of 4 March; the third day after it begins at 15:00 UTC in Seoul."""
    news = run(daily(Vital.BODY_WEIGHT, [80.0] * 3))

    silent = next(n for n in news if n.finding.rule_id == "SIL-HFW")
    assert silent.finding.severity is Severity.DQ
    assert not silent.alerts
    assert silent.at == datetime(2026, 3, 6, 15, tzinfo=UTC)


def test_an_unrepeated_value_goes_through_when_its_time_is_up(daily: MakeReadings) -> None:
    news = run(daily(Vital.HEART_RATE, [115.0]))

    [amber] = [n for n in news if n.alerts]
    assert amber.finding.severity is Severity.AMBER
    assert amber.at == START + timedelta(minutes=30)
    assert not amber.finding.confirmed


def test_a_correction_counts_from_its_own_arrival_on(daily: MakeReadings) -> None:
    """REL-23: 70 was a slip for 96; what was said before stands, what comes after does not."""
    [wrong] = daily(Vital.SPO2, [70.0])
    corrected = replace(wrong, value=96.0, received=START + timedelta(days=1))
    past = Past(
        SOMEBODY,
        [Version(wrong, replaced=corrected.received.timestamp()), Version(corrected)],
    )

    news = list(eventtime.run(past, rulebook=RULEBOOK, model=None, until=START + timedelta(days=1)))

    assert [(n.finding.rule_id, n.at) for n in news if n.alerts] == [("SPO2-CRIT", START)]


def test_a_reading_that_is_a_month_old_on_arrival_raises_nothing(daily: MakeReadings) -> None:
    [old] = daily(Vital.SPO2, [80.0])

    news = run([replace(old, received=START + timedelta(days=31))])

    assert not [n for n in news if n.alerts]


def test_a_unit_slip_is_noticed_in_a_replay_as_it_is_live(daily: MakeReadings) -> None:
    readings = daily(Vital.BODY_WEIGHT, [80.0, 80.2, 79.8] * 7 + [176.4])

    found = [news.finding for news in run(readings) if news.finding.rule_id == "DQ-UNIT"]

    assert [(each.severity, each.value) for each in found] == [(Severity.DQ, 176.4)]


def as_live(readings: Sequence[Reading]) -> list[Finding]:
    """Judge at each arrival and at each end of a wait, as the worker does."""
    found: list[Finding] = []
    recheck: datetime | None = None
    arrivals = sorted(readings, key=lambda r: r.received)
    for reading in [*arrivals, None]:
        while recheck and (reading is None or recheck <= reading.received):
            recheck = _judge(readings, recheck, [recheck.timestamp()], found)
        if reading is not None:
            known = windows.cut(
                windows.history(SOMEBODY, readings, gate=RULEBOOK.gate),
                math.inf,
                reading.received.timestamp(),
            )
            fresh = [windows.time_of(reading)]
            points = judgement.points_after(known, fresh, now=reading.received.timestamp())
            recheck = _judge(readings, reading.received, points, found)
    return found


def _judge(
    readings: Sequence[Reading], now: datetime, points: list[float], found: list[Finding]
) -> datetime | None:
    past = windows.history(SOMEBODY, readings, gate=RULEBOOK.gate)
    judged = judgement.judge(past, points, now=now, rulebook=RULEBOOK, model=None, recent=found)
    found.extend(judged.findings)
    return judged.recheck_at


@settings(max_examples=150, deadline=None)
@given(arrivals())
def test_a_replay_finds_what_live_judging_found(readings: list[Reading]) -> None:
    """I3, on rules: silence and the score are asked at other instants."""
    replayed = [news.finding for news in run(readings, days=20)]

    assert gravest(replayed) == gravest(as_live(readings))


def gravest(findings: Sequence[Finding]) -> dict[tuple[str, datetime], Severity]:
    graver: dict[tuple[str, datetime], Severity] = {}
    for each in findings:
        if each.problem is not Problem.SILENCE:
            key = (each.rule_id, each.at)
            graver[key] = max(each.severity, graver.get(key, Severity.DQ), key=lambda s: s.rank)
    return graver
