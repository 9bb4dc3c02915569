"""What the account reads: drawn readings of many people at once, and one team's weeks.

This room only reads. It selects from the tables of the rooms before it where a page or a
report needs many rows at once, and every query is bounded by patient ids that its caller
has already filtered.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from alerts.tables import Alert, AlertEvent, AlertFinding
from alerts.wording.repository import words_of
from core.among import among
from core.rows import read, run
from core.vitals import Quality, Severity, Vital
from ingest.tables import Patient, StoredReading
from monitoring.findings import Problem
from monitoring.tables import AssessmentRow
from reports.charts import Point
from reports.episodes import Episode
from reports.quality import Said
from reports.turning.repository import taken_back, turns

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from reports.turns import Turn

CONTACT = (Quality.WITHDRAWN, Quality.FUTURE, Quality.ABSENT)
# Person by person, of the one vital that is drawn: nothing else of theirs is read.
_POINTS = """
select person, drawn.effective, drawn.value
from unnest(%b::uuid[], %b::text[]) wanted (person, vital), lateral (
    select effective, value from reading
    where patient_id = person and reading.vital = wanted.vital and effective between %b and %b
      and quality = 'scored' and not superseded and value is not null
    order by effective
) drawn
"""
# Each is found from the end of their readings, however many they are.
_LAST = """
select person, last.effective from unnest(%b::uuid[]) person, lateral (
    select effective from reading where patient_id = person and effective < %b
        and not superseded and quality <> all ('{withdrawn,future,absent}')
    order by effective desc limit 1
) last
"""


def points(
    session: Session, wanted: Mapping[UUID, Vital], *, since: datetime, until: datetime
) -> dict[UUID, list[Point]]:
    """Return the scored readings of one vital for each patient, ascending, in one query."""
    found: dict[UUID, list[Point]] = defaultdict(list)
    asked = [*wanted], [vital.value for vital in wanted.values()]
    for patient, at, value in run(session, _POINTS, *asked, since, until):
        found[patient].append(Point(at, value))
    return dict(found)


def known_before(session: Session, people: Sequence[UUID], at: datetime) -> set[UUID]:
    """Return who of these was enrolled before an instant."""
    query = select(Patient.id).where(among(Patient.id, people), Patient.created_at < at)
    return set(session.scalars(query))


def days_with_readings(
    session: Session, patient_ids: Collection[UUID], *, zone: str, since: datetime, until: datetime
) -> dict[UUID, frozenset[date]]:
    """Return on which days of the site's zone each patient sent a reading of any quality."""
    day = func.date(func.timezone(zone, StoredReading.effective))
    rows = session.execute(
        select(StoredReading.patient_id, day)
        .where(
            among(StoredReading.patient_id, patient_ids),
            StoredReading.effective >= since,
            StoredReading.effective < until,
            StoredReading.quality.not_in(CONTACT),
            ~StoredReading.superseded,
        )
        .distinct()
    )
    found: dict[UUID, set[date]] = defaultdict(set)
    for patient, on in rows:
        found[patient].add(on)
    return {patient: frozenset(days) for patient, days in found.items()}


def days_of_people(
    session: Session, heads: Mapping[UUID, UUID], *, zone: str, since: datetime, until: datetime
) -> dict[UUID, frozenset[date]]:
    """Return the same for people by all of their records; `heads` are people by record."""
    found: dict[UUID, frozenset[date]] = {}
    known = days_with_readings(session, heads, zone=zone, since=since, until=until)
    for record, days in known.items():
        found[heads[record]] = found.get(heads[record], frozenset()) | days
    return found


def last_of_people(
    session: Session, heads: Mapping[UUID, UUID], *, before: datetime
) -> dict[UUID, datetime]:
    """Return when each person last sent a reading before an instant."""
    found: dict[UUID, datetime] = {}
    for record, at in run(session, _LAST, list(heads), before):
        who = heads[record]
        found[who] = max(at, found.get(who, at))
    return found


def episodes(
    session: Session, patient_ids: Sequence[UUID], *, since: datetime, until: datetime
) -> list[Episode]:
    """Return the episodes that were open at some time of a span, as they stood at its end."""
    which = (
        among(Alert.patient_id, patient_ids),
        Alert.opened_at < until,
        Alert.closed_at.is_(None) | (Alert.closed_at >= since),
    )
    rows = read(
        session,
        # Columns, not objects: each row would bring its frozen policy along.
        select(
            Alert.id,
            Alert.patient_id,
            Alert.problem,
            Alert.severity,
            Alert.opened_at,
            Alert.closed_at,
            Alert.outcome,
            Alert.outcome_detail,
            Alert.owner_id,
        )
        .where(*which)
        .order_by(Alert.opened_at, Alert.id),
    )
    mine = select(Alert.id).where(*which)
    earlier = _severity_before(session, mine, until=until)
    first = _first_acknowledged(session, mine)
    again = turns(session, mine, until=until)
    return [
        _turned(
            Episode(
                id=row.id,
                patient_id=row.patient_id,
                problem=Problem(row.problem),
                severity=earlier.get(row.id, Severity(row.severity)),
                opened_at=row.opened_at,
                acknowledged_at=first.get(row.id),
                closed_at=row.closed_at,
                outcome=row.outcome or "",
                owner_id=row.owner_id,
                detail=row.outcome_detail or "",
            ),
            again.get(row.id),
        )
        for row in rows
    ]


def _turned(episode: Episode, again: Turn | None) -> Episode:
    return replace(episode, **again._asdict()) if again else episode


def _severity_before(
    session: Session, ids: Select[UUID], *, until: datetime
) -> dict[UUID, Severity]:
    """Return what the severity was at `until` where it rose or fell afterwards."""
    rows = session.execute(
        select(AlertEvent.alert_id, AlertEvent.before)
        .where(AlertEvent.alert_id.in_(ids), AlertEvent.kind.in_(["rose", "lowered"]))
        .where(AlertEvent.at >= until)
        .order_by(AlertEvent.id.desc())
    )
    return {row[0]: Severity(row[1]["severity"]) for row in rows if "severity" in row[1]}


def _first_acknowledged(session: Session, ids: Select[UUID]) -> dict[UUID, datetime]:
    """Return when each alert was first taken, but for what was taken back at once."""
    row = AlertEvent
    rows = session.execute(
        select(row.alert_id, func.min(row.at))
        .where(row.alert_id.in_(ids), row.kind == "acknowledged", ~taken_back(row))
        .group_by(row.alert_id)
    )
    return {row[0]: row[1] for row in rows}


def findings_of(
    session: Session, patient_ids: Sequence[UUID], *, since: datetime, until: datetime
) -> list[Said]:
    """Return which rules speak in the alerts that opened in a span, and by which model."""
    value = AlertFinding.value
    query = (
        select(
            AlertFinding.alert_id,
            AlertFinding.rule_id,
            func.max(AssessmentRow.model_id),
            func.min(value),
            func.max(value),
        )
        .join(Alert, Alert.id == AlertFinding.alert_id)
        .outerjoin(AssessmentRow, AssessmentRow.id == AlertFinding.assessment_id)
        .where(
            among(Alert.patient_id, patient_ids),
            Alert.opened_at >= since,
            Alert.opened_at < until,
            AlertFinding.fallen_at.is_(None),
        )
        .group_by(AlertFinding.alert_id, AlertFinding.rule_id)
    )
    return [Said(*row) for row in read(session, query)]


def put_off(
    session: Session, patient_ids: Sequence[UUID], *, since: datetime, until: datetime
) -> dict[UUID, list[str]]:
    """Return with which reasons each alert of a span was put off."""
    query = (
        select(AlertEvent)
        .join(Alert, Alert.id == AlertEvent.alert_id)
        .where(
            among(Alert.patient_id, patient_ids),
            Alert.opened_at >= since,
            Alert.opened_at < until,
            AlertEvent.kind == "snoozed",
            ~taken_back(AlertEvent),
        )
        .order_by(AlertEvent.id)
    )
    found: dict[UUID, list[str]] = defaultdict(list)
    for row in session.scalars(query):
        found[row.alert_id].append(words_of(session, row).get("why", ""))
    return dict(found)
