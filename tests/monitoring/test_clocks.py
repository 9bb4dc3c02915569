"""A wrong clock of a device: told once a day and device, to support, and nothing mended."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from core.vitals import Quality, Reading, Severity, Vital
from monitoring import eventtime, judgement, windows
from monitoring.catalogue import ENGLISH
from monitoring.eventtime import Past, Version
from monitoring.findings import Problem
from monitoring.windows import Skew
from monitoring.words import clinician
from tests.monitoring.conftest import START
from tests.monitoring.test_slips import judged

if TYPE_CHECKING:
    from datetime import datetime

    from ingest.enrolment import Person
    from monitoring.eventtime import News
    from monitoring.findings import Finding
    from monitoring.rulebook import Rulebook

V = Vital
NOW = START + timedelta(days=30)
DAY, HOUR = 86_400.0, 3_600.0


def ahead(by: timedelta, *, device: str = "cuff", received: datetime = NOW) -> Reading:
    return Reading(
        f"{device} {received}",
        V.HEART_RATE,
        180.0,
        received + by,
        received,
        Quality.FUTURE,
        device=device,
    )


@pytest.mark.parametrize(
    ("by", "words"),
    [
        (timedelta(minutes=6), "runs 6 minutes ahead"),
        (timedelta(hours=5), "runs 5 hours ahead"),
        (timedelta(days=2), "runs 2 days ahead"),
        (timedelta(days=3650), "runs 3,650 days ahead"),
    ],
)
def test_a_clock_in_the_future_is_a_finding_of_data_quality_and_nothing_else_rel_21(
    person: Person, rulebook: Rulebook, by: timedelta, words: str
) -> None:
    found = judged(person, [], ahead(by), rulebook=rulebook)

    (one,) = found
    assert (one.rule_id, one.severity, one.problem) == ("DQ-CLOCK", Severity.DQ, Problem.DEVICE)
    assert one.at == NOW
    assert words in clinician(one)


def test_a_wrong_clock_is_told_once_a_day_and_device_rel_21(
    person: Person, rulebook: Rulebook
) -> None:
    minutes = [timedelta(minutes=n) for n in range(0, 50, 10)]
    cuff = [ahead(timedelta(days=2), received=NOW - by) for by in minutes]
    scale = ahead(timedelta(days=1), device="scale", received=NOW - timedelta(minutes=5))
    yesterday = ahead(timedelta(days=2), received=NOW - timedelta(days=1))

    found = judged(person, [yesterday], *cuff, scale, rulebook=rulebook)

    assert [each.at for each in found if each.rule_id == "DQ-CLOCK"] == [
        NOW - minutes[-1],
        scale.received,
    ]


def test_what_arrived_later_is_not_known_of_rel_21(person: Person) -> None:
    past = windows.history(person, [ahead(timedelta(days=2))])

    assert windows.cut(past, NOW.timestamp() - 1).ahead == ()
    assert len(windows.cut(past, NOW.timestamp()).ahead) == 1


def test_a_reading_whose_time_can_be_says_nothing_of_the_clock_rel_21(
    person: Person, rulebook: Rulebook
) -> None:
    fine = replace(ahead(timedelta(minutes=4)), quality=Quality.SCORED, value=70.0)

    assert judged(person, [], fine, rulebook=rulebook) == ()


def told(person: Person, rulebook: Rulebook, *skews: Skew, now: datetime = NOW) -> list[Finding]:
    past = windows.history(person, [], skews=skews)
    found = judgement.judge(past, [], now=now, rulebook=rulebook, model=None).findings
    return [each for each in found if each.rule_id == "DQ-CLOCK"]


def skew(ahead: float, *, ago: float = 0, device: str = "cuff", of_reading: bool = False) -> Skew:
    return Skew(device, ahead, NOW.timestamp() - ago, of_reading)


@pytest.mark.parametrize(
    ("sign", "words", "korean"),
    [
        (
            skew(4_000),
            "its gateway found it 67 minutes ahead",
            "게이트웨이가 확인한 결과 67분 빠름",
        ),
        (skew(-3 * HOUR), "its gateway found it 3 hours behind", "3시간 느림"),
        (
            skew(-40 * DAY, of_reading=True),
            "a reading arrived 40 days after the time that it bears, and is kept and not judged",
            "측정값이 기록된 시각보다 40일 늦게 도착했으며",
        ),
    ],
)
def test_a_clock_read_wrong_and_a_reading_of_long_ago_are_data_quality_rel_21(
    person: Person, rulebook: Rulebook, sign: Skew, words: str, korean: str
) -> None:
    (one,) = told(person, rulebook, sign)

    assert (one.severity, one.problem, one.at) == (Severity.DQ, Problem.DEVICE, NOW)
    assert words in clinician(one, ENGLISH)
    assert korean in clinician(one, "ko")


def test_a_clock_that_was_read_wrong_is_told_once_a_day_and_device_rel_21(
    person: Person, rulebook: Rulebook
) -> None:
    every_hour = [skew(5_000, ago=n * HOUR) for n in range(5)]
    scale = skew(9_000, ago=HOUR, device="scale")
    before = skew(9_000, ago=DAY, device="hub")

    found = told(person, rulebook, *every_hour, scale, before)

    assert [each.at.timestamp() for each in found] == [NOW.timestamp() - n * HOUR for n in (4, 1)]


def test_a_wrong_clock_is_told_although_the_judgement_comes_after_midnight_rel_21(
    person: Person, rulebook: Rulebook
) -> None:
    midnight = NOW.replace(hour=0, minute=0)
    late = Skew("cuff", 5_000, midnight.timestamp() - 60)

    assert len(told(person, rulebook, late, now=midnight + timedelta(minutes=1))) == 1
    assert told(person, rulebook, late, now=midnight + timedelta(days=1)) == []


def test_a_replay_tells_of_each_sign_of_a_wrong_clock_when_it_came_and_alerts_nobody_rel_21(
    person: Person, rulebook: Rulebook
) -> None:
    fine = replace(ahead(timedelta()), quality=Quality.SCORED, value=70.0)
    future = ahead(timedelta(days=2), device="watch", received=NOW + timedelta(hours=1))
    signs = (skew(5_000, ago=-2 * HOUR), skew(-40 * DAY, ago=-3 * HOUR, of_reading=True))
    past = Past(person, [Version(fine), Version(future)], skews=signs)

    news = clock_news(past, rulebook, until=NOW + timedelta(days=3))

    assert [each.at for each in news] == [NOW + timedelta(hours=n) for n in (1, 2, 3)]
    assert [each.finding.at for each in news] == [each.at for each in news]
    assert not any(each.alerts for each in news)


def clock_news(past: Past, rulebook: Rulebook, *, until: datetime) -> list[News]:
    found = eventtime.run(past, rulebook=rulebook, model=None, until=until)
    return [each for each in found if each.finding.rule_id == "DQ-CLOCK"]
