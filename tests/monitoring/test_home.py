"""Homes: a gap, a late rising, a long bathroom; and why a still home is none of these."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from core.vitals import Reading, Severity, Vital
from ingest.enrolment import Absence, Person, Stay
from monitoring import judgement, windows
from monitoring.home import Excuse, excuse, is_away
from monitoring.moment import moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitoring.findings import Finding
    from monitoring.rulebook import Rulebook

ALONE = Person("p", "UTC", birth_date=date(1944, 1, 1), lives_alone=True)
TODAY = date(2026, 3, 16)


def at(hour: float, *, day: date = TODAY, zone: str = "UTC") -> datetime:
    start = datetime.combine(day, time(), tzinfo=ZoneInfo(zone))
    return (start + timedelta(hours=hour)).astimezone(UTC)


def event(vital: Vital, when: datetime, value: float = 1) -> Reading:
    return Reading(f"{vital} {when.isoformat()}", vital, value, when, when)


def habit(days: int = 28, *, zone: str = "UTC", today: date = TODAY) -> list[Reading]:
    """Somebody who rises at 07:00 and moves each hour until 22:00, and rests 2 h after lunch."""
    return [
        event(Vital.MOTION, at(hour, day=today - timedelta(days=back), zone=zone))
        for back in range(1, days + 1)
        for hour in (7, 8, 9, 10, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 22)
    ]


def judged(
    readings: Iterable[Reading], now: datetime, rulebook: Rulebook, person: Person = ALONE
) -> list[Finding]:
    past = windows.history(person, readings)
    return list(judgement.judge(past, [], now=now, rulebook=rulebook, model=None).findings)


def found(rule: str, findings: list[Finding]) -> list[Severity]:
    return [finding.severity for finding in findings if finding.rule_id == rule]


@pytest.mark.parametrize(("hour", "expected"), [(15.9, []), (16.1, [Severity.AMBER])])
def test_a_gap_of_more_than_six_waking_hours_is_a_welfare_call(
    rulebook: Rulebook, hour: float, expected: list[Severity]
) -> None:
    readings = [*habit(), event(Vital.MOTION, at(10))]

    assert found("MOT-GAP", judged(readings, at(hour), rulebook)) == expected


def test_a_person_whose_gaps_are_long_is_given_longer(rulebook: Rulebook) -> None:
    """Seven hours in each afternoon for a month: eight are out of the ordinary, seven are not."""
    naps = [
        event(Vital.MOTION, at(7 + 0.1 * n, day=TODAY - timedelta(days=back)))
        for back in range(1, 29)
        for n in range(50)
    ]
    naps += [event(Vital.MOTION, at(19, day=TODAY - timedelta(days=b))) for b in range(1, 29)]
    today = [event(Vital.MOTION, at(7 + 0.1 * n)) for n in range(50)]

    assert not found("MOT-GAP", judged([*naps, *today], at(18.9), rulebook))
    assert found("MOT-GAP", judged([*naps, *today], at(19.2), rulebook)) == [Severity.AMBER]


def test_a_gap_is_dated_when_it_was_too_long_however_often_it_is_asked(rulebook: Rulebook) -> None:
    readings = [*habit(), event(Vital.MOTION, at(10))]

    for hour in (16.5, 18.0, 21.0):
        [gap] = [f for f in judged(readings, at(hour), rulebook) if f.rule_id == "MOT-GAP"]
        assert gap.at == at(16)


@pytest.mark.parametrize(
    "excused",
    [
        [event(Vital.AWAY, at(10.5))],
        [event(Vital.OUTER_DOOR, at(10.5))],
        [event(Vital.HUB_HEARTBEAT, at(9.9) - timedelta(hours=n)) for n in range(40)],
    ],
    ids=["away by its state", "away by the door", "hub down"],
)
def test_who_is_away_or_whose_hub_is_down_is_not_judged(
    rulebook: Rulebook, excused: list[Reading]
) -> None:
    """AL-10: a person whose hub is down is not a person who does not move."""
    readings = [*habit(), event(Vital.MOTION, at(10)), *excused]
    findings = judged(readings, at(23.9), rulebook)

    assert not found("MOT-GAP", findings)
    assert not found("MOT-NONE", findings)


def test_a_hub_that_speaks_does_not_excuse_a_still_home(rulebook: Rulebook) -> None:
    beats = [event(Vital.HUB_HEARTBEAT, at(23) - timedelta(hours=n)) for n in range(60)]
    readings = [*habit(), event(Vital.MOTION, at(10)), *beats]

    findings = judged(readings, at(23.5), rulebook)

    assert found("MOT-NONE", findings) == [Severity.RED]
    [red] = [f for f in findings if f.rule_id == "MOT-NONE"]
    assert red.missing == ("whether at home",)


def test_coming_home_ends_being_away(rulebook: Rulebook) -> None:
    readings = [
        *habit(),
        event(Vital.OUTER_DOOR, at(8)),
        event(Vital.OUTER_DOOR, at(9)),
        event(Vital.MOTION, at(9.1)),
    ]

    assert found("MOT-GAP", judged(readings, at(15.5), rulebook)) == [Severity.AMBER]


@pytest.mark.parametrize("why", list(Absence))
def test_who_is_admitted_or_paused_is_not_looked_for(rulebook: Rulebook, why: Absence) -> None:
    away = replace(ALONE, stays=(Stay(why, at(11)),))
    readings = [*habit(), event(Vital.MOTION, at(10))]

    findings = judged(readings, at(10) + timedelta(hours=60), rulebook, away)

    assert {f.rule_id for f in findings} & {"MOT-NONE", "MOT-GAP", "MOT-MORN", "SIL-ALL"} == set()


def test_after_a_stay_silence_counts_from_its_end(rulebook: Rulebook) -> None:
    home = replace(ALONE, stays=(Stay(Absence.ADMITTED, at(11), at(11) + timedelta(days=5)),))
    readings = [event(Vital.HEART_RATE, at(10), 72)]

    def silent(hours: float) -> list[Severity]:
        now = at(11) + timedelta(days=5, hours=hours)
        return found("SIL-ALL", judged(readings, now, rulebook, home))

    assert not silent(23)
    assert silent(24.1) == [Severity.DQ]


@pytest.mark.parametrize(("hour", "expected"), [(8.9, []), (9.1, [Severity.AMBER])])
def test_not_risen_two_hours_after_the_latest_usual_time_is_a_welfare_call(
    rulebook: Rulebook, hour: float, expected: list[Severity]
) -> None:
    assert found("MOT-MORN", judged(habit(), at(hour), rulebook)) == expected


def test_who_has_risen_is_not_missed(rulebook: Rulebook) -> None:
    readings = [*habit(), event(Vital.MOTION, at(6.5))]

    assert not found("MOT-MORN", judged(readings, at(9.5), rulebook))


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/London", date(2026, 3, 29)),
        ("Europe/London", date(2026, 10, 25)),
        ("America/New_York", date(2026, 3, 8)),
        ("America/New_York", date(2026, 11, 1)),
        ("Asia/Seoul", date(2026, 3, 29)),
    ],
)
def test_rising_goes_by_the_clock_on_the_wall_also_where_it_changes(
    rulebook: Rulebook, zone: str, day: date
) -> None:
    """Due two hours after 07:00 wall time, counted from 04:00 of the day itself."""
    person = replace(ALONE, zone=zone)
    readings = habit(zone=zone, today=day)

    assert not found("MOT-MORN", judged(readings, at(8.9, day=day, zone=zone), rulebook, person))
    assert found("MOT-MORN", judged(readings, at(9.1, day=day, zone=zone), rulebook, person)) == [
        Severity.AMBER
    ]


@pytest.mark.parametrize(
    ("entered", "after", "traits", "expected"),
    [
        (14.0, 0.99, frozenset(), []),
        (14.0, 1.01, frozenset(), [Severity.AMBER]),
        (23.0, 0.51, frozenset({"fall-history"}), [Severity.AMBER]),
        (23.0, 0.49, frozenset({"fall-history"}), []),
        (23.0, 0.51, frozenset(), []),
    ],
)
def test_an_hour_in_the_bathroom_is_a_welfare_call_and_half_at_night_after_falls(
    rulebook: Rulebook,
    entered: float,
    after: float,
    traits: frozenset[str],
    expected: list[Severity],
) -> None:
    readings = [
        *habit(),
        event(Vital.MOTION, at(entered - 0.1)),
        event(Vital.BATHROOM, at(entered)),
    ]
    person = replace(ALONE, traits=traits)

    findings = judged(readings, at(entered + after), rulebook, person)

    assert found("MOT-BATH", findings) == expected


def test_who_has_come_out_of_the_bathroom_is_not_missed(rulebook: Rulebook) -> None:
    readings = [event(Vital.BATHROOM, at(14)), event(Vital.MOTION, at(14.2))]

    assert not found("MOT-BATH", judged(readings, at(16), rulebook))


def test_nobody_is_looked_for_in_a_home_with_others(rulebook: Rulebook) -> None:
    together = replace(ALONE, lives_alone=False)
    readings = [*habit(), event(Vital.MOTION, at(10))]

    findings = judged(readings, at(23.9), rulebook, together)

    assert not [f for f in findings if f.rule_id.startswith("MOT-")]


def test_each_reason_for_a_still_home_has_its_name() -> None:
    def why(readings: list[Reading], person: Person = ALONE) -> Excuse | None:
        now = at(20).timestamp()
        return excuse(moment(windows.history(person, readings), now, now))

    paused = replace(ALONE, stays=(Stay(Absence.PAUSED, at(0)),))
    beats = [event(Vital.HUB_HEARTBEAT, at(9) - timedelta(hours=n)) for n in range(10)]
    assert why([event(Vital.MOTION, at(10))]) is None
    assert why([event(Vital.AWAY, at(10))]) is Excuse.AWAY
    assert why(beats) is Excuse.HUB_DOWN
    assert why([], paused) is Excuse.PAUSED


def test_a_state_that_says_back_home_is_not_away() -> None:
    readings = [event(Vital.AWAY, at(8)), event(Vital.AWAY, at(9), 0)]
    now = at(12).timestamp()

    assert not is_away(moment(windows.history(ALONE, readings), now, now))


def measured(days: Iterable[int]) -> list[Reading]:
    return [event(Vital.HEART_RATE, at(8, day=TODAY - timedelta(days=d)), 70) for d in days]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (range(5, 20), [Severity.YELLOW]),  # every day for two weeks, then one of five
        ([4, 5, *range(6, 20)], []),  # two of five are 40 %
        (range(6, 17), []),  # 11 of 14 are 79 %
        (range(6, 20), []),  # it was so yesterday, and was said then
    ],
)
def test_who_all_but_stops_measuring_is_looked_at_once(
    rulebook: Rulebook, days: Iterable[int], expected: list[Severity]
) -> None:
    assert found("SIL-DROP", judged(measured(days), at(9), rulebook)) == expected


@pytest.mark.parametrize(("last_beat", "expected"), [(10.1, []), (16.1, [Severity.AMBER])])
def test_stillness_counts_only_as_far_as_the_hub_is_known_to_have_spoken(
    rulebook: Rulebook, last_beat: float, expected: list[Severity]
) -> None:
    """AL-10: a hub that died with the movement is told down at 16:06, the gap is over at 16:00."""
    beats = [event(Vital.HUB_HEARTBEAT, at(last_beat) - timedelta(hours=n)) for n in range(60)]
    readings = [*habit(), event(Vital.MOTION, at(10)), *beats]

    assert found("MOT-GAP", judged(readings, at(16.1), rulebook)) == expected


def test_a_red_of_stillness_stands_where_the_hub_speaks(rulebook: Rulebook) -> None:
    beats = [event(Vital.HUB_HEARTBEAT, at(22) - timedelta(hours=n)) for n in range(60)]
    readings = [*habit(), event(Vital.MOTION, at(10)), *beats]

    assert found("MOT-NONE", judged(readings, at(22.1), rulebook)) == [Severity.RED]
