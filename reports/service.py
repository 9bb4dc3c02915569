"""The use case of the account: one care team's ISO week, for somebody who takes part in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from core.clock import utc_now
from core.errors import NotFoundError
from core.security import SYSTEM
from ingest import repository as people
from ingest.access.beyond import Beyond
from ingest.caseload import Caseload, joined
from ingest.caseloads.repository import by_team, caseload
from ingest.choosing.repository import restricted
from ingest.demography.repository import demographies
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
from reports.weekly import Report, World, last_day, weekly
from reports.works import repository as working
from reports.works.repository import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.security import Caller
    from ingest.caseload import Span as Held
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
    hidden: frozenset[UUID] = frozenset()  # counted, and not the caller's to see (any more)


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

    It is counted now; what was issued is in `app.weekly`. It is of whom the team had in the week,
    each for the time in which it had them, whoever may see them today: names are only of those
    whom the caller may see, and `hidden` are the others, who may stand in no list that is shown.
    `patients` are those of an earlier issue, instead of whom the team had. Who has the use of
    their data restricted is counted as left out, and is in nothing else of it. The page that shows
    it audits the read.
    """
    team = next((t for t in people.care_teams(session, caller) if t.id == team_id), None)
    if team is None or week.start > now:
        raise NotFoundError("no such report")
    with people.beyond_wall(session, Beyond.CASELOAD):
        load = caseload_of(session, team_id, week, now=now, patients=patients)
        whom = load.people(week.start, load.end)
        unused = restricted(session, whom, now=now)
        counted = [each for each in whom if each not in unused]
        world = world_of(session, counted, week, now=now, load=load)
        report = replace(weekly(world, week, now=now), restricted=len(unused) or None)
    profiles = people.profiles(session, people.visible_to(caller), counted)
    names = {each.id: each.name for each in profiles}
    hidden = frozenset(counted) - names.keys()
    return TeamWeek(team, week, report, names, world.last, hidden=hidden)


def caseload_of(
    session: Session,
    team_id: UUID,
    week: Week,
    *,
    now: datetime,
    patients: Sequence[UUID] | None = None,
) -> Caseload:
    """Return whom a team had when, up to the end of a week and as far back as its report looks.

    Of an issue that was made before it was written down who left, `patients` were its people: who
    is not known to have been with the team then counts all of the time, as they did in it.
    """
    start, end = week.shifted(1 - WEEKS).start, min(week.end, now)
    load = caseload(session, team_id, start, end)
    if patients is None:
        return load
    heads = people.survivors(session, patients)
    whom = {heads.get(each, each) for each in patients}
    known = load.only(whom)
    old = Caseload.whole(whom - load.spans.keys(), start, end)
    return replace(known, spans={**known.spans, **old.spans})


def world_of(
    session: Session,
    ids: Sequence[UUID],
    week: Week,
    *,
    now: datetime,
    load: Caseload | None = None,
) -> World:
    """Return everything that the report of some people is computed from.

    Without a caseload the team had them all the time.
    """
    records = people.everybody(session, ids)
    heads = {record: who for who, each in records.items() for record in each}
    before, end = week.shifted(-1), min(week.end, now)
    zone = str(week.zone)
    load = load or Caseload.whole(ids, week.shifted(1 - WEEKS).start, end)
    span = Span(week.start, end, load.apart(heads, week.start, end))
    opened = repository.episodes(session, list(heads), since=week.start, until=end)
    earlier = repository.episodes(session, list(heads), since=before.start, until=before.end)
    enrolled = attendance.enrolled(session, heads)
    since = {who: at for who, (at, _) in enrolled.items()}
    dead = {who for who, (_, died) in enrolled.items() if died}
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
        died=frozenset(dead - attendance.outlived(session, heads, dead, last_day(week, end))),
        incident=attendance.incident_at(session, end),
        due=late(session, heads, week, end=end),
        work=work,
        works=works,
        told=working.told(session, heads, span, zone=zone),
        readings=attendance.readings(session, heads, span),
        devices=devices_behind(session, list(heads), since=week.start, until=end),
        made=changing.made(session, heads, span),
        past=Past(changing.spoke(session, heads, span), since, load),
        calibration=calibration(session, heads, span),
        doubts=doubts(session, heads, since=week.start, until=end),
        caseload=load,
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
    """Return what the quality of alerts is computed from, each person for the time that counts.

    Of one team whom it had, while it had them; raises `NotFoundError` where the caller takes no
    part in it. Without one, whom the caller's teams had then, and whom the caller may see today
    all of the time, under the team that had them. The page that shows it audits the read, and
    lists nobody who is `hidden`.
    """
    mine = [each.id for each in people.care_teams(session, caller) if team in (None, each.id)]
    if team is not None and not mine:
        raise NotFoundError("no such team")
    visible = session.scalars(people.visible_to(caller)).all()
    into = people.survivors(session, visible)
    seen = {each: into.get(each, each) for each in visible}
    with people.beyond_wall(session, Beyond.CASELOAD):
        whom = {} if team else seen
        times = by_team(session, since, until, teams=mine, seen=whom)
        unused = restricted(session, [who for who, own in times.items() if own], now=utc_now())
        times = {who: own for who, own in times.items() if own and who not in unused}
        world = _graded(session, times, since, until)
    hidden = world.patients - {*seen.values()}
    return replace(world, restricted=len(unused), hidden=hidden)


Times = dict["UUID", dict[str, tuple["Held", ...]]]


def _graded(session: Session, times: Times, since: datetime, until: datetime) -> quality_of.World:
    whom = demographies(session, people.visible_to(SYSTEM), times, now=utc_now())
    records = people.everybody(session, times)
    heads = {record: who for who, each in records.items() for record in each}
    ids = list(heads)
    load = Caseload(since, until, {who: joined(chain(*own.values())) for who, own in times.items()})
    known = _of_people(repository.episodes(session, ids, since=since, until=until), heads)
    opened = tuple(
        each
        for each in known
        if since <= each.opened_at < until and load.had(each.patient_id, each.opened_at)
    )
    counted = {each.id for each in opened}
    said = repository.findings_of(session, ids, since=since, until=until)
    put_off = repository.put_off(session, ids, since=since, until=until)
    return quality_of.World(
        people=tuple(
            _watched(each, team, spans, until.date())
            for each in whom
            for team, spans in times[each.id].items()
        ),
        opened=opened,
        said=tuple(each for each in said if each.alert_id in counted),
        put_off={alert: why for alert, why in put_off.items() if alert in counted},
        since=since,
        until=until,
        devices=devices_behind(session, ids, since=since, until=until),
        doubts=doubts(session, heads, since=since, until=until),
    )


def _watched(
    person: Demography, team: str, spans: tuple[Held, ...], today: date
) -> quality_of.Watched:
    return quality_of.Watched(
        person.id,
        team,
        quality_of.age_band(person.birth_date, today),
        person.sex,
        quality_of.condition_count(len(person.groups)),
        spans,
    )
