"""Stores and loads what people were asked to measure."""

from __future__ import annotations

from datetime import time, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from core.vitals import Vital
from ingest.asked import Asked
from ingest.context.tables import AskedMeasurement

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from sqlalchemy.orm import Session


def asked_of(session: Session, patients: Collection[UUID]) -> dict[UUID, tuple[Asked, ...]]:
    """Return what each patient was asked to measure, by vital; who was asked nothing is absent."""
    row = AskedMeasurement
    found: dict[UUID, tuple[Asked, ...]] = {}
    for each in session.scalars(
        select(row).where(row.patient_id.in_(patients)).order_by(row.vital)
    ):
        found[each.patient_id] = (*found.get(each.patient_id, ()), _asked(each))
    return found


def keep(session: Session, patient_id: UUID, asked: Asked) -> None:
    """Store what somebody is asked; of one vital the last word counts."""
    session.merge(
        AskedMeasurement(
            patient_id=patient_id,
            vital=asked.vital,
            since=asked.since,
            grace_hours=asked.grace / timedelta(hours=1),
            days=sorted(asked.days),
            times=[f"{each:%H:%M}" for each in asked.times],
        )
    )
    session.flush()


def forget(session: Session, patient_id: UUID, vital: Vital) -> bool:
    """Ask somebody no more for a vital; return whether they were asked."""
    row = AskedMeasurement
    gone = delete(row).where(row.patient_id == patient_id, row.vital == vital)
    return session.execute(gone.returning(row.vital)).first() is not None


def _asked(row: AskedMeasurement) -> Asked:
    return Asked(
        vital=Vital(row.vital),
        since=row.since,
        days=frozenset(int(day) for day in row.days),
        times=tuple(time.fromisoformat(each) for each in row.times),
        grace=timedelta(hours=row.grace_hours),
    )
