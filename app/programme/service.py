"""Load and compute a team's clocks and what its alerts may be worth; turn them on, and off.

Whoever shows what these return writes the read down: it names whom it is about.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.spent.repository import standing
from app.programme import repository
from app.programme.counting import clocks_of, elsewhere, month_of, opened_of, whom
from app.programme.repository import Asked
from app.programme.tables import ProgrammeSetting
from core.audit import Action, record
from core.errors import ForbiddenError, NotFoundError
from core.security import Role
from ingest import repository as people
from ingest.access.beyond import Beyond
from ingest.choosing.repository import restricted
from ingest.placing import zone_of
from reports.programme import PEOPLE_WITH, Code, Left, ended_with, reaching
from reports.value import FEWEST, Assumed, value

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.minutes import Entry
    from app.programme.repository import Measured, Untimed
    from core.security import Caller
    from ingest.roster import Team
    from reports.programme import Clocks
    from reports.value import Value
    from reports.week import Week

ENTITY = "programme"
SETTING = "programme_setting"
WEEKS = 12  # of alerts that an estimate looks back on, as the page of quality does


@dataclass(frozen=True, slots=True)
class Setting:
    """Whether a team keeps clocks, and what it assumes."""

    clocks: bool = False
    assumed: Assumed = field(default_factory=Assumed)


@dataclass(frozen=True, slots=True)
class TeamClocks:
    """The clocks of everybody whom a team had on a day, with the names of whom one may see."""

    team: Team
    people: Mapping[UUID, Clocks]
    names: Mapping[UUID, str]
    restricted: int = 0  # people left out, since the use of their data is restricted (SEC-45)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one person's clocks rest on."""

    team: Team
    patient_id: UUID
    name: str
    zone: str
    clocks: Clocks
    measured: tuple[Measured, ...]
    left_out: Mapping[Left, int]
    entries: tuple[Entry, ...]
    written: Mapping[UUID, int]  # the row of the audit by which each entry was written down
    untimed: tuple[Untimed, ...] = ()  # live contacts that nobody wrote minutes down for


@dataclass(frozen=True, slots=True)
class Summary:
    """The little that a weekly report says of the programme; it names nobody."""

    team_id: UUID
    clocks: bool  # whether they are kept; where they are not, only the estimate is said
    on: date  # the day that windows and months hold
    people: int
    codes: tuple[tuple[str, int], ...]  # each code, and how many have evidence for it
    ended_few: int  # people with 2 to 15 days in the window before
    ended_many: int  # and with 16 or more
    lacking: int  # people who can still reach one more
    value: Value
    assumed: Assumed
    weeks: int = WEEKS
    fewest: int = FEWEST  # alerts with an outcome, below which nobody can tell
    restricted: int = 0  # people left out, since the use of their data is restricted (SEC-45)


def team_of(session: Session, caller: Caller, team_id: UUID) -> Team:
    """Return a team that the caller takes part in; raise `NotFoundError` (SEC-12)."""
    found = next((t for t in people.care_teams(session, caller) if t.id == team_id), None)
    if found is None:
        raise NotFoundError("no such team")
    return found


def setting_of(session: Session, team_id: UUID) -> Setting:
    """Return how a team has it; off where nobody turned it on."""
    row = repository.setting(session, team_id)
    if row is None:
        return Setting()
    assumed = Assumed(
        row.stay, row.averts_low, row.averts_high, row.handling_low, row.handling_high
    )
    return Setting(row.clocks, assumed)


def may_set(caller: Caller) -> bool:
    """Return whether somebody may change what a team has: a supervisor, or who operates it."""
    return caller.kind == "system" or caller.role is Role.SUPERVISOR


def turn(session: Session, caller: Caller, team_id: UUID, *, on: bool, now: datetime) -> None:
    """Turn a team's clocks on or off.

    Raises `NotFoundError` where the caller takes no part in the team, `ForbiddenError` for whoever
    is no supervisor.
    """
    before = _to_change(session, caller, team_id)
    if before.clocks != on:
        _keep(session, caller, team_id, Setting(on, before.assumed), now=now)


def assume(
    session: Session, caller: Caller, team_id: UUID, assumed: Assumed, *, now: datetime
) -> None:
    """Keep what a team assumes of its alerts' worth. Raises as `turn`."""
    before = _to_change(session, caller, team_id)
    if before.assumed != assumed:
        _keep(session, caller, team_id, Setting(before.clocks, assumed), now=now)


def _to_change(session: Session, caller: Caller, team_id: UUID) -> Setting:
    team_of(session, caller, team_id)
    if not may_set(caller):
        raise ForbiddenError("a supervisor says what the programme counts")
    return setting_of(session, team_id)


def _keep(session: Session, caller: Caller, team_id: UUID, new: Setting, *, now: datetime) -> None:
    assumed = new.assumed
    session.add(
        ProgrammeSetting(
            team_id=team_id,
            set_at=now,
            set_by_kind=caller.kind,
            set_by=caller.id,
            clocks=new.clocks,
            stay=assumed.stay,
            averts_low=assumed.averts_low,
            averts_high=assumed.averts_high,
            handling_low=assumed.handling_low,
            handling_high=assumed.handling_high,
        )
    )
    session.flush()
    record(session, caller, Action.UPDATE, SETTING, now=now, entity_id=team_id)


def team_clocks(
    session: Session, caller: Caller, team_id: UUID, *, on: date | None, now: datetime
) -> TeamClocks:
    """Return the clocks of the windows and months that hold a day, or today for everybody.

    Raises `NotFoundError` where the caller takes no part in the team, or its clocks are off.
    """
    team = _kept(session, caller, team_id)
    with people.beyond_wall(session, Beyond.CASELOAD):
        load, mine = whom(session, team_id, on=on, now=now)
        unused = restricted(session, mine, now=now)
        counted = [each for each in mine if each not in unused]
        found = clocks_of(session, counted, on=on, now=now, load=load)
    profiles = people.profiles(session, people.visible_to(caller), counted)
    return TeamClocks(team, found, {each.id: each.name for each in profiles}, len(unused))


def _kept(session: Session, caller: Caller, team_id: UUID) -> Team:
    team = team_of(session, caller, team_id)
    if not setting_of(session, team_id).clocks:
        raise NotFoundError("no such team")
    return team


def evidence(  # noqa: PLR0913 (of whom, of which team, on which day)
    session: Session,
    caller: Caller,
    team_id: UUID,
    patient_id: UUID,
    *,
    on: date | None,
    now: datetime,
) -> Evidence:
    """Return what one person's clocks rest on. Raises as `team_clocks` does."""
    team = _kept(session, caller, team_id)
    load, mine = whom(session, team_id, on=on, now=now)  # behind the wall
    if patient_id not in mine:
        raise NotFoundError("no such patient")
    known = people.profiles(session, people.visible_to(caller), [patient_id])
    if not known or restricted(session, [patient_id], now=now):
        raise NotFoundError("no such patient")
    who, records = known[0], people.one_person(session, patient_id)
    zone = zone_of(who.zone)
    found = clocks_of(session, [patient_id], on=on, now=now, load=load)[patient_id]
    asked = Asked(patient_id, records, zone.key, found.window) if found.window else None
    since, until = month_of(found.month_last, zone)
    entries = [
        each
        for each in standing(session, records, since=since, until=until)
        if load.had(patient_id, each.at)
    ]
    measured = repository.measured(session, asked) if asked else []
    others = elsewhere(load, patient_id, (each.day for each in measured), zone)
    left = repository.left_out(session, asked) if asked else {}
    if not_here := sum(each.count for each in measured if each.day in others):
        left[Left.ELSEWHERE] = not_here
    untimed = repository.untimed(session, records, since=since, until=until)
    ids = [each.id for each in entries]
    return Evidence(
        team,
        patient_id,
        who.name,
        zone.key,
        found,
        tuple(each for each in measured if each.day not in others),
        left,
        tuple(entries),
        repository.written(session, records, ids, since=since),
        tuple(each for each in untimed if load.had(patient_id, each.at)),
    )


def value_of(  # noqa: PLR0913 (of whom, of when, and by which assumptions)
    session: Session,
    caller: Caller,
    team_id: UUID,
    span: tuple[datetime, datetime],
    assumed: Assumed,
    *,
    now: datetime,
) -> tuple[Value, list[UUID]]:
    """Return what a team's alerts of a span may be worth, and whom of its people one may see.

    The alerts and outcomes are those of the page of quality. Raises `NotFoundError` as it does.
    """
    team_of(session, caller, team_id)
    since, until = span
    with people.beyond_wall(session, Beyond.CASELOAD):
        opened, counted = opened_of(session, team_id, since, until, now=now)
    return value(opened, assumed), sorted(repository.seen(session, caller, counted))


def left_out(session: Session, caller: Caller, team_id: UUID, *, now: datetime) -> int:
    """Return how many of a team are in no figure, since they restricted the use of their data."""
    mine = repository.seen(session, caller, people.team_patients(session, team_id))
    return len(restricted(session, mine, now=now))


def summary_of(
    session: Session, caller: Caller, team_id: UUID, week: Week, now: datetime
) -> Summary:
    """Return what a weekly report says of a team's programme: its clocks, if kept, and the value.

    The windows and months are those of today in a week that runs, else of its Sunday. The page
    that shows the report writes the read down. Raises `NotFoundError` as the report does.
    """
    team_of(session, caller, team_id)
    setting = setting_of(session, team_id)
    sunday = week.monday + timedelta(days=6)
    day, until = (sunday if week.end <= now else None), min(week.end, now)
    found: Mapping[UUID, Clocks] = {}
    if setting.clocks:
        found = team_clocks(session, caller, team_id, on=day, now=now).people
    span = until - timedelta(weeks=WEEKS), until
    estimate, _ = value_of(session, caller, team_id, span, setting.assumed, now=now)
    return Summary(
        team_id=team_id,
        clocks=setting.clocks,
        on=day or now.astimezone(week.zone).date(),
        people=len(found),
        codes=tuple((str(code), reaching(found.values(), code)) for code in PEOPLE_WITH),
        ended_few=ended_with(found.values(), Code.FEW_DAYS),
        ended_many=ended_with(found.values(), Code.MANY_DAYS),
        lacking=sum(bool(each.lacking) for each in found.values()),
        value=estimate,
        assumed=setting.assumed,
        restricted=left_out(session, caller, team_id, now=now),
    )
