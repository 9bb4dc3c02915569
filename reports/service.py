"""The use case of the account: one care team's ISO week, for somebody who takes part in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.clock import utc_now
from core.errors import NotFoundError
from ingest import repository as people
from ingest.choosing.repository import restricted
from ingest.demography.repository import demographies
from ingest.leaving.repository import gone
from reports import quality as quality_of
from reports import repository
from reports.adherence import WEEKS
from reports.answers.repository import completed
from reports.attendance import repository as attendance
from reports.calibrated.repository import calibration
from reports.changes import Past
from reports.changing import repository as changing
from reports.deadlines.repository import late
from reports.devices.repository import devices_behind
from reports.doubting.repository import doubts
from reports.weekly import Report, World, weekly
from reports.works import repository as working
from reports.works.repository import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.security import Caller
    from ingest.enrolment import Stay
    from ingest.roster import Demography, Team
    from reports.episodes import Episode
    from reports.issue import Issue
    from reports.week import Week


@dataclass(frozen=True, slots=True)
class TeamWeek:
    """A report with the names that a page prints beside its ids."""

    team: Team
    week: Week
    report: Report
    names: Mapping[UUID, str]
    last: Mapping[UUID, datetime]  # newest reading before the week's end
    issue: Issue | None = None  # None: counted now, from what is known now


def team_week(  # noqa: PLR0913 (whose, which, when, and of whom)
    session: Session,
    caller: Caller,
    team_id: UUID,
    week: Week,
    *,
    now: datetime,
    patients: Sequence[UUID] | None = None,
) -> TeamWeek:
    """Return a team's report; raise `NotFoundError` where the caller takes no part in it.

    It is counted now; what was issued is in `app.weekly`. `patients` are those of an earlier
    issue, instead of whom the team looks after now. Who has the use of their data restricted is
    counted as left out, and is in nothing else of it. The page that shows it audits the read.
    """
    team = next((t for t in people.care_teams(session, caller) if t.id == team_id), None)
    if team is None or week.start > now:
        raise NotFoundError("no such report")
    end = min(week.end, now)
    mine = of_week(session, team_id, week)
    whom = mine if patients is None else patients
    profiles = people.profiles(session, people.visible_to(caller), whom)
    known = repository.known_before(session, [*{*mine, *(each.id for each in profiles)}], end)
    unused = restricted(session, known, now=now)
    names = {each.id: each.name for each in profiles if each.id in known - unused}
    world = world_of(session, list(names), week, now=now)
    report = replace(weekly(world, week, now=now), restricted=len(unused) or None)
    return TeamWeek(team, week, report, names, world.last)


def of_week(session: Session, team_id: UUID, week: Week) -> list[UUID]:
    """Return whom a team looked after in a week: not who was discharged before it began."""
    mine = people.team_patients(session, team_id)
    left = gone(session, mine, at=week.start)
    return [each for each in mine if each not in left]


def world_of(session: Session, ids: Sequence[UUID], week: Week, *, now: datetime) -> World:
    """Return everything that the report of some people is computed from."""
    records = people.everybody(session, ids)
    heads = {record: who for who, each in records.items() for record in each}
    before, end = week.shifted(-1), min(week.end, now)
    span, zone = Span(week.start, end), str(week.zone)
    opened = repository.episodes(session, list(heads), since=week.start, until=end)
    earlier = repository.episodes(session, list(heads), since=before.start, until=before.end)
    enrolled = attendance.enrolled(session, heads)
    since = {who: at for who, (at, _) in enrolled.items()}
    work, works = working.works(session, heads, span)
    first = week.shifted(1 - WEEKS)
    return World(
        patients=tuple(ids),
        episodes=_of_people(completed(session, opened), heads),
        before=_of_people(earlier, heads),
        days=repository.days_of_people(session, heads, zone=zone, since=first.start, until=end),
        last=repository.last_of_people(session, heads, before=end),
        since=since,
        how=attendance.how(session, heads),
        stays=_stays(people.stays_of(session, list(heads)), heads),
        died=frozenset(who for who, (_, died) in enrolled.items() if died),
        incident=attendance.incident_at(session, end),
        due=late(session, heads, week, end=end),
        work=work,
        works=works,
        told=working.told(session, heads, span, zone=zone),
        readings=attendance.readings(session, heads, start=week.start, end=end),
        devices=devices_behind(session, list(heads), since=week.start, until=end),
        made=changing.made(session, heads, span),
        past=Past(changing.spoke(session, heads, span), since),
        calibration=calibration(session, heads, span),
        doubts=doubts(session, heads, since=week.start, until=end),
    )


def _of_people(episodes: Iterable[Episode], heads: Mapping[UUID, UUID]) -> tuple[Episode, ...]:
    """Return alerts under whoever stands for the record that they were raised on."""
    return tuple(
        each
        if heads[each.patient_id] == each.patient_id
        else replace(each, patient_id=heads[each.patient_id])
        for each in episodes
    )


def _stays(
    stays: Mapping[UUID, Sequence[Stay]], heads: Mapping[UUID, UUID]
) -> dict[UUID, tuple[Stay, ...]]:
    found: dict[UUID, tuple[Stay, ...]] = {}
    for record, each in stays.items():
        found[heads[record]] = (*found.get(heads[record], ()), *each)
    return found


def quality(
    session: Session, caller: Caller, *, team: UUID | None, since: datetime, until: datetime
) -> quality_of.World:
    """Return what the quality of alerts is computed from, of the people the caller may see.

    Of one team where it is named; raises `NotFoundError` where the caller takes no part in it.
    The page that shows it audits the read.
    """
    visible = people.visible_to(caller)
    if team is None:
        whom = demographies(session, visible, now=utc_now())
    elif any(each.id == team for each in people.care_teams(session, caller)):
        mine = people.team_patients(session, team)
        whom = demographies(session, visible, mine, now=utc_now())
    else:
        raise NotFoundError("no such team")
    enrolled = repository.known_before(session, [each.id for each in whom], until)
    unused = restricted(session, enrolled, now=utc_now())
    whom = [each for each in whom if each.id in enrolled - unused]
    records = people.everybody(session, [each.id for each in whom])
    heads = {record: who for who, each in records.items() for record in each}
    ids = list(heads)
    known = repository.episodes(session, ids, since=since, until=until)
    return quality_of.World(
        people=tuple(_watched(each, until.date()) for each in whom),
        opened=_of_people((each for each in known if since <= each.opened_at < until), heads),
        said=tuple(repository.findings_of(session, ids, since=since, until=until)),
        put_off=repository.put_off(session, ids, since=since, until=until),
        since=since,
        until=until,
        devices=devices_behind(session, ids, since=since, until=until),
        restricted=len(unused),
        doubts=doubts(session, heads, since=since, until=until),
    )


def _watched(person: Demography, today: date) -> quality_of.Watched:
    return quality_of.Watched(
        person.id,
        person.team_name,
        quality_of.age_band(person.birth_date, today),
        person.sex,
        quality_of.condition_count(len(person.groups)),
    )
