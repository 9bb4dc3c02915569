"""On how many of the days that were expected somebody sent a reading, and who may drop out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from reports.rates import Rate
from reports.week import Week

WEEKS = 8  # looked back over, this one among them
LATELY = 2  # the weeks that are held against those before
FALLEN_BY = 0.3  # so much smaller a share of days than before (E)
LEAST_BEFORE = 14  # expected days, below which nothing is said of before (E)
GAP = 4  # days in a row without a reading (E)
NOBODY: Collection[date] = frozenset()


class How(StrEnum):
    """How somebody was enrolled, as far as the system knows."""

    DECISION = "decision"  # by a clinician, on the page, outside the programme's terms
    INTEGRATION = "integration"  # sent by FHIR
    PAGE = "page"  # by a form that somebody filled in
    UPLOAD = "upload"  # in a file of many
    COMMAND = "command"  # by who runs the installation
    UNKNOWN = "unknown"


class Risk(StrEnum):
    """Why somebody may be about to drop out."""

    GAP = "gap"
    FALLING = "falling"


@dataclass(frozen=True, slots=True)
class Adherence:
    """On how many days somebody sent a reading, this week and the week before.

    `possible` are the days that were expected: after they were enrolled, not in hospital, not
    paused, and begun; `weeks` the same of eight weeks, this one last. `gap` counts the expected
    days without a reading up to the end.
    """

    patient_id: UUID
    days: int
    before: int
    possible: int = 7
    weeks: tuple[Rate, ...] = ()
    gap: int = 0
    risk: Risk | None = None
    how: How = How.UNKNOWN


@dataclass(frozen=True, slots=True)
class HowLine:
    """How those who were enrolled in one way measure this week."""

    how: How
    patients: int
    days: Rate
    at_risk: int


@dataclass(frozen=True, slots=True)
class Attendance:
    """What is known of who measured when; local days of the site.

    `since` is the day of enrolment, `away` are whole days in hospital, paused or not with the
    team; who died or is not with it at the end drops out of nothing.
    """

    days: Mapping[UUID, Collection[date]]
    since: Mapping[UUID, date] = field(default_factory=dict)
    away: Mapping[UUID, Collection[date]] = field(default_factory=dict)
    how: Mapping[UUID, How] = field(default_factory=dict)
    gone: Collection[UUID] = ()

    def expected(self, who: UUID, first: date, last: date) -> list[date]:
        """Return the days of a span, its last among them, on which a reading was expected."""
        since, away = self.since.get(who, first), self.away.get(who, NOBODY)
        span = (first + timedelta(days=n) for n in range((last - first).days + 1))
        return [day for day in span if day >= since and day not in away]

    def rate(self, who: UUID, first: date, last: date) -> Rate:
        """Return on how many of the expected days of a span something was sent."""
        expected, sent = self.expected(who, first, last), self.days.get(who, NOBODY)
        return Rate(sum(day in sent for day in expected), len(expected))


def adherence(
    patients: Iterable[UUID], known: Attendance, week: Week, *, last: date
) -> tuple[Adherence, ...]:
    """Return everybody's days up to a day of a week, the fewest first."""
    lines = [_of(who, known, week, last=last) for who in patients]
    return tuple(sorted(lines, key=lambda line: (line.days, line.before, str(line.patient_id))))


def _of(who: UUID, known: Attendance, week: Week, *, last: date) -> Adherence:
    mondays = [week.shifted(-n).monday for n in reversed(range(WEEKS))]
    sunday = timedelta(days=6)
    weeks = tuple(known.rate(who, monday, min(monday + sunday, last)) for monday in mondays)
    gap = _gap(known.expected(who, mondays[0], last), known.days.get(who, NOBODY))
    return Adherence(
        patient_id=who,
        days=weeks[-1].hits,
        before=weeks[-2].hits,
        possible=weeks[-1].of,
        weeks=weeks,
        gap=gap,
        risk=None if who in known.gone else risk_of(weeks, gap),
        how=known.how.get(who, How.UNKNOWN),
    )


def _gap(expected: Iterable[date], sent: Collection[date]) -> int:
    gap = 0
    for day in reversed(list(expected)):
        if day in sent:
            break
        gap += 1
    return gap


def risk_of(weeks: tuple[Rate, ...], gap: int) -> Risk | None:
    """Return why somebody may drop out: a long gap, or a share that fell by a third of all days."""
    if gap >= GAP:
        return Risk.GAP
    lately, before = total(weeks[-LATELY:]), total(weeks[:-LATELY])
    if lately.share is None or before.share is None or before.of < LEAST_BEFORE:
        return None
    return Risk.FALLING if before.share - lately.share >= FALLEN_BY else None


def total(rates: Iterable[Rate]) -> Rate:
    """Return the share of several together."""
    listed = list(rates)
    return Rate(sum(r.hits for r in listed), sum(r.of for r in listed))


def trend(lines: Iterable[Adherence]) -> tuple[Rate, ...]:
    """Return the share of everybody's expected days, week by week, this one last."""
    weeks = [line.weeks for line in lines]
    return tuple(total(each) for each in zip(*weeks, strict=True))


def by_enrolment(lines: Iterable[Adherence]) -> tuple[HowLine, ...]:
    """Return how those of each way of enrolment measure, those that nobody came by left out."""
    of: dict[How, list[Adherence]] = {}
    for line in lines:
        of.setdefault(line.how, []).append(line)
    return tuple(
        HowLine(
            how,
            len(of[how]),
            total(Rate(line.days, line.possible) for line in of[how]),
            sum(line.risk is not None for line in of[how]),
        )
        for how in How
        if how in of
    )
