"""What the judgement needs of many people, in one query for each kind of fact."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from core.rows import run
from core.vitals import Precision, Quality, Reading, Vital
from ingest.blocks import STORED, Alike, Block, blocks_of
from ingest.merging.repository import everybody
from ingest.rolling.repository import rolled_until

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


_VITALS = {vital.value: vital for vital in Vital}
_QUALITIES = {quality.value: quality for quality in Quality}
_PRECISIONS = {precision.value: precision for precision in Precision}
_NEEDED = """patient_id, resource_id, resource_version, ordinal, vital, value, effective,
    received_at, quality, until, local_day, precision, comparator, device, history, site"""
_COLUMNS = f"{_NEEDED}, value_received, unit_received"
_COUNTS = "not superseded and quality <> 'withdrawn'"
_ORDER = "order by patient_id, effective, received_at, vital, device, ordinal"
_SINCE = """(effective >= %b::timestamptz
        or (vital = 'body_weight' and effective >= %b::timestamptz))"""
_PLAIN = f"""
select {{columns}}, 1 + summed as counts from reading
where patient_id = any(%b::uuid[]) and {_COUNTS} and {_SINCE}
"""  # noqa: S608 (only the names above)
# Of people with a dense stream: what stands for the days that are over, and all of those since.
# Person by person (`offset 0`): joined as a whole, every minute of everybody would be read.
_ROLLED = f"""
select found.* from unnest(%b::uuid[], %b::timestamptz[]) rolled (person, before),
lateral (
    select {{columns}}, coalesce(stands_for, 1) + summed as counts from reading
    where patient_id = person and roll = 0 and effective < before and {_COUNTS} and {_SINCE}
    offset 0
) found
union all
select found.* from unnest(%b::uuid[], %b::timestamptz[], %b::timestamptz[])
    rolled (person, hours, before),
lateral (
    select {{columns}}, coalesce(stands_for, 1) + summed as counts from reading
    where patient_id = person and roll = 1 and effective >= hours and effective < before
        and {_COUNTS}
    offset 0
) found
union all
select found.* from unnest(%b::uuid[], %b::timestamptz[]) rolled (person, since),
lateral (
    select {{columns}}, 1 + summed as counts from reading
    where patient_id = person and effective >= since and {_COUNTS}
    offset 0
) found
"""  # noqa: S608 (only the names above)
# One row for all readings that are alike, and its arrays come as numpy's: an object for each
# reading would cost more than the judgement. What most readings have not is no array of theirs.
_ALIKE = """
select patient_id, vital, quality, precision, comparator, device, history, site,
    resource_version, ordinal, array_agg(effective), array_agg(received_at), array_agg(value),
    array_agg(resource_id), array_agg(until) filter (where until is not null),
    array_agg(local_day) filter (where local_day is not null),
    array_agg(counts) filter (where counts <> 1)
from ({rows}) as needed
group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, until is null, local_day is null, counts = 1
"""
_EACH = f"select {_COLUMNS}, counts from ({{rows}}) as needed {_ORDER}"  # noqa: S608 (as above)


def _about(form: str, columns: str) -> tuple[str, str]:
    """Return a statement about people without a dense stream, and about those with one."""
    plain, rolled = (form.replace("{rows}", rows) for rows in (_PLAIN, _ROLLED))
    return plain.replace("{columns}", columns), rolled.replace("{columns}", columns)


_BLOCKS, _READINGS = _about(_ALIKE, _NEEDED), _about(_EACH, _COLUMNS)
_RAW = f"""
select {_COLUMNS}, 1 + summed from reading
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
    for row in _rows(session, _READINGS, every, (since, weight_since)):
        found.setdefault(row[0], []).append(_reading(row))
    return {patient: _joined(found, person) for patient, person in ids.items()}


def blocks_of_people(
    session: Session,
    people: Mapping[UUID, Collection[UUID]],
    *,
    since: datetime,
    weight_since: datetime,
) -> dict[UUID, list[Block]]:
    """Return the same as arrays, of a dense stream what stands for its readings.

    `people` has all records of each. Of several records it is every reading as it is.
    """
    alone = {next(iter(records)): each for each, records in people.items() if len(records) == 1}
    several = [each for each, records in people.items() if len(records) > 1]
    found: dict[UUID, list[Block]] = {each: [] for each in people}
    if several:
        joined = readings_of(session, several, since=since, weight_since=weight_since)
        found |= {each: blocks_of(readings) for each, readings in joined.items()}
    for row in _rows(session, _BLOCKS, sorted(alone), (since, weight_since), numpy=True):
        found[alone[row[0]]].append(_block(row))
    return found


def _rows(
    session: Session,
    about: tuple[str, str],
    records: Sequence[UUID],
    since: tuple[datetime, datetime],
    *,
    numpy: bool = False,
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a statement about the readings of records.

    Of those with a dense stream by the hour from a day before what is not rolled up: all that is
    judged anew lies behind it.
    """
    plain, dense = about
    rolled = rolled_until(session, records)
    others = [each for each in records if each not in rolled]
    if others:
        yield from run(session, plain, others, *since, numpy=numpy)
    if rolled:
        people, before = list(rolled), list(rolled.values())
        hours = [max(each - HOURS_BACK, since[0]) for each in before]
        yield from run(
            session, dense, people, before, *since, people, hours, before, people,
            [max(each, since[0]) for each in before], numpy=numpy,
        )  # fmt: skip


def _block(row: tuple[Any, ...]) -> Block:
    _, vital, quality, precision, comparator, device, history, site, version, ordinal = row[:10]
    effective, received, values, resources, until, days, counts = row[10:]
    ids = np.empty(len(effective), dtype=STORED)
    ids["resource"], ids["version"], ids["ordinal"] = resources, version, ordinal
    alike = Alike(
        _VITALS[vital],
        _QUALITIES[quality],
        _PRECISIONS[precision],
        comparator,
        device,
        history,
        site,
    )
    return Block(
        alike,
        effective,
        received,
        np.full(len(effective), np.nan) if until is None else until,
        values,
        np.zeros(len(effective), dtype=np.int64) if days is None else days,
        ids,
        np.ones(len(effective), dtype=np.int64) if counts is None else counts,
    )


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
        row[16],
        row[17],
        row[14],
        row[15],
        row[18],
    )


def once(listed: list[Reading], ids: Collection[UUID]) -> list[Reading]:
    """Leave out what reached two records of one person as the same reading (REL-07).

    Where these were summed up with others, the one that stays counts for the more of them.
    """
    if len(ids) == 1:
        return listed
    kept: dict[tuple[object, ...], Reading] = {}
    for each in reversed(listed):
        key = (each.device, each.vital, each.effective, each.value)
        twin = kept.get(key, each)
        more = twin.stands_for > each.stands_for
        kept[key] = replace(each, stands_for=twin.stands_for) if more else each
    return list(kept.values())[::-1]
