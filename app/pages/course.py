"""How a measurement stands and how it came about, for one row of the inbox; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from app.pages.language import Language
from core.vitals import Vital
from monitoring import words
from monitoring.findings import Finding, Usual
from monitoring.leading import Grounds, leading_vital
from monitoring.phrases import number
from reports.charts import Point

LEAST_STEPS = 2  # one step is a change, two in one direction are a course
MOST_APART = 2  # days between readings of one course


@dataclass(frozen=True)
class Subject:
    """A finding as a row shows it: with the drawn readings of its measurement, up to now."""

    finding: Finding
    grounds: Grounds
    points: Sequence[Point]  # ascending
    since: datetime  # from when on readings were looked for
    week: datetime  # from when on the learned score looks
    now: datetime
    zone: ZoneInfo
    said: Language

    @cached_property
    def vital(self) -> Vital | None:
        """Return the measurement that the row shows."""
        return leading_vital(self.finding, self.grounds)

    @property
    def usual(self) -> Usual | None:
        """Return the usual that the measurement is held against."""
        if self.finding.vital is not None:
            return self.finding.usual
        return self.grounds.usual.get(self.vital) if self.vital else None

    @property
    def limit(self) -> float | None:
        """Return the limit of the measurement; that of a score is a probability."""
        return self.finding.limit if self.finding.vital is not None else None

    def day(self, at: datetime) -> date:
        """Return the local day of an instant."""
        return at.astimezone(self.zone).date()

    def day_words(self, at: datetime) -> str:
        """Return the local day of an instant in words."""
        return self.said.day(self.day(at), today=self.day(self.now))


def range_words(row: Subject, usual: Usual) -> str:
    """Return a usual range, and whether it rests on few days."""
    vital, said = row.vital, row.said
    low, high = (
        words.figure(end, vital, said.name) if vital else ""
        for end in (max(usual.low, 0.0), usual.high)
    )
    if usual.provisional:
        return said.say("{low}–{high} (provisional)", low=low, high=high)  # noqa: RUF001 (an en dash joins a range)
    return said.say("{low}–{high}", low=low, high=high)  # noqa: RUF001 (as above)


def course(row: Subject, at: datetime, value: float, vital: Vital) -> str:
    """Return how a value came about, by the last reading of each day before it."""
    said = row.said
    before = {row.day(each.at): each for each in row.points if row.day(each.at) < row.day(at)}
    if not before:
        if row.day(at) <= row.day(row.since):
            return said.say("measured on {day}", day=row.day_words(at))
        return said.say("no earlier reading since {day}", day=row.day_words(row.since))
    days = [*before.values(), Point(at, value)]
    run = _run(row, days, vital)
    if len(run) <= LEAST_STEPS:
        return _before(row, days[-2], at, vital)
    count = (row.day(at) - row.day(run[0].at)).days
    first = words.figure(run[0].value, vital, said.name)
    if run[0].value > value:
        return said.say("falling for {count} days from {first}", count=count, first=first)
    return said.say("rising for {count} days from {first}", count=count, first=first)


def _before(row: Subject, last: Point, at: datetime, vital: Vital) -> str:
    was = words.figure(last.value, vital, row.said.name)
    if (row.day(at) - row.day(last.at)).days == 1:
        return row.said.say("{value} the day before", value=was)
    return row.said.say("{value} on {day}", value=was, day=row.day_words(last.at))


def _run(row: Subject, days: Sequence[Point], vital: Vital) -> list[Point]:
    """Return the last days that go one way as they are shown, the oldest first."""
    run, way = [days[-1]], 0.0
    for earlier in reversed(days[:-1]):
        step = shown(run[0].value, vital) - shown(earlier.value, vital)
        apart = (row.day(run[0].at) - row.day(earlier.at)).days
        if apart > MOST_APART or not step or step * way < 0:
            break
        run, way = [earlier, *run], step
    return run


def shown(value: float, vital: Vital) -> float:
    """Return a value as it is read: two that read the same are the same."""
    return float(str(number(value, vital)))
