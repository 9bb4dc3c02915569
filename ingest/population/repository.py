"""What the judgement needs of many people, in one query for each kind of fact."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from core.rows import run
from core.vitals import Precision, Quality, Reading, Vital
from ingest.merging.repository import everybody
from ingest.rolling.repository import rolled_until

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


_VITALS = {vital.value: vital for vital in Vital}
_QUALITIES = {quality.value: quality for quality in Quality}
_PRECISIONS = {precision.value: precision for precision in Precision}
_COLUMNS = """patient_id, resource_id, resource_version, ordinal, vital, value, effective,
    received_at, quality, until, local_day, precision, comparator, device, value_received,
    unit_received, history, site"""
_COUNTS = "not superseded and quality <> 'withdrawn'"
_ORDER = "order by patient_id, effective, received_at, vital, device, ordinal"
_READINGS = f"""
select {_COLUMNS}
from reading
where patient_id = any(%b::uuid[]) and {_COUNTS}
    and (effective >= %b::timestamptz or (vital = 'body_weight' and effective >= %b::timestamptz))
{_ORDER}
"""  # noqa: S608 (only the names above)
_SINCE = """(effective >= %b::timestamptz
        or (vital = 'body_weight' and effective >= %b::timestamptz))"""
# Of people with a dense stream: what stands for the days that are over, and all of those since.
# Person by person (`offset 0`): joined as a whole, every minute of everybody would be read.
_ROLLED = f"""
select found.* from unnest(%b::uuid[], %b::timestamptz[]) rolled (person, before),
lateral (
    select {_COLUMNS}, coalesce(stands_for, 1) from reading
    where patient_id = person and roll = 0 and effective < before and {_COUNTS} and {_SINCE}
    offset 0
) found
union all
select found.* from unnest(%b::uuid[], %b::timestamptz[], %b::timestamptz[])
    rolled (person, hours, before),
lateral (
    select {_COLUMNS}, coalesce(stands_for, 1) from reading
    where patient_id = person and roll = 1 and effective >= hours and effective < before
        and {_COUNTS}
    offset 0
) found
union all
select found.* from unnest(%b::uuid[], %b::timestamptz[]) rolled (person, since),
lateral (
    select {_COLUMNS}, 1 from reading
    where patient_id = person and effective >= since and {_COUNTS}
    offset 0
) found
{_ORDER}
"""  # noqa: S608 (only the names above)
_RAW = f"""
select {_COLUMNS} from reading
where patient_id = %b and effective >= %b and effective < %b and {_COUNTS} {_ORDER}
"""  # noqa: S608 (only the names above)
HOURS_BACK = timedelta(days=2)  # so far back a dense stream is read by the hour


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
    rolled = rolled_until(session, every)
    plain = [id_ for id_ in every if id_ not in rolled] if rolled else every
    for row in run(session, _READINGS, plain, since, weight_since):
        found.setdefault(row[0], []).append(_reading(row))
    for row in _rolled(session, rolled, since, weight_since) if rolled else ():
        found.setdefault(row[0], []).append(_reading(row))
    return {patient: _joined(found, person) for patient, person in ids.items()}


def _rolled(
    session: Session, until: Mapping[UUID, datetime], since: datetime, weight_since: datetime
) -> list[Any]:
    """Return the rows of people with a dense stream.

    By the hour from a day before what is not rolled up: all that is judged anew lies behind it.
    """
    people, before = list(until), list(until.values())
    hours = [max(each - HOURS_BACK, since) for each in before]
    return run(
        session, _ROLLED, people, before, since, weight_since, people, hours, before, people,
        [max(each, since) for each in before],
    )  # fmt: skip


def raw(session: Session, patient_id: UUID, start: datetime, end: datetime) -> list[Reading]:
    """Return every reading of a record in a span of time, whatever stands for it."""
    return [_reading(row) for row in run(session, _RAW, patient_id, start, end)]


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
        row[17],
        *row[18:],
    )


def once(listed: list[Reading], ids: Collection[UUID]) -> list[Reading]:
    """Leave out what reached two records of one person as the same reading (REL-07)."""
    if len(ids) == 1:
        return listed
    return list({(r.device, r.vital, r.effective, r.value): r for r in reversed(listed)}.values())[
        ::-1
    ]
