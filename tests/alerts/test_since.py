"""What changed since somebody last looked, in sentences (issue 4, part 8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from alerts.inbox import EpisodeView, TimelineEntry
from alerts.lifecycle import State
from alerts.since import SITTING, Known, changes, last_look
from core.vitals import Quality, Reading, Severity, Vital
from monitoring import words
from monitoring.findings import Spoken
from tests.alerts.test_inbox import NOW, view

THEN = NOW - timedelta(hours=8)


def entry(kind: str, *, hours: float, **after: Any) -> TimelineEntry:
    return TimelineEntry(NOW - timedelta(hours=hours), kind, "system", None, "", "", {}, after)


def weight(value: float, *, hours: float, late: float = 0.0, **facts: Any) -> Reading:
    at = NOW - timedelta(hours=hours)
    return Reading("w", Vital.BODY_WEIGHT, value, at, at + timedelta(hours=late), **facts)


def said(
    *episodes: EpisodeView, readings: tuple[Reading, ...] = (), language: str = "en", **facts: Any
) -> list[str]:
    known = Known(episodes, readings, facts.get("then", "a"), "a", facts.get("limits", ()))
    return [words.sentence(each, language) for each in changes(known, THEN, zone="UTC")]


def test_a_first_look_says_so() -> None:
    found = changes(Known((), (), "", "a"), None, zone="UTC")

    assert [words.sentence(each) for each in found] == [
        "You have not looked at this person before."
    ]


def test_nothing_new_is_said_with_the_time_of_the_last_look() -> None:
    old = replace(view(uuid4()), timeline=(entry("opened", hours=9),))
    seen = replace(old, findings=(replace(old.headline, seen_at=THEN),))

    assert said(seen, readings=(weight(80.0, hours=9),)) == [
        f"Nothing has changed since you last looked, on {THEN:%-d %b %H:%M}."
    ]


def test_new_alerts_findings_tiers_readings_limits_and_rules_are_each_told() -> None:
    steps = (
        entry("opened", hours=20, severity="YELLOW"),
        entry("rose", hours=2, severity="AMBER"),
        entry("notified", hours=2),
    )
    live = replace(view(uuid4()), timeline=steps)
    first = replace(live.headline, seen_at=NOW, says=Spoken("Weight 84.2 kg", ""))
    older = replace(first, at=first.at - timedelta(hours=1), says=Spoken("Weight 83.0 kg", ""))
    live = replace(live, findings=(older, first))
    readings = (weight(81.0, hours=30), weight(83.0, hours=3), weight(84.2, hours=2))

    told = said(live, readings=readings, then="b", limits=((NOW, "spo2"), (THEN, "glucose")))

    assert told == [
        f"You last looked on {THEN:%-d %b %H:%M}. Since then:",
        "An alert rose: fluid, now AMBER.",
        "2 new findings (fluid), the newest: Weight 84.2 kg.",
        "2 new readings of weight, the last 84.2 kg, before them 81.0 kg.",
        "A limit of this person's plan has changed: SpO2.",
        "The rules or limits in force have changed.",
    ]


def test_a_late_reading_is_new_and_one_that_is_not_judged_is_none() -> None:
    late = weight(81.0, hours=30, late=29)
    doubtful = weight(300.0, hours=1, quality=Quality.IMPLAUSIBLE)

    assert said(readings=(late, doubtful))[1:] == ["1 new reading of weight: 81.0 kg."]


def test_an_ended_alert_tells_of_its_end_and_not_of_its_findings() -> None:
    ended = replace(view(uuid4()), state=State.RESOLVED, timeline=(entry("resolved", hours=1),))

    assert said(ended)[1:] == ["An alert was closed: fluid."]


def test_it_is_said_in_korean() -> None:
    opened = replace(view(uuid4()), timeline=(entry("opened", hours=1, severity="RED"),))

    assert all(
        any("가" <= letter <= "힣" for letter in line) for line in said(opened, language="ko")
    )


@pytest.mark.parametrize(
    ("minutes", "last"),
    [
        ([], None),
        ([1], None),  # this very sitting
        ([1, 14, 28], None),
        ([1, 14, 45], 45),
        ([120], 120),
        ([300, 120], 120),
    ],
)
def test_looks_that_follow_each_other_closely_are_one(minutes: list[int], last: int | None) -> None:
    looks = [NOW - timedelta(minutes=m) for m in minutes]

    found = last_look(looks, NOW)

    assert timedelta(minutes=15) == SITTING
    assert found == (None if last is None else NOW - timedelta(minutes=last))


def test_a_tier_is_that_of_the_step_and_not_of_now() -> None:
    steps = (entry("opened", hours=3, severity="YELLOW"), entry("rose", hours=1, severity="RED"))
    grave = replace(view(uuid4(), Severity.RED), timeline=steps)

    assert said(grave)[1:3] == [
        "An alert was opened: fluid, YELLOW.",
        "An alert rose: fluid, now RED.",
    ]
