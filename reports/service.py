"""The use case of the account: one care team's ISO week, for somebody who takes part in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.clock import utc_now
from core.errors import NotFoundError
from ingest import repository as people
from ingest.demography.repository import demographies
from reports import quality as quality_of
from reports import repository
from reports.devices.repository import devices_behind
from reports.weekly import Report, World, weekly

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.security import Caller
    from ingest.roster import Demography, Team
    from reports.week import Week


@dataclass(frozen=True, slots=True)
class TeamWeek:
    """A report with the names that a page prints beside its ids."""

    team: Team
    week: Week
    report: Report
    names: Mapping[UUID, str]
    last: Mapping[UUID, datetime]  # newest reading before the week's end


def team_week(
    session: Session, caller: Caller, team_id: UUID, week: Week, *, now: datetime
) -> TeamWeek:
    """Return a team's report; raise `NotFoundError` where the caller takes no part in it.

    The page that shows it audits the read.
    """
    team = next((t for t in people.care_teams(session, caller) if t.id == team_id), None)
    if team is None or week.start > now:
        raise NotFoundError("no such report")
    profiles = people.profiles(
        session, people.visible_to(caller), people.team_patients(session, team_id)
    )
    ids = [profile.id for profile in profiles]
    world = _world(session, ids, week, now=now)
    names = {profile.id: profile.name for profile in profiles}
    return TeamWeek(team, week, weekly(world, week, now=now), names, world.last)


def _world(session: Session, ids: list[UUID], week: Week, *, now: datetime) -> World:
    before, end = week.shifted(-1), min(week.end, now)
    zone = str(week.zone)
    return World(
        patients=tuple(ids),
        episodes=tuple(repository.episodes(session, ids, since=week.start, until=end)),
        before=tuple(repository.episodes(session, ids, since=before.start, until=before.end)),
        days=repository.days_with_readings(session, ids, zone=zone, since=before.start, until=end),
        last=repository.last_readings(session, ids, before=end),
    )


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
    ids = [each.id for each in whom]
    known = repository.episodes(session, ids, since=since, until=until)
    return quality_of.World(
        people=tuple(_watched(each, until.date()) for each in whom),
        opened=tuple(each for each in known if since <= each.opened_at < until),
        said=tuple(repository.findings_of(session, ids, since=since, until=until)),
        put_off=repository.put_off(session, ids, since=since, until=until),
        since=since,
        until=until,
        devices=devices_behind(session, ids, since=since, until=until),
    )


def _watched(person: Demography, today: date) -> quality_of.Watched:
    return quality_of.Watched(
        person.id,
        person.team_name,
        quality_of.age_band(person.birth_date, today),
        person.sex,
        quality_of.condition_count(len(person.groups)),
    )
