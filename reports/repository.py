"""What the account reads: drawn readings of many people at once, and one team's weeks.

This room only reads. It selects from the tables of the rooms before it where a page or a
report needs many rows at once, and every query is bounded by patient ids that its caller
has already filtered.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from alerts.tables import Alert, AlertEvent
from core.vitals import Quality, Severity, Vital
from ingest.tables import StoredReading
from monitoring.findings import Problem
from reports.charts import Point
from reports.weekly import Episode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

CONTACT = (Quality.WITHDRAWN, Quality.FUTURE, Quality.ABSENT)


def points(
    session: Session, wanted: Mapping[UUID, Vital], *, since: datetime, until: datetime
) -> dict[UUID, list[Point]]:
    """Return the scored readings of one vital for each patient, ascending, in one query."""
    found: dict[UUID, list[Point]] = defaultdict(list)
    rows = session.execute(
        select(
            StoredReading.patient_id,
            StoredReading.vital,
            StoredReading.effective,
            StoredReading.value,
        )
        .where(
            StoredReading.patient_id.in_(wanted),
            StoredReading.vital.in_(set(wanted.values())),
            StoredReading.effective.between(since, until),
            StoredReading.quality == Quality.SCORED,
            ~StoredReading.superseded,
        )
        .order_by(StoredReading.effective)
    )
    for patient, vital, at, value in rows:
        if wanted[patient] == vital and value is not None:
            found[patient].append(Point(at, value))
    return dict(found)


def days_with_readings(
    session: Session, patient_ids: Sequence[UUID], *, zone: str, since: datetime, until: datetime
) -> dict[UUID, frozenset[date]]:
    """Return on which days of the site's zone each patient sent a reading of any quality."""
    day = func.date(func.timezone(zone, StoredReading.effective))
    rows = session.execute(
        select(StoredReading.patient_id, day)
        .where(
            StoredReading.patient_id.in_(patient_ids),
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


def last_readings(
    session: Session, patient_ids: Sequence[UUID], *, before: datetime
) -> dict[UUID, datetime]:
    """Return when each patient last sent a reading before an instant."""
    rows = session.execute(
        select(StoredReading.patient_id, func.max(StoredReading.effective))
        .where(
            StoredReading.patient_id.in_(patient_ids),
            StoredReading.effective < before,
            StoredReading.quality.not_in(CONTACT),
            ~StoredReading.superseded,
        )
        .group_by(StoredReading.patient_id)
    )
    return {row[0]: row[1] for row in rows}


def episodes(
    session: Session, patient_ids: Sequence[UUID], *, since: datetime, until: datetime
) -> list[Episode]:
    """Return the episodes that were open at some time of a span, as they stood at its end."""
    rows = session.scalars(
        select(Alert)
        .where(
            Alert.patient_id.in_(patient_ids),
            Alert.opened_at < until,
            Alert.closed_at.is_(None) | (Alert.closed_at >= since),
        )
        .order_by(Alert.opened_at, Alert.id)
    ).all()
    ids = [row.id for row in rows]
    earlier = _severity_before(session, ids, until=until)
    first = _first_acknowledged(session, ids)
    return [
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
        )
        for row in rows
    ]


def _severity_before(
    session: Session, ids: Iterable[UUID], *, until: datetime
) -> dict[UUID, Severity]:
    """Return what the severity was at `until` where it rose or fell afterwards."""
    rows = session.execute(
        select(AlertEvent.alert_id, AlertEvent.before)
        .where(AlertEvent.alert_id.in_(ids), AlertEvent.kind.in_(["rose", "lowered"]))
        .where(AlertEvent.at >= until)
        .order_by(AlertEvent.id.desc())
    )
    return {row[0]: Severity(row[1]["severity"]) for row in rows if "severity" in row[1]}


def _first_acknowledged(session: Session, ids: Iterable[UUID]) -> dict[UUID, datetime]:
    """Return when each alert was first taken, whatever became of that."""
    rows = session.execute(
        select(AlertEvent.alert_id, func.min(AlertEvent.at))
        .where(AlertEvent.alert_id.in_(ids), AlertEvent.kind == "acknowledged")
        .group_by(AlertEvent.alert_id)
    )
    return {row[0]: row[1] for row in rows}
