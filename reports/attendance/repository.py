"""Reads since when people are watched, how they were enrolled, and what their readings were."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import and_, func, select, text

from alerts.tables import Incident
from core.among import among
from core.vitals import Quality
from ingest.leaving.repository import departures
from ingest.tables import Patient, StoredReading
from reports.adherence import How
from reports.caseloads.repository import WITH_TEAM, facts_of, with_team
from reports.readings import Readings

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from reports.works.repository import Span

LATE = timedelta(days=1)  # so long after it was taken a reading came late
# What was written down first when each record came says through which door that was.
_FIRST = text("""
select record, first.caller_kind, first.entity
from unnest(cast(:records as uuid[])) record, lateral (
    select caller_kind, entity from audit_event
    where patient_id = record and action = 'C' and entity in ('Patient', 'Bundle', 'Import')
        and outcome like 'success%'
    order by recorded, id limit 1
) first
""")
# Of each alert of health the readings that it rests on, each once.
_SPOKEN = text(f"""
select count(distinct each ->> 0)
from alert
join alert_finding on alert_finding.alert_id = alert.id and alert_finding.fallen_at is null
cross join lateral jsonb_array_elements(alert_finding.evidence) each
where alert.patient_id = any(:records) and alert.opened_at >= :start and alert.opened_at < :until
    and alert.severity in ('RED', 'AMBER', 'YELLOW')
    and (each ->> 3)::timestamptz >= :start and (each ->> 3)::timestamptz < :until
    and {WITH_TEAM.format(record="alert.patient_id", at="alert.opened_at")}
""")  # noqa: S608 (a condition of ours)


def enrolled(session: Session, heads: Mapping[UUID, UUID]) -> dict[UUID, tuple[datetime, bool]]:
    """Return since when each person is known here, by the first of their records, and who died."""
    row = Patient
    query = select(row.id, row.created_at, row.deceased).where(among(row.id, heads))
    found: dict[UUID, tuple[datetime, bool]] = {}
    for record, at, deceased in session.execute(query):
        since, died = found.get(heads[record], (at, False))
        found[heads[record]] = (min(since, at), died or deceased)
    return found


def outlived(
    session: Session, heads: Mapping[UUID, UUID], dead: Collection[UUID], day: date
) -> set[UUID]:
    """Return who of the dead was alive on a day, as their discharge says when they died."""
    records = [record for record, who in heads.items() if who in dead]
    known = departures(session, records) if records else []
    stands = [each for each in known if each.back_at is None and each.died_on is not None]
    return {heads[each.patient_id] for each in stands if each.died_on and each.died_on > day}


def how(session: Session, heads: Mapping[UUID, UUID]) -> dict[UUID, How]:
    """Return how each person was enrolled; of merged records the one that stands for them."""
    decided = select(Patient.id).where(among(Patient.id, heads), Patient.override_at.is_not(None))
    found = {
        heads[record]: _door(kind, entity)
        for record, kind, entity in session.execute(_FIRST, {"records": sorted(heads)})
        if heads[record] == record
    }
    return found | {heads[record]: How.DECISION for record in session.scalars(decided)}


def _door(kind: str, entity: str) -> How:
    if kind == "system":
        return How.COMMAND
    if entity == "Import":
        return How.UPLOAD
    return {"user": How.PAGE, "client": How.INTEGRATION}.get(kind, How.UNKNOWN)


def incident_at(session: Session, at: datetime) -> bool:
    """Return whether arrivals had fallen for everybody at an instant (REL-34)."""
    row = Incident
    query = select(row.id).where(row.opened_at <= at, row.ended_at.is_(None) | (row.ended_at > at))
    return session.scalar(query.limit(1)) is not None


def readings(session: Session, heads: Mapping[UUID, UUID], span: Span) -> Readings:
    """Return the readings that were taken in a span, by what they were good for.

    `heads` are people by record.
    """
    row = StoredReading
    each = func.sum(1 + row.summed)  # with those that are gone and count with it
    # A correction arrives when it may, and may count for many that came in time.
    delay = and_(row.resource_version == 1, row.received_at - row.effective >= LATE)
    late = func.coalesce(each.filter(delay), 0)
    query = (
        select(row.patient_id, row.quality, each, late)
        .where(
            among(row.patient_id, heads),
            row.effective >= span.start,
            row.effective < span.end,
            with_team(row.patient_id, row.effective, span.apart),
            ~row.superseded,
        )
        .group_by(row.patient_id, row.quality)
    )
    by_quality: Counter[Quality] = Counter()
    people, delayed = set(), 0
    for patient, quality, count, slow in session.execute(query):
        by_quality[Quality(quality)] += count
        people.add(heads[patient])
        delayed += slow
    facts = {"records": list(heads), "start": span.start, "until": span.end}
    spoken = session.scalar(_SPOKEN, facts | facts_of(span.apart)) or 0
    return Readings(by_quality.total(), dict(by_quality), delayed, len(people), spoken)
