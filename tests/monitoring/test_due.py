"""Rules of time are asked when they fall due: in a replay to the second, live by the next round."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from core.vitals import Reading, Vital
from ingest.enrolment import Absence, Person, Stay
from monitoring import eventtime, judgement, windows
from monitoring.eventtime import News, Past, Version
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitoring.findings import Assessment

ALONE = Person("p", "UTC", birth_date=date(1944, 1, 1), lives_alone=True)
TODAY = datetime(2026, 3, 16, tzinfo=UTC)
HOURS = (7, 8, 9, 10, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 22)


def moved(at: datetime) -> Reading:
    return Reading(f"m {at}", Vital.MOTION, 1.0, at, at)


def habit(days: int = 28) -> list[Reading]:
    return [
        moved(TODAY + timedelta(hours=hour, days=-back))
        for back in range(1, days + 1)
        for hour in HOURS
    ]


def replayed(readings: Sequence[Reading], person: Person = ALONE, days: float = 2) -> list[News]:
    past = Past(person, [Version(reading) for reading in readings])
    until = TODAY + timedelta(days=days)
    news = eventtime.run(past, rulebook=RULEBOOK, model=None, until=until)
    return [each for each in news if each.at >= TODAY]


def told(rule: str, news: Sequence[News]) -> list[datetime]:
    return [each.at for each in news if each.finding.rule_id == rule]


def judged(readings: Sequence[Reading], now: datetime) -> Assessment:
    past = windows.history(ALONE, readings)
    return judgement.judge(past, [], now=now, rulebook=RULEBOOK, model=None)


def test_twelve_still_hours_at_three_are_red_at_three_and_not_at_midnight() -> None:
    """Up at 03:00 and never again; four waking hours are over at 11:00, twelve hours at 15:00."""
    news = replayed([*habit(), moved(TODAY + timedelta(hours=3))])

    assert told("MOT-NONE", news) == [TODAY + timedelta(hours=15)]


def test_a_gap_of_the_day_is_told_when_it_is_too_long() -> None:
    news = replayed([*habit(), moved(TODAY + timedelta(hours=10))])

    assert told("MOT-GAP", news)[0] == TODAY + timedelta(hours=16)


def test_a_late_rising_is_told_on_the_morning_itself() -> None:
    news = replayed(habit())

    assert told("MOT-MORN", news)[0] == TODAY + timedelta(hours=9)


def test_a_hub_that_falls_silent_excuses_the_home_from_then_on() -> None:
    beats = [TODAY + timedelta(hours=12 - n) for n in range(200)]
    hub = [Reading(f"b {at}", Vital.HUB_HEARTBEAT, 1.0, at, at) for at in beats]
    still = [*habit(), moved(TODAY + timedelta(hours=10)), *hub]

    news = replayed(still)

    assert not told("MOT-GAP", news)  # at 16:00 nobody knew whether the hub was there
    assert told("SIL-HUB", news) == [TODAY + timedelta(hours=18, seconds=1)]
    assert not told("MOT-NONE", news)


def test_who_comes_home_is_looked_for_from_then_on() -> None:
    home = TODAY + timedelta(hours=8)
    person = Person(
        "p", "UTC", lives_alone=True,
        stays=(Stay(Absence.ADMITTED, TODAY - timedelta(days=1), home),),
    )  # fmt: skip

    news = replayed(habit(), person)

    assert told("MOT-NONE", news) == [home + timedelta(hours=12)]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 48 * 60 - 1), max_size=12))
def test_a_replay_tells_what_asking_each_minute_would_have_found(minutes: list[int]) -> None:
    """No due instant is missed: nothing found at a quarter of an hour was not told before it."""
    readings = [*habit(15), *(moved(TODAY + timedelta(minutes=m)) for m in sorted(set(minutes)))]
    news = replayed(readings)

    for quarter in range(0, 48 * 4, 7):
        now = TODAY + timedelta(minutes=15 * quarter)
        past = [each for each in readings if each.received <= now]
        for finding in judged(past, now).findings:
            if finding.rule_id in {"MOT-NONE", "MOT-GAP", "MOT-MORN"}:
                name = (finding.rule_id, finding.at)
                same = [n for n in news if (n.finding.rule_id, n.finding.at) == name]
                assert same
                assert same[0].at <= now + timedelta(minutes=15)


def test_a_judgement_says_when_time_alone_will_make_a_rule_fire() -> None:
    found = judged([*habit(), moved(TODAY + timedelta(hours=10))], TODAY + timedelta(hours=11))

    assert found.due_at == TODAY + timedelta(hours=16)


def test_an_hour_in_the_bathroom_is_told_though_a_heartbeat_came_at_that_minute() -> None:
    """Somebody comes out at 70 minutes; the hub spoke when 60 were over."""
    entered = TODAY + timedelta(hours=10, minutes=5)
    beats = [entered + timedelta(hours=n) for n in range(-60, 12)]
    readings = [
        *habit(),
        *(moved(TODAY + timedelta(hours=h)) for h in (7, 8, 9, 10)),
        *(Reading(f"b {at}", Vital.HUB_HEARTBEAT, 1.0, at, at) for at in beats),
        Reading("bath", Vital.BATHROOM, 1.0, entered, entered),
        moved(entered + timedelta(minutes=70)),
    ]

    assert told("MOT-BATH", replayed(readings, days=1))[0] == entered + timedelta(minutes=60)


def test_a_rule_that_falls_due_minutes_after_an_arrival_is_asked_all_the_same() -> None:
    entered = TODAY + timedelta(hours=10, minutes=5)
    weight = entered - timedelta(days=1)
    blip = entered + timedelta(minutes=55)
    readings = [
        *habit(),
        *(moved(TODAY + timedelta(hours=h)) for h in (7, 8, 9, 10)),
        Reading("w", Vital.BODY_WEIGHT, 80.0, weight, weight),
        Reading("bath", Vital.BATHROOM, 1.0, entered, entered),
        Reading("beat", Vital.HUB_HEARTBEAT, 1.0, blip, blip),
        moved(entered + timedelta(minutes=63)),
    ]

    assert told("MOT-BATH", replayed(readings, days=1))[0] == entered + timedelta(minutes=60)
