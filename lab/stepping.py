"""Which REDs a normal repeat lowers by itself, as the service lowers them (AL-20, decision 41)."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from alerts.service import load_policy
from alerts.standing import excused
from core.vitals import Severity
from monitoring.judgement import later
from monitoring.moment import moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import timedelta

    from monitoring.eventtime import News, Past
    from monitoring.findings import Finding
    from monitoring.rulebook import Rulebook


@lru_cache(maxsize=1)
def steps_down() -> timedelta:
    """Return for how long a normal repeat lowers a RED by itself: the shipped policy's."""
    return load_policy().steps_down


def told(news: Iterable[News], past: Past, rulebook: Rulebook) -> Iterator[tuple[News, bool]]:
    """Yield news with whether it stood: False for a RED that a normal repeat lowered.

    Nobody acts within those minutes here. An alert that has been open for longer does not step
    down when it rises.
    """
    within = steps_down()
    opened: dict[str, datetime] = {}  # by problem
    heard: dict[str, datetime] = {}
    for each in news:
        problem = each.finding.problem
        quiet = each.at.timestamp() - rulebook.clear_hours * 3600
        if problem not in heard or heard[problem].timestamp() <= quiet:
            opened[problem] = each.at
        heard[problem] = each.at
        young = each.at - opened[problem] <= within
        red = each.finding.severity is Severity.RED
        yield each, not (red and young and _lowered(each.finding, each.at, past, rulebook))


def _lowered(red: Finding, at: datetime, past: Past, rulebook: Rulebook) -> bool:
    within = steps_down()
    if red.vital is None or red.confirmed:
        return False
    end = (at + within).timestamp()
    now = moment(past.at(end, rulebook.gate), end, end)
    series = now.series(red.vital)
    if series is None:
        return False
    repeats = (datetime.fromtimestamp(each, UTC) for each in series.times[-9:].tolist())
    return excused(later(red, now, rulebook), repeats, within=within)
