"""A stream of a reading a minute is judged by what stands for it, and no RED is lost by that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.vitals import Reading, Severity, Vital
from ingest.enrolment import Person
from monitoring import eventtime, judgement, rolled, windows
from monitoring.eventtime import Past, Version
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitoring.windows import History

SOMEBODY = Person("p", "Asia/Seoul", groups=frozenset({"heart_failure", "copd", "diabetes"}))
START = datetime(2026, 3, 2, tzinfo=UTC)
USUAL = {Vital.HEART_RATE: (70, 4), Vital.SPO2: (96, 1), Vital.RESPIRATORY_RATE: (16, 2)}


class Wearable(NamedTuple):
    """Five hours of a reading a minute, with spells far out of the usual."""

    vital: Vital
    seed: int
    spells: list[tuple[int, int, int]]  # first minute, minutes, away

    def readings(self) -> list[Reading]:
        centre, spread = USUAL[self.vital]
        values = np.random.default_rng(self.seed).normal(centre, spread, 300)
        for at, length, away in self.spells:
            values[at : at + length] += away
        low, high = (50, 100) if self.vital is Vital.SPO2 else (5, 220)
        times = (START + timedelta(minutes=n) for n in range(300))
        return [
            Reading(f"r{n}", self.vital, float(np.clip(round(value), low, high)), at, at)
            for n, (at, value) in enumerate(zip(times, values.tolist(), strict=True))
        ]


SPELL = st.tuples(
    st.integers(0, 299), st.integers(1, 20), st.sampled_from([-30, -12, -8, 12, 30, 60, 80])
)
WEARABLES = st.builds(
    Wearable, st.sampled_from(sorted(USUAL)), st.integers(0, 2**32), st.lists(SPELL, max_size=4)
)


def unrolled(readings: Sequence[Reading]) -> History:
    """Return a history in which every reading stands for itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rolled, "ROLLED", frozenset())
        return windows.history(SOMEBODY, readings)


def reds(past: History, now: datetime) -> set[tuple[str, datetime]]:
    """Return each rule that is RED, and the hour of it."""
    points = judgement.points_after(past, [START.timestamp()], now=now.timestamp())
    found = judgement.judge(past, points, now=now, rulebook=RULEBOOK, model=None).findings
    single = [
        f for f in found if f.severity is Severity.RED and len({e.vital for e in f.evidence}) == 1
    ]
    return {(f.rule_id, f.at.replace(minute=0)) for f in single}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(WEARABLES)
def test_every_hour_with_a_red_reading_is_red_by_what_stands_for_it(worn: Wearable) -> None:
    readings = worn.readings()
    now = START + timedelta(hours=6)

    thin = windows.history(SOMEBODY, readings)

    assert len(next(iter(thin.series.values()))) < len(readings) / 2
    assert reds(thin, now) == reds(unrolled(readings), now)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(WEARABLES)
def test_a_replay_says_red_at_the_first_reading_of_the_hour_that_is(worn: Wearable) -> None:
    """Nothing that is RED waits for its hour to end."""
    readings = worn.readings()
    past = Past(SOMEBODY, [Version(reading) for reading in readings])
    until = START + timedelta(hours=6)
    news = eventtime.run(past, rulebook=RULEBOOK, model=None, until=until)
    first: dict[str, datetime] = {}
    for each in news:
        if each.finding.severity is Severity.RED:
            first.setdefault(each.finding.rule_id, each.at)

    minutes = unrolled(readings)
    points = judgement.points_after(minutes, [START.timestamp()], now=until.timestamp())
    judged = judgement.judge(minutes, points, now=until, rulebook=RULEBOOK, model=None)
    expected: dict[str, datetime] = {}
    for finding in judged.findings:
        if finding.severity is Severity.RED and len({e.vital for e in finding.evidence}) == 1:
            expected.setdefault(finding.rule_id, finding.at)

    assert {rule: first.get(rule) for rule in expected} == expected


@settings(max_examples=100, deadline=None)
@given(WEARABLES)
def test_a_daily_median_by_hours_lies_between_the_quartiles_of_the_day(worn: Wearable) -> None:
    readings = worn.readings()
    zone = ZoneInfo(SOMEBODY.zone)
    [series] = windows.history(SOMEBODY, readings).series.values()

    for day, median in zip(series.daily.days, series.daily.medians, strict=True):
        values = [
            r.value or 0.0 for r in readings if r.effective.astimezone(zone).toordinal() == day
        ]
        low, high = np.quantile(values, [0.25, 0.75], method="inverted_cdf")
        assert low <= median <= high


def test_a_cut_within_an_hour_shows_nothing_of_what_came_later() -> None:
    readings = [
        Reading(
            f"r{n}",
            Vital.HEART_RATE,
            60.0 + n,
            START + timedelta(minutes=n),
            START + timedelta(minutes=n),
        )
        for n in range(60)
    ]
    past = windows.history(SOMEBODY, readings)

    seen = windows.cut(past, (START + timedelta(minutes=30)).timestamp())

    assert float(seen.series[Vital.HEART_RATE].values.max()) == 90.0
