"""The rows of rotas and leave, as the values that decide who is told."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import or_, select

from alerts.oncall.tables import Leave, OnCallShift
from alerts.rota import Away, Rota, Shift
from ingest.tables import CareTeamParticipant
from ingest.weekly import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime
    from uuid import UUID
    from zoneinfo import ZoneInfo

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

LAST_SPAN = timedelta(days=2)  # longer than any span goes on after a weekly pattern ended


def rota(session: Session, team_id: UUID, zone: ZoneInfo, *, since: datetime) -> Rota:
    """Return a team's rota with the leave of everybody on it, from an instant on."""
    rows = session.scalars(
        select(OnCallShift)
        .where(OnCallShift.team_id == team_id, OnCallShift.removed_at.is_(None))
        .where(or_(OnCallShift.until.is_(None), OnCallShift.until > since - LAST_SPAN))
        .order_by(OnCallShift.since, OnCallShift.id)
    ).all()
    shifts = [_shift(row) for row in rows]
    held = [s for s in shifts if s.until is None or s.until > since or s.holds(since, zone)]
    members = select(CareTeamParticipant.practitioner_id).where(
        CareTeamParticipant.care_team_id == team_id
    )
    leaves = _leaves(session, members, since=since)
    return Rota(tuple(held), leaves, zone)


def kept(session: Session, team_id: UUID) -> bool:
    """Return whether a team keeps a rota: rows that were ever written and are not taken back."""
    row = select(OnCallShift.id).where(
        OnCallShift.team_id == team_id, OnCallShift.removed_at.is_(None)
    )
    return session.scalar(row.limit(1)) is not None


def keeping(session: Session, teams: Iterable[UUID]) -> frozenset[UUID]:
    """Return which of some teams keep a rota, as `kept` says of one."""
    query = select(OnCallShift.team_id).where(
        OnCallShift.team_id.in_(list(teams)), OnCallShift.removed_at.is_(None)
    )
    return frozenset(session.scalars(query.distinct()))


def leaves_of(session: Session, people: Iterable[UUID], *, since: datetime) -> tuple[Away, ...]:
    """Return the leave of people that is not over at an instant, and of their substitutes."""
    found: tuple[Away, ...] = ()
    asked: set[UUID] = set()
    wanted = set(people)
    while wanted:
        rows = _leaves(session, wanted, since=since)
        asked |= wanted
        found += rows
        wanted = {row.substitute for row in rows if row.substitute is not None} - asked
    return found


def _leaves(
    session: Session, people: Iterable[UUID] | Select[UUID], *, since: datetime
) -> tuple[Away, ...]:
    query = (
        select(Leave)
        .where(Leave.practitioner_id.in_(people))
        .where(Leave.removed_at.is_(None), Leave.until > since)
        .order_by(Leave.since, Leave.id)
    )
    return tuple(_away(row) for row in session.scalars(query))


def _shift(row: OnCallShift) -> Shift:
    weekly = None
    if row.days is not None and row.start is not None and row.end is not None:
        weekly = Span(frozenset(row.days), row.start, row.end)
    return Shift(row.id, row.practitioner_id, row.since, row.until, weekly, row.overrides)


def add_shift(session: Session, team_id: UUID, shift: Shift, *, now: datetime) -> None:
    """Write a row of a rota."""
    weekly = shift.weekly
    session.add(
        OnCallShift(
            id=shift.id,
            team_id=team_id,
            practitioner_id=shift.who,
            since=shift.since,
            until=shift.until,
            days=sorted(weekly.days) if weekly else None,
            start=weekly.start if weekly else None,
            end=weekly.end if weekly else None,
            overrides=shift.overrides,
            created_at=now,
        )
    )
    session.flush()


def add_leave(session: Session, leave: Away, *, now: datetime) -> UUID:
    """Write a leave; return its id."""
    row = Leave(
        id=uuid4(),
        practitioner_id=leave.who,
        since=leave.since,
        until=leave.until,
        substitute_id=leave.substitute,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row.id


def remove(session: Session, row_id: UUID, *, now: datetime) -> OnCallShift | Leave | None:
    """Take a row of a rota or a leave back; return it, or None where none holds."""
    row = session.get(OnCallShift, row_id) or session.get(Leave, row_id)
    if row is None or row.removed_at is not None:
        return None
    row.removed_at = now
    session.flush()
    return row


def rows(
    session: Session, team_id: UUID, zone: ZoneInfo, *, since: datetime
) -> list[tuple[UUID, Callable[[Mapping[UUID, str]], str]]]:
    """Return what stands on a team's rota from an instant on: ids, and words given the names."""
    held = rota(session, team_id, zone, since=since)
    members = select(CareTeamParticipant.practitioner_id).where(
        CareTeamParticipant.care_team_id == team_id
    )
    query = select(Leave).where(
        Leave.practitioner_id.in_(members), Leave.removed_at.is_(None), Leave.until > since
    )
    return [
        *((shift.id, partial(shift.words, zone)) for shift in held.shifts),
        *(
            (row.id, partial(_away(row).words, zone))
            for row in session.scalars(query.order_by(Leave.since))
        ),
    ]


def _away(row: Leave) -> Away:
    return Away(row.practitioner_id, row.since, row.until, row.substitute_id)
