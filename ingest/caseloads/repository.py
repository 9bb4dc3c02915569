"""Reads which team had whom from when to when, as the database itself wrote it down."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select

from core.among import among
from ingest.caseload import Caseload, Span, without
from ingest.leaving.repository import spans as discharged
from ingest.merging.repository import STANDING
from ingest.people.tables import PatientMerge
from ingest.tables import CareTeam, Patient
from ingest.teams.tables import PatientStay

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from uuid import UUID

    from sqlalchemy.orm import Session


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


def caseload(session: Session, team_id: UUID, start: datetime, end: datetime) -> Caseload:
    """Return whom a team had between two instants, without the time after a discharge."""
    found: dict[UUID, list[Span]] = defaultdict(list)
    for each in stays(session, start, end, teams=[team_id]):
        found[each.who].append(each.span)
    times = monitored(session, found)
    return Caseload(start.astimezone(UTC), end.astimezone(UTC), times)


def monitored(
    session: Session, spans: Mapping[UUID, Iterable[Span]]
) -> dict[UUID, tuple[Span, ...]]:
    """Return what of some people's times is left without those in which they were discharged."""
    holes = discharged(session, spans)
    return {
        who: without(own, (Span(since, until or _EVER) for since, until in holes.get(who, ())))
        for who, own in spans.items()
    }


_EVER = datetime.max.replace(tzinfo=UTC)
