"""What the judgement needs of many people, in one query for each kind of fact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.rows import run
from core.vitals import Precision, Quality, Reading, Vital
from ingest.merging.repository import everybody

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


_VITALS = {vital.value: vital for vital in Vital}
_QUALITIES = {quality.value: quality for quality in Quality}
_PRECISIONS = {precision.value: precision for precision in Precision}
_READINGS = """
select patient_id, resource_id, resource_version, ordinal, vital, value, effective, received_at,
    quality, until, local_day, precision, comparator, device, value_received, unit_received, history
from reading
where patient_id = any(%b::uuid[]) and not superseded and quality <> 'withdrawn'
    and (effective >= %b::timestamptz or (vital = 'body_weight' and effective >= %b::timestamptz))
order by patient_id, effective, received_at, vital, device, ordinal
"""


def readings_of(
    session: Session, patients: Collection[UUID], *, since: datetime, weight_since: datetime
) -> dict[UUID, list[Reading]]:
    """Return each person's readings from `since` on, of weight from `weight_since` on.

    By effective time; withdrawn and superseded ones are left out, and what reached two records
    of one person counts once.
    """
    ids = everybody(session, patients)
    every = sorted({id_ for person in ids.values() for id_ in person})
    found: dict[UUID, list[Reading]] = {}
    for row in run(session, _READINGS, every, since, weight_since):
        found.setdefault(row[0], []).append(_reading(row))
    return {patient: _joined(found, person) for patient, person in ids.items()}


def _joined(found: Mapping[UUID, list[Reading]], person: Collection[UUID]) -> list[Reading]:
    if len(person) == 1:
        return found.get(next(iter(person)), [])
    listed = [reading for id_ in sorted(person) for reading in found.get(id_, [])]
    listed.sort(key=lambda r: (r.effective, r.received, r.vital, r.device, r.id))
    return once(listed, person)


def _reading(row: tuple[Any, ...]) -> Reading:
    beside = f"/{row[3]}" if row[3] else ""
    return Reading(
        f"{row[1]}/{row[2]}/{row[4]}{beside}",
        _VITALS[row[4]],
        row[5],
        row[6],
        row[7],
        _QUALITIES[row[8]],
        row[9],
        row[10],
        _PRECISIONS[row[11]],
        row[12],
        row[13],
        row[14],
        row[15],
        row[16],
    )


def once(listed: list[Reading], ids: Collection[UUID]) -> list[Reading]:
    """Leave out what reached two records of one person as the same reading (REL-07)."""
    if len(ids) == 1:
        return listed
    return list({(r.device, r.vital, r.effective, r.value): r for r in reversed(listed)}.values())[
        ::-1
    ]
