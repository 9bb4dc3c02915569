"""Reads which team had whom from when to when, as the database itself wrote it down."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select

from core.among import among
from ingest.caseload import Caseload, Span, apportioned, without
from ingest.leaving.repository import spans
from ingest.merging.repository import STANDING
from ingest.people.tables import PatientMerge
from ingest.tables import CareTeam, Patient
from ingest.teams.tables import PatientStay

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from uuid import UUID

    from sqlalchemy.orm import Session

NO_TEAM = ""


class Stayed(NamedTuple):
    """One person's time with one team."""

    who: UUID  # merged records under who stands for them
    team_id: UUID
    team: str
    span: Span


def stays(
    session: Session,
    start: datetime,
    end: datetime,
    *,
    teams: Collection[UUID] | None = None,
    records: Collection[UUID] | None = None,
) -> list[Stayed]:
    """Return who was with which team between two instants; of some teams or some records.

    Since before anything was written down is since the record is there.
    """
    row, into = PatientStay, PatientMerge
    since = func.greatest(row.since, Patient.created_at, start)  # neither counts a null
    query = (
        select(
            func.coalesce(into.survivor_id, row.patient_id),
            *(CareTeam.id, CareTeam.name, since, func.least(row.until, end)),
        )
        .join(Patient, Patient.id == row.patient_id)
        .join(CareTeam, CareTeam.id == row.care_team_id)
        .outerjoin(into, (into.merged_id == row.patient_id) & STANDING)
        .where(
            row.since.is_(None) | (row.since < end),
            row.until.is_(None) | (row.until > start),
            Patient.created_at < end,
            ~Patient.synthetic,
        )
    )
    if teams is not None:
        query = query.where(among(row.care_team_id, teams))
    if records is not None:
        query = query.where(among(row.patient_id, records))
    return [
        Stayed(who, team, name, Span(begun.astimezone(UTC), over.astimezone(UTC)))
        for who, team, name, begun, over in session.execute(query)
    ]


def by_team(
    session: Session,
    start: datetime,
    end: datetime,
    *,
    teams: Collection[UUID],
    seen: Mapping[UUID, UUID],
) -> dict[UUID, dict[str, tuple[Span, ...]]]:
    """Return whom some teams had when, by the names of teams, and some people all of the time.

    `seen` are these people by record: theirs is also the time with other teams, and with none,
    since they are known here. Nobody counts after a discharge.
    """
    times: dict[UUID, dict[str, list[Span]]] = defaultdict(lambda: defaultdict(list))
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    own = stays(session, start, end, teams=teams)
    for each in (*own, *(stays(session, start, end, records=seen) if seen else ())):
        times[each.who][each.team].append(each.span)
    row = Patient
    query = select(row.id, row.created_at).where(among(row.id, seen), row.created_at < end)
    for record, at in session.execute(query):
        times[seen[record]][NO_TEAM].append(Span(max(at.astimezone(UTC), start), end))
    holes = _discharged(session, times)
    return {
        who: apportioned({team: without(each, holes[who]) for team, each in mine.items()})
        for who, mine in times.items()
    }


def caseload(session: Session, team_id: UUID, start: datetime, end: datetime) -> Caseload:
    """Return whom a team had between two instants, without the time after a discharge."""
    found: dict[UUID, list[Span]] = defaultdict(list)
    for each in stays(session, start, end, teams=[team_id]):
        found[each.who].append(each.span)
    holes = _discharged(session, found)
    times = {who: without(own, holes[who]) for who, own in found.items()}
    return Caseload(start.astimezone(UTC), end.astimezone(UTC), times)


def _discharged(session: Session, people: Collection[UUID]) -> dict[UUID, list[Span]]:
    """Return when each of some people was discharged."""
    known = spans(session, people)
    return {
        who: [Span(since, until or _EVER) for since, until in known.get(who, ())] for who in people
    }


_EVER = datetime.max.replace(tzinfo=UTC)
