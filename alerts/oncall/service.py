"""The rows of a rota as people change them, and what a team should know of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from alerts import rota_check, routing
from alerts.contacts import repository as contacts
from alerts.oncall import repository
from alerts.rota import Away, Shift
from core import audit
from core.errors import InvalidError, NotFoundError
from fhir.moments import BEGINNING, EARLIEST, END, LATEST
from ingest.teams.repository import answering_of, members, teams_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.policy import Policy
    from alerts.rota import Turn
    from core.security import Caller
    from ingest.roster import Responsible, Team
    from ingest.weekly import Span
    from monitoring.phrases import Phrase

SHIFT, LEAVE = "on_call_shift", "practitioner_leave"


@dataclass(frozen=True, slots=True)
class Turnus:
    """When somebody is on call: once, or weekly within the same bounds."""

    since: datetime
    until: datetime | None = None
    weekly: Span | None = None


def add(  # noqa: PLR0913 (whose rota, who, when, and by whom are all required)
    session: Session,
    caller: Caller,
    team_id: UUID,
    who: UUID,
    when: Turnus,
    *,
    now: datetime,
    overrides: bool = False,
) -> UUID:
    """Put somebody on a team's rota; `overrides` goes before whoever else is on call.

    Raises
    ------
    NotFoundError
        Where there is no such active team.
    InvalidError
        Where the person is not of the team (they could not open its alerts), a time is too far
        off, the end is not after the start, or a time without a weekly pattern has no end.
    """
    _check_member(session, team_id, who, field="who")
    _check_bounds(when.since, when.until)
    if when.until is not None and when.until <= when.since:
        raise InvalidError("until: the end must be after the start", field="until")
    if when.until is None and (when.weekly is None or overrides):
        raise InvalidError("until: only a weekly pattern may go on without an end", field="until")
    shift = Shift(uuid4(), who, when.since, when.until, when.weekly, overrides)
    repository.add_shift(session, team_id, shift, now=now)
    audit.record(session, caller, audit.Action.CREATE, SHIFT, now=now, entity_id=shift.id)
    return shift.id


def add_leave(session: Session, caller: Caller, leave: Away, *, now: datetime) -> UUID:
    """Note that somebody is away, and who is told in their place.

    Raises `InvalidError` where a time is too far off, the end is not after the start, or the
    substitute is the person themselves or shares no team with them, so that they could open none
    of the alerts.
    """
    _check_bounds(leave.since, leave.until)
    if leave.until <= leave.since:
        raise InvalidError("until: the end must be after the start", field="until")
    if leave.substitute == leave.who:
        raise InvalidError("substitute: nobody stands in for themselves", field="substitute")
    shared = teams_of(session, leave.who)
    if not shared:
        raise NotFoundError("who: no such member of a team")
    if leave.substitute and not shared & teams_of(session, leave.substitute):
        raise InvalidError("substitute: this person shares no team with them", field="substitute")
    row_id = repository.add_leave(session, leave, now=now)
    audit.record(session, caller, audit.Action.CREATE, LEAVE, now=now, entity_id=row_id)
    return row_id


def remove(session: Session, caller: Caller, row_id: UUID, *, now: datetime) -> None:
    """Take a row of a rota or a leave back; raise `NotFoundError` where none holds."""
    row = repository.remove(session, row_id, now=now)
    if row is None:
        raise NotFoundError("no such row of a rota, or it was removed before")
    audit.record(session, caller, audit.Action.DELETE, row.__tablename__, now=now, entity_id=row_id)


def too_far_off(field: str) -> InvalidError:
    """Return what is said of a time that no clock of ours goes by."""
    facts = {"field": field, "first": str(EARLIEST), "last": str(LATEST)}
    message = "{field}: the year must be from {first} to {last}"
    return InvalidError(message, field=field, facts=facts)


def _check_bounds(since: datetime, until: datetime | None) -> None:
    # PostgreSQL keeps years that Python cannot read: one such row, and nobody of the team is told.
    for field, at in (("since", since), ("until", until)):
        if at is not None and not BEGINNING <= at <= END:
            raise too_far_off(field)


def _check_member(session: Session, team_id: UUID, who: UUID, *, field: str) -> None:
    found = members(session, team_id)
    if not found:
        raise NotFoundError("team: no such team, or nobody is in it")
    if who not in {person.practitioner_id for person in found}:
        raise InvalidError(
            f"{field}: this person is not of the team and could not open its alerts", field=field
        )


@dataclass(frozen=True, slots=True)
class Overview:
    """A team's next days: who is on call, who is away, and what should be mended."""

    team: Team
    known: rota_check.Team
    turns: Sequence[Turn]
    leaves: Sequence[Away]
    warnings: Sequence[Phrase]
    names: dict[UUID, str]


def overview(
    session: Session, team: Team, policy: Policy, *, start: datetime, end: datetime
) -> Overview:
    """Return a team's rota from one instant to another, its holes and its people checked."""
    place = policy.place(team.id, team.name)
    held = repository.rota(session, team.id, place.clock, since=start)
    of_team = members(session, team.id)
    known = rota_check.Team(
        place,
        held,
        repository.kept(session, team.id),
        of_team,
        answering_of(session, team.id),
        _reachable(session, of_team),
    )
    return Overview(
        team,
        known,
        held.turns(start, end),
        [leave for leave in held.leaves if leave.since < end],
        rota_check.warnings(policy, known, start, end),
        {person.practitioner_id: person.name for person in of_team},
    )


def _reachable(session: Session, people: Sequence[Responsible]) -> frozenset[UUID]:
    keys = {routing.practitioner(each.practitioner_id): each.practitioner_id for each in people}
    return frozenset(keys[key] for key in contacts.ways(session, keys))
