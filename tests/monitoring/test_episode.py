from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest

from core.vitals import Severity
from monitoring.episode import Episodes
from monitoring.findings import Finding, Problem, Spoken

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR = 3600.0


def found(severity: Severity, *, hours: float = 0, rule: str = "R") -> Finding:
    return Finding(
        rule_id=rule,
        problem=Problem.FLUID,
        severity=severity,
        at=START + timedelta(hours=hours),
        says=Spoken("", ""),
        source="",
        confidence="E",
    )


def take(episodes: Episodes, finding: Finding) -> bool:
    return episodes.take(finding, finding.at.timestamp())


def test_a_thousand_breaches_are_one_episode() -> None:
    """AL-08."""
    episodes = Episodes(clear_seconds=72 * HOUR)

    opened = [take(episodes, found(Severity.AMBER, hours=n)) for n in range(1000)]

    assert sum(opened) == 1


@pytest.mark.parametrize(
    ("tiers", "news"),
    [
        ("YELLOW AMBER RED", [True, True, True]),
        ("RED AMBER YELLOW", [True, False, False]),
        ("YELLOW YELLOW AMBER", [True, False, True]),
        ("INFO DQ", [False, False]),
    ],
)
def test_an_episode_opens_and_rises_and_a_lesser_finding_changes_nothing(
    tiers: str, news: list[bool]
) -> None:
    episodes = Episodes(clear_seconds=72 * HOUR)

    told = [take(episodes, found(Severity(tier), hours=n)) for n, tier in enumerate(tiers.split())]

    assert told == news


def test_a_value_that_swings_around_its_limit_opens_one_episode_until_it_is_quiet() -> None:
    """AL-07."""
    episodes = Episodes(clear_seconds=72 * HOUR)
    opened = []
    for hour in range(0, 24 * 20, 12):
        at = (START + timedelta(hours=hour)).timestamp()
        episodes.clear(at)
        if (hour // 12) % 2 == 0 and hour < 24 * 10:
            opened.append(take(episodes, found(Severity.AMBER, hours=hour)))

    again = take(episodes, found(Severity.AMBER, hours=24 * 20))

    assert sum(opened) == 1
    assert again


def test_the_days_of_an_episode_are_frozen_while_open_and_after() -> None:
    episodes = Episodes(clear_seconds=HOUR)
    take(episodes, found(Severity.YELLOW))
    start = START.timestamp()

    while_open = episodes.frozen()
    episodes.clear(start + 2 * HOUR)

    assert while_open == ((start, math.inf),)
    assert episodes.frozen() == ((start, start),)


def test_the_same_finding_is_news_once_unless_it_is_graver() -> None:
    episodes = Episodes(clear_seconds=HOUR)

    first = episodes.fresh([found(Severity.AMBER)])
    again = episodes.fresh([found(Severity.AMBER), found(Severity.YELLOW)])
    graver = episodes.fresh([found(Severity.RED)])

    assert (len(first), again, len(graver)) == (1, [], 1)
