"""A care team's week in numbers, from plain values: people first, every rate with its count.

Nothing here rounds or words; a page prints what this computes, and a test recomputes it. A report
is stored as it was: everything in it is a plain value, and nobody is named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from alerts.inbox import GRAVE
from ingest.caseload import NONE, Caseload
from ingest.enrolment import Absence, Stay
from reports import adherence as attending
from reports import changes as changing
from reports import overdue as deadlines
from reports import response
from reports.adherence import Adherence, Attendance, How, HowLine
from reports.burden import Burden, Told, Work, burden
from reports.calibration import Calibration
from reports.changes import Changed, Made, Past
from reports.contested import Contests, Doubt, contests
from reports.courses import Change, courses
from reports.episodes import Episode
from reports.overdue import Due
from reports.rates import Rate, actionable_of, ppv_of
from reports.readings import DeviceLine, Readings, devices
from reports.response import ProblemLine, RuleLine, TierLine
from reports.silence import Known, Silent, silent
from reports.week import Week
from reports.workload import Workload

__all__ = ["Change", "Episode", "Rate", "Report", "World", "attendance", "weekly"]


@dataclass(frozen=True, slots=True)
class World:
    """Everything a report is computed from."""

    patients: tuple[UUID, ...]  # whom the team had at any time of the week
    episodes: tuple[Episode, ...]  # this week's, as they stood at its end
    before: tuple[Episode, ...]  # the week before's, as they stood at its end
    days: Mapping[UUID, frozenset[date]]  # local days with a reading, of eight weeks
    last: Mapping[UUID, datetime]  # newest reading before the end of the week
    since: Mapping[UUID, datetime] = field(default_factory=dict)  # when somebody was enrolled
    how: Mapping[UUID, How] = field(default_factory=dict)
    stays: Mapping[UUID, Sequence[Stay]] = field(default_factory=dict)
    died: frozenset[UUID] = frozenset()  # by the end of the week, as far as is known
    incident: bool = False  # whether arrivals had fallen for everybody at the end
    due: tuple[Due, ...] = ()  # what besides alerts has a deadline
    work: Workload = field(default_factory=Workload)
    works: Mapping[UUID, Work] = field(default_factory=dict)
    told: tuple[Told, ...] = ()
    readings: Readings = field(default_factory=Readings)
    devices: Mapping[UUID, Collection[str]] = field(default_factory=dict)  # behind each alert
    made: tuple[Made, ...] = ()
    past: Past = field(default_factory=lambda: Past(()))
    calibration: Calibration | None = None
    doubts: tuple[Doubt, ...] = ()
    caseload: Caseload | None = None  # of eight weeks; None: the team had them all the time

    def had(self, start: datetime, end: datetime) -> Caseload:
        """Return when the team had whom."""
        return self.caseload or Caseload.whole(self.patients, start, end)


@dataclass(frozen=True, slots=True)
class Report:
    """One team's week; `alerts` are those that opened in it, the oldest first.

    What a figure counts is in it too, so that its list shows the same however late it is opened.
    """

    patients: int
    worse: tuple[Change, ...]
    better: tuple[Change, ...]
    silent: tuple[Silent, ...]
    still_open: tuple[Episode, ...]
    overdue: tuple[Due, ...]
    work: Workload
    tiers: tuple[TierLine, ...]
    in_hours: tuple[TierLine, ...]
    off_hours: tuple[TierLine, ...]
    problems: tuple[ProblemLine, ...]
    rules: tuple[RuleLine, ...]
    outcomes: Mapping[str, int]
    actionable: Rate
    ppv: Rate
    opened: int
    closed: int
    open: int  # at the end, also of who has left the team since and stands in no list
    open_people: int
    grave: int
    per_clinician: Mapping[UUID, int]  # alerts of the week by who owns them
    burden: Burden
    adherence: tuple[Adherence, ...]
    adherence_trend: tuple[Rate, ...]  # of eight weeks, this one last
    enrolled: tuple[HowLine, ...]
    possible_days: int
    readings: Readings
    devices: tuple[DeviceLine, ...]
    changes: tuple[Changed, ...]
    calibration: Calibration | None
    alerts: tuple[Episode, ...]
    ended: tuple[Episode, ...]  # in the week, whenever they opened
    # This team's reports of the last 13 weeks that came in time (`app.weekly`); None: not known.
    made_on_time: Rate | None = None
    # People of the team in nothing of this, since the use of their data is restricted (SEC-45).
    restricted: int | None = None  # None: nobody
    contests: Contests | None = None  # None: no score was contested


def weekly(world: World, week: Week, *, now: datetime) -> Report:
    """Compute a team's report; `now` cuts a week that is not over.

    What happened counts where the team had the person then; how they are, where it has them still.
    """
    end = min(week.end, now)
    load = world.had(week.start, end)
    here = [who for who in world.patients if load.has(who)]
    opened, ended, still_open = _alerts(world.episodes, load, week.start, end)
    quiet = silent(here, world.last, _excuses(world, still_open), end=end)
    worse, better = _courses(here, world, week, quiet, end=end)
    labels = [e.outcome for e in opened if e.outcome]
    lines = attending.adherence(
        world.patients, attendance(world, week), week, last=last_day(week, end)
    )
    return Report(
        patients=len(world.patients),
        worse=worse,
        better=better,
        silent=quiet,
        still_open=still_open,
        overdue=tuple(deadlines.overdue(still_open, _due(world, load, end), end=end)),
        work=world.work,
        tiers=response.tiers(opened, end=end),
        in_hours=response.tiers([e for e in opened if e.in_hours], end=end),
        off_hours=response.tiers([e for e in opened if not e.in_hours], end=end),
        problems=response.problems(opened),
        rules=response.rules(opened),
        outcomes=dict(Counter(labels)),
        actionable=actionable_of(labels),
        ppv=ppv_of(labels),
        opened=len(opened),
        closed=len(ended),
        open=len(still_open),
        open_people=len({e.patient_id for e in still_open}),
        grave=sum(e.severity in GRAVE for e in opened),
        per_clinician=response.by_owner(opened),
        burden=burden(opened, load.weeks(world.patients, week.start, end), world.works, world.told),
        adherence=lines,
        adherence_trend=attending.trend(lines),
        enrolled=attending.by_enrolment(lines),
        possible_days=_possible(week, end),
        readings=world.readings,
        devices=devices(opened, world.devices),
        changes=changing.changes(world.made, world.past, end=end),
        calibration=world.calibration,
        alerts=opened,
        ended=ended,
        contests=contests(world.doubts, load, start=week.start, end=end),
    )


def _due(world: World, load: Caseload, end: datetime) -> list[Due]:
    waiting = (each for each in world.doubts if not each.answered_by(end))
    contested = (Due(deadlines.Kind.CONTEST, each.patient_id, each.due_at) for each in waiting)
    return [each for each in (*world.due, *contested) if load.has(each.patient_id)]


def _alerts(
    episodes: Iterable[Episode], load: Caseload, start: datetime, end: datetime
) -> tuple[tuple[Episode, ...], ...]:
    """Return what opened and what ended in a week while the team had the person, and is open."""

    def within(each: Episode, at: datetime | None) -> bool:
        return at is not None and start <= at < end and load.had(each.patient_id, at)

    listed = _sorted(episodes)
    return (
        tuple(each for each in listed if within(each, each.opened_at)),
        tuple(each for each in listed if within(each, each.closed_at)),
        tuple(each for each in listed if each.open_at(end) and load.has(each.patient_id)),
    )


def _sorted(episodes: Iterable[Episode]) -> tuple[Episode, ...]:
    return tuple(sorted(episodes, key=lambda e: (e.opened_at, e.id.int)))


def _courses(
    here: Iterable[UUID], world: World, week: Week, quiet: Iterable[Silent], *, end: datetime
) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    """Return who got worse and who got better, by all of their alerts, whoever had them then.

    That nothing comes is no sign of health.
    """
    earlier, unheard = week.shifted(-1), {each.patient_id for each in quiet}
    worse, better = courses(
        here,
        (e for e in world.episodes if e.live_in(week.start, end)),
        (e for e in world.before if e.live_in(earlier.start, earlier.end)),
    )
    return worse, tuple(each for each in better if each.patient_id not in unheard)


def _excuses(world: World, still_open: Sequence[Episode]) -> Known:
    return Known(world.stays, still_open, world.died, world.incident)


def attendance(world: World, week: Week) -> Attendance:
    """Return who measured on which of the site's days, and when nothing was expected."""
    load = world.caseload
    parted = {who for who in world.patients if load and not _whole(load, who)}
    left = {who for who in parted if load and not load.has(who)}
    return Attendance(
        days=world.days,
        since={who: at.astimezone(week.zone).date() for who, at in world.since.items()},
        away={who: _away(world, who, week) for who in {*world.stays, *world.died, *parted}},
        how=world.how,
        gone=world.died | left,
    )


def _whole(load: Caseload, who: UUID) -> bool:
    return load.time(who, load.start, load.end) == load.end - load.start


def _away(world: World, who: UUID, week: Week) -> frozenset[date]:
    """Return the days that somebody was away for as a whole, or was not alive any more.

    So is one on which the team did not have them at any time.

    Where a discharge says when somebody died or left, nothing is expected from then on; of a
    death of which no day is known, nothing after the last reading.
    """
    first, load = week.shifted(1 - attending.WEEKS), world.caseload
    days = [first.monday + timedelta(days=n) for n in range((week.monday - first.monday).days + 7)]
    bounds = {day: (week.midnight(day), week.midnight(day + timedelta(days=1))) for day in days}
    found = set()
    said = any(s.why is Absence.DISCHARGED for s in world.stays.get(who, ()))
    if who in world.died and not said:
        last = world.last.get(who)
        found = {d for d in days if last is None or d > last.astimezone(week.zone).date()}
    if load and not _whole(load, who):
        found |= {day for day, span in bounds.items() if load.time(who, *span) == NONE}
    for stay in world.stays.get(who, ()):
        for day, (start, end) in bounds.items():
            if stay.since <= start and (stay.until is None or stay.until >= end):
                found.add(day)
    return frozenset(found)


def last_day(week: Week, end: datetime) -> date:
    """Return the last day of a week that has begun."""
    return (end - timedelta(microseconds=1)).astimezone(week.zone).date()


def _possible(week: Week, end: datetime) -> int:
    """Return how many days of the week have begun."""
    return max(min((last_day(week, end) - week.monday).days + 1, 7), 0)
