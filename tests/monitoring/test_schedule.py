"""When a measurement is expected, in zones whose clocks change, and why one is missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.vitals import Quality, Reading, Severity, Vital
from ingest.asked import asked
from ingest.enrolment import Absence, Person, Stay
from monitoring import judgement, schedule, windows, words
from monitoring.home import Excuse
from monitoring.moment import moment
from monitoring.schedule import Expected, Lack, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitoring.findings import Assessment
    from monitoring.moment import Moment
    from monitoring.rulebook import Rulebook

MONDAY = date(2026, 3, 2)
ALL_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
HEART = frozenset({"heart_failure"})


def local(day: date, hour: float, zone: str) -> datetime:
    """Return a local hour as the clock on the wall shows it."""
    whole = int(hour)
    wall = time(whole, round(60 * (hour - whole)), tzinfo=ZoneInfo(zone))
    return datetime.combine(day, wall).astimezone(UTC)


def weighed(days: Iterable[date], *, zone: str = "UTC", hour: float = 8) -> list[Reading]:
    times = (local(day, hour, zone) for day in days)
    return [Reading(f"w {at}", Vital.BODY_WEIGHT, 80.0, at, at) for at in times]


def every(days: int, times: int, *, last: date = MONDAY) -> list[date]:
    return [last - timedelta(days=days * n) for n in range(times)]


def known(person: Person, readings: Sequence[Reading], now: datetime) -> Moment:
    return moment(windows.history(person, readings), now.timestamp(), now.timestamp())


def weight_expected(person: Person, readings: Sequence[Reading], now: datetime) -> Expected | None:
    return schedule.expected(known(person, readings, now), Vital.BODY_WEIGHT)


def judged(
    person: Person, readings: Sequence[Reading], now: datetime, rulebook: Rulebook
) -> Assessment:
    past = windows.history(person, readings)
    return judgement.judge(past, [], now=now, rulebook=rulebook, model=None)


def said(assessment: Assessment) -> set[str]:
    return {finding.rule_id for finding in assessment.findings}


def test_who_weighs_on_mondays_only_is_not_silent_on_thursday(rulebook: Rulebook) -> None:
    person = Person("p", "UTC", groups=HEART)
    mondays = weighed(every(7, 8))
    thursday = local(MONDAY + timedelta(days=3), 12, "UTC")

    assert not said(judged(person, mondays, thursday, rulebook))
    daily = said(judged(person, weighed(every(1, 40)), thursday, rulebook))
    assert daily == {"SIL-HFW", "SIL-ALL", "SIL-MISSED"}


def test_a_monday_that_was_missed_is_asked_about_once_its_grace_is_over(rulebook: Rulebook) -> None:
    """Monday the 9th ends, a day of grace passes: from Wednesday 00:00 on it is late."""
    person = Person("p", "UTC", groups=HEART)
    late = local(date(2026, 3, 11), 0, "UTC")

    assert said(judged(person, weighed(every(7, 8)), late - timedelta(seconds=1), rulebook)) <= {
        "SIL-ALL"
    }
    for later in (timedelta(), timedelta(hours=9), timedelta(days=2)):
        found = judged(person, weighed(every(7, 8)), late + later, rulebook).findings
        [missed] = [f for f in found if f.rule_id == "SIL-MISSED"]
        assert missed.at == late
        assert missed.severity is Severity.DQ
        assert words.clinician(missed) == "Expected and not there: Weight: not measured."


@pytest.mark.parametrize(
    ("days", "habit"),
    [
        (every(1, 40), 1),
        (every(7, 8), 7),
        ([MONDAY - timedelta(days=d) for d in (0, 3, 7, 10, 14, 17, 21, 24, 28)], 3),
        ([MONDAY - timedelta(days=d) for d in (0, 7, 14, 28, 35, 42, 49)], 7),
        (every(7, 5), None),
        ([MONDAY - timedelta(days=d) for d in (0, 1, 2, 12, 13, 25, 26, 40)], None),
        ([MONDAY], None),
        ([], None),
    ],
    ids=[
        "each day", "each week", "twice a week", "one week left out",
        "too few to tell", "no regularity", "once", "never",
    ],
)  # fmt: skip
def test_a_habit_is_learned_or_there_is_none(days: list[date], habit: int | None) -> None:
    person = Person("p", "UTC")
    found = weight_expected(person, weighed(days), local(MONDAY, 20, "UTC"))

    assert (found.every if found else None) == habit


@pytest.mark.parametrize(
    ("zone", "changes", "hours"),
    [
        ("Europe/London", date(2026, 3, 29), 23),
        ("Europe/London", date(2026, 10, 25), 25),
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
        ("Asia/Seoul", date(2026, 3, 29), 24),
    ],
)
@pytest.mark.parametrize("at", [(), ("08:00",)], ids=["any hour", "08:00"])
def test_a_day_that_is_shorter_or_longer_moves_no_schedule_rel_24_ft_19(
    zone: str, changes: date, hours: float, at: tuple[str, ...]
) -> None:
    """The day is over when it is over on the wall, and eight o'clock is eight o'clock."""
    wanted = asked(Vital.BODY_WEIGHT, (), at, grace=6, since=LONG_AGO)
    person = Person("p", zone, asked=(wanted,))
    before = weighed([changes - timedelta(days=1)], zone=zone)

    found = weight_expected(person, before, local(changes, 9, zone))

    due = local(changes, 8, zone) if at else local(changes + timedelta(days=1), 0, zone)
    assert found == Expected(
        Vital.BODY_WEIGHT, (due + timedelta(hours=6)).timestamp(), 1, Source.PROGRAMME
    )
    assert local(changes + timedelta(days=1), 0, zone) - local(changes, 0, zone) == timedelta(
        hours=hours
    )


@pytest.mark.parametrize(
    ("zone", "changes"),
    [
        ("Europe/London", date(2026, 3, 29)),
        ("America/New_York", date(2026, 11, 1)),
        ("Australia/Lord_Howe", date(2026, 10, 4)),
        ("Asia/Seoul", date(2026, 3, 29)),
    ],
)
def test_a_habit_across_a_change_of_the_clocks_stays_one(zone: str, changes: date) -> None:
    """Seven Sundays at 08:00 on the wall, the last when the clocks changed; late on Tuesday."""
    found = weight_expected(
        Person("p", zone), weighed(every(7, 7, last=changes), zone=zone), local(changes, 12, zone)
    )

    end = local(changes + timedelta(days=8), 0, zone)
    late = (end + timedelta(hours=24)).timestamp()
    assert found == Expected(Vital.BODY_WEIGHT, late, 7, Source.HABIT)


@given(
    st.sampled_from(
        ["Europe/London", "America/New_York", "Asia/Seoul", "Australia/Lord_Howe", "UTC"]
    ),
    st.sets(st.sampled_from(ALL_DAYS), min_size=1),
    st.integers(0, 700),
    st.floats(0, 23.75),
    st.sampled_from([(), ("08:00",)]),
)
def test_what_is_expected_next_is_late_within_a_week_on_a_day_that_was_named(
    zone: str, days: set[str], after: int, hour: float, times: tuple[str, ...]
) -> None:
    wanted = asked(Vital.BODY_WEIGHT, days, times, grace=2, since=LONG_AGO)
    day = date(2025, 6, 1) + timedelta(days=after)
    readings = weighed([day], zone=zone, hour=round(4 * hour) / 4 % 24)
    [reading] = readings

    found = weight_expected(Person("p", zone, asked=(wanted,)), readings, reading.effective)

    assert found is not None
    late = datetime.fromtimestamp(found.late_at, ZoneInfo(zone)) - timedelta(hours=2)
    named = late.date() - timedelta(days=0 if times else 1)
    assert reading.effective < datetime.fromtimestamp(found.late_at, UTC)
    assert ALL_DAYS[named.weekday()] in days
    assert timedelta() <= named - day <= timedelta(days=8)


def test_what_the_programme_asked_for_goes_before_a_habit(rulebook: Rulebook) -> None:
    """Asked for on Mondays and Thursdays; weighed each day: the habit is not held against them."""
    wanted = asked(Vital.BODY_WEIGHT, ["mon", "thu"], (), grace=12, since=LONG_AGO)
    person = Person("p", "UTC", groups=HEART, asked=(wanted,))
    thursday = local(date(2026, 3, 5), 23, "UTC")

    assert "SIL-MISSED" not in said(judged(person, weighed(every(1, 40)), thursday, rulebook))
    late = judged(person, weighed(every(1, 40)), thursday + timedelta(hours=13), rulebook)
    assert "SIL-MISSED" in said(late)
    assert late.expected[Vital.BODY_WEIGHT].why == Lack.NOT_MEASURED


def test_what_was_asked_for_and_never_came_is_missed_too(rulebook: Rulebook) -> None:
    since = local(MONDAY, 10, "UTC")
    wanted = asked(Vital.BODY_WEIGHT, (), (), grace=12, since=since)
    person = Person("p", "UTC", asked=(wanted,))
    pulse = Reading("hr", Vital.HEART_RATE, 70.0, since, since)

    assert not said(judged(person, [pulse], since + timedelta(hours=37), rulebook))
    late = said(judged(person, [pulse], since + timedelta(hours=50), rulebook))
    assert late == {"SIL-ALL", "SIL-MISSED"}


NOON = local(date(2026, 3, 5), 12, "UTC")
BEATS = [
    Reading(f"b {n}", Vital.HUB_HEARTBEAT, 1.0, at, at)
    for n in range(40)
    for at in [NOON - timedelta(hours=20 + n)]
]
LEFT = [Reading("away", Vital.AWAY, 1.0, NOON - timedelta(hours=9), NOON - timedelta(hours=9))]
ODD = Reading("odd", Vital.BODY_WEIGHT, 900.0, NOON, NOON, Quality.IMPLAUSIBLE)
ADMITTED = (Stay(Absence.ADMITTED, NOON - timedelta(days=3)),)
PAUSED = (Stay(Absence.PAUSED, NOON - timedelta(days=3), NOON + timedelta(days=3)),)


@pytest.mark.parametrize(
    ("more", "stays", "reason"),
    [
        ([], (), Lack.NOT_MEASURED),
        ([ODD], (), Lack.DEVICE_FAULT),
        (BEATS, (), Excuse.HUB_DOWN),
        (LEFT, (), Excuse.AWAY),
        ([], ADMITTED, Excuse.ADMITTED),
        ([], PAUSED, Excuse.PAUSED),
    ],
    ids=["not measured", "device fault", "hub down", "away", "admitted", "paused"],
)
def test_the_reasons_of_a_missing_measurement_are_told_apart(
    rulebook: Rulebook, more: list[Reading], stays: tuple[Stay, ...], reason: Excuse | Lack
) -> None:
    """A question only where nothing excuses it; the reason is kept for the page either way."""
    person = Person("p", "UTC", stays=stays)

    found = judged(person, [*weighed(every(1, 40)), *more], NOON, rulebook)

    assert found.expected[Vital.BODY_WEIGHT].why == reason
    assert ("SIL-MISSED" in said(found)) is isinstance(reason, Lack)


def test_after_a_stay_the_schedule_begins_anew(rulebook: Rulebook) -> None:
    home = local(date(2026, 3, 20), 9, "UTC")
    person = Person("p", "UTC", stays=(Stay(Absence.ADMITTED, NOON - timedelta(days=3), home),))
    readings = weighed(every(1, 40))

    assert "SIL-MISSED" not in said(judged(person, readings, home + timedelta(hours=50), rulebook))
    assert "SIL-MISSED" in said(judged(person, readings, home + timedelta(hours=90), rulebook))


def test_who_is_asked_on_mondays_only_has_not_stopped_measuring(rulebook: Rulebook) -> None:
    """SIL-DROP counts the days on which something was expected."""
    days = every(1, 16)
    person = Person("p", "UTC")
    wanted = asked(Vital.BODY_WEIGHT, ["mon"], (), grace=12, since=LONG_AGO)
    saturday = local(date(2026, 3, 7), 12, "UTC")

    assert "SIL-DROP" in said(judged(person, weighed(days), saturday, rulebook))
    weekly = replace(person, asked=(wanted,))
    assert "SIL-DROP" not in said(judged(weekly, weighed(days), saturday, rulebook))
