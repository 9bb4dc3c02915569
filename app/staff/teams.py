"""Sites and teams as those make them who run the clinic, and who was of a team from when to when.

The zone, the holidays and the hours of a team are reviewed policy (`WARDLIGHT_POLICY`): they are
shown here and set there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import func, select

from app.staff.service import LONGEST, check_runs
from core.audit import Action, record
from core.errors import ConflictError, InvalidError, NotFoundError
from core.first import First, first
from ingest.archive.repository import lock
from ingest.tables import CareTeam, CareTeamParticipant, CareTeamPatient
from ingest.teams.repository import clinicians
from ingest.teams.tables import Site, TakenOut, TeamStay

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.policy import Policy
    from core.security import Caller

MOST_STAYS = 500  # that a page shows

TEAM, SITE = "care_team", "site"


@dataclass(frozen=True, slots=True)
class TeamLine:
    """One team: numbers of people only, and nobody's name."""

    id: UUID
    name: str
    active: bool
    site: str
    site_id: UUID | None
    members: int
    patients: int


@dataclass(frozen=True, slots=True)
class Stay:
    """Somebody's time in a team; `since` is None where it was always so, `until` while it is."""

    name: str
    role: str
    since: datetime | None
    until: datetime | None


def teams(session: Session, caller: Caller) -> list[TeamLine]:
    """Return every team, the closed ones last; raise `NotFoundError` but to administrators."""
    check_runs(caller)
    members = _counted(session, CareTeamParticipant.care_team_id)
    patients = _counted(session, CareTeamPatient.care_team_id)
    names = {each.id: each.name for each in sites(session, caller)}
    rows = session.scalars(select(CareTeam).order_by(CareTeam.active.desc(), CareTeam.name))
    return [
        TeamLine(
            row.id,
            row.name,
            row.active,
            names.get(row.site_id, "") if row.site_id else "",
            row.site_id,
            members.get(row.id, 0),
            patients.get(row.id, 0),
        )
        for row in rows
    ]


def _counted(session: Session, column: object) -> Mapping[UUID, int]:
    query = select(column, func.count()).group_by(column)  # type: ignore[call-overload]  # a column of either table
    return {row[0]: int(row[1]) for row in session.execute(query)}


def team(session: Session, caller: Caller, team_id: UUID) -> TeamLine:
    """Return one team; raise `NotFoundError` where there is none."""
    found = [each for each in teams(session, caller) if each.id == team_id]
    if not found:
        raise NotFoundError("no such team")
    return found[0]


def sites(session: Session, caller: Caller) -> Sequence[Site]:
    """Return every site, the closed ones last."""
    check_runs(caller)
    query = select(Site).order_by(Site.closed_at.is_not(None), Site.name)
    return session.scalars(query).all()


def stays(session: Session, caller: Caller, team_id: UUID) -> First[Stay]:
    """Return who belongs to a team and who did, from when to when, the newest first."""
    check_runs(caller)
    query = (
        select(TeamStay)
        .where(TeamStay.care_team_id == team_id)
        .order_by(TeamStay.until.is_not(None), TeamStay.since.desc().nulls_last(), TeamStay.id)
    )
    found = first(session, query, MOST_STAYS)
    names = clinicians(session, {row.practitioner_id for row in found.shown})
    return found.each(
        lambda row: Stay(names.get(row.practitioner_id, ""), row.role, row.since, row.until)
    )


def named_again(session: Session, caller: Caller, team_id: UUID) -> list[tuple[str, datetime]]:
    """Return whom a record system counts to a team out of which they were taken, and since when."""
    check_runs(caller)
    mine = TakenOut.care_team_id == team_id, TakenOut.named_at.is_not(None)
    rows = session.scalars(select(TakenOut).where(*mine)).all()
    names = clinicians(session, {row.practitioner_id for row in rows})
    return sorted(
        (names.get(row.practitioner_id, ""), row.named_at) for row in rows if row.named_at
    )


def add_team(
    session: Session, caller: Caller, name: str, site_id: UUID | None, *, now: datetime
) -> UUID:
    """Make a team; raise `InvalidError` without a name, `ConflictError` where it is taken."""
    check_runs(caller)
    _check_site(session, site_id)
    row = CareTeam(id=uuid4(), name=_free(session, name), active=True, site_id=site_id)
    session.add(row)
    session.flush()
    record(session, caller, Action.CREATE, TEAM, now=now, entity_id=row.id)
    return row.id


def change_team(  # noqa: PLR0913 (a team has this many facts)
    session: Session,
    caller: Caller,
    team_id: UUID,
    name: str,
    site_id: UUID | None,
    *,
    policy: Policy,
    now: datetime,
) -> None:
    """Give a team another name or site.

    Raises
    ------
    InvalidError
        Without a name.
    ConflictError
        Where the name is taken, or the policy knows the team by the name that it has: then its
        hours and routes would be lost.
    """
    row = _held(session, caller, team_id)
    _check_site(session, site_id)
    if name.strip() != row.name:
        if row.name in policy.teams and str(row.id) not in policy.teams:
            raise ConflictError("The policy names this team. Give its id there, then rename it.")
        row.name = _free(session, name)
    row.site_id = site_id
    record(session, caller, Action.UPDATE, TEAM, now=now, entity_id=row.id)


def set_open(
    session: Session, caller: Caller, team_id: UUID, *, open_: bool, now: datetime
) -> None:
    """Close a team or open it again.

    Raises `ConflictError` for closing one that looks after anybody, or opening one whose name was
    given to another meanwhile.
    """
    row = _held(session, caller, team_id)
    looked_after = _counted(session, CareTeamPatient.care_team_id).get(team_id, 0)
    if not open_ and looked_after:
        raise ConflictError(
            "This team looks after {count} people. Nobody would be told of them: move them first.",
            facts={"count": looked_after},
        )
    if open_ and not row.active and _taken(session, row.name):
        raise ConflictError("Another team has this name now. Rename that one first.", field="name")
    row.active = open_
    record(session, caller, Action.UPDATE, TEAM, now=now, entity_id=row.id)


def add_site(session: Session, caller: Caller, name: str, *, now: datetime) -> UUID:
    """Make a site; raise `InvalidError` without a name, `ConflictError` where it is taken."""
    check_runs(caller)
    row = Site(id=uuid4(), name=_free_site(session, name))
    session.add(row)
    record(session, caller, Action.CREATE, SITE, now=now, entity_id=row.id)
    return row.id


def rename_site(
    session: Session, caller: Caller, site_id: UUID, name: str, *, now: datetime
) -> None:
    """Give a site another name."""
    row = _site(session, caller, site_id)
    if name.strip() != row.name:
        row.name = _free_site(session, name)
    record(session, caller, Action.UPDATE, SITE, now=now, entity_id=row.id)


def close_site(session: Session, caller: Caller, site_id: UUID, *, now: datetime) -> None:
    """Close a site; raise `ConflictError` while an active team belongs to it."""
    row = _site(session, caller, site_id)
    here = select(CareTeam.id).where(CareTeam.site_id == site_id, CareTeam.active).limit(1)
    if session.scalars(here).first() is not None:
        raise ConflictError("Teams belong to this site. Close them or move them first.")
    row.closed_at = now
    record(session, caller, Action.UPDATE, SITE, now=now, entity_id=row.id)


def _held(session: Session, caller: Caller, team_id: UUID) -> CareTeam:
    check_runs(caller)
    row = session.get(CareTeam, team_id, with_for_update=True)
    if row is None:
        raise NotFoundError("no such team")
    return row


def _site(session: Session, caller: Caller, site_id: UUID) -> Site:
    check_runs(caller)
    row = session.get(Site, site_id, with_for_update=True)
    if row is None:
        raise NotFoundError("no such site")
    return row


def _check_site(session: Session, site_id: UUID | None) -> None:
    row = session.get(Site, site_id) if site_id else None
    if site_id is not None and (row is None or row.closed_at is not None):
        raise InvalidError("There is no such open site.", field="site")


def _free(session: Session, name: str) -> str:
    return _checked(name, taken=_taken(session, name.strip()))


def _taken(session: Session, name: str) -> bool:
    """Return whether an open team has a name, which nobody else gives until this is over."""
    lock(session, [f"team-name|{name}"])
    teams = select(CareTeam.id).where(CareTeam.name == name, CareTeam.active).limit(1)
    return session.scalars(teams).first() is not None


def _free_site(session: Session, name: str) -> str:
    lock(session, [f"site-name|{name.strip()}"])
    taken = select(Site.id).where(Site.name == name.strip(), Site.closed_at.is_(None)).limit(1)
    return _checked(name, taken=session.scalars(taken).first() is not None)


def _checked(name: str, *, taken: bool) -> str:
    if not name.strip() or len(name) > LONGEST:
        raise InvalidError("A name is needed, of at most 200 characters.", field="name")
    if taken:
        raise ConflictError("This name is taken.", field="name")
    return name.strip()
