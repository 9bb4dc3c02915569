"""Reads what the clocks count, and keeps the settings of teams.

Days are local to the person. What a device sent counts on its day; what was typed on the
patient's own page, was taken back, has no known day or came a month late does not.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select

from alerts.minutes import LIVE, Work
from app.programme.tables import ProgrammeSetting
from core.among import among
from core.audit import AuditEvent
from core.rows import run
from core.sealed_fields import unseal
from ingest.access.repository import visible_to
from ingest.contacts.service import PAGE_CLIENT
from ingest.tables import Device, Patient
from reports.programme import LATEST, NO_DAY, PHYSIOLOGIC, Left, Sent, Window

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from core.security import Caller

IDS = 5  # of the readings of one line that a page names


@dataclass(frozen=True, slots=True)
class Asked:
    """Of whom, by which clock, and which local days; `records` are all of one person."""

    person: UUID
    records: Collection[UUID]
    zone: str
    window: Window


@dataclass(frozen=True, slots=True)
class Measured:
    """What one device measured of one vital on one local day."""

    day: date
    device: str
    vital: str
    count: int
    first: datetime
    last: datetime
    ids: tuple[str, ...]  # the first few


@dataclass(frozen=True, slots=True)
class Untimed:
    """A contact that reached the person, without minutes."""

    at: datetime
    by: UUID | None
    work: Work


_DAY = "coalesce(local_day, (effective at time zone zone)::date)"
_BY_PAGE = """(device = '' and exists (
    select 1 from resource sent where sent.id = reading.resource_id and sent.client_id = %b
))"""
_TAKEN_BACK = "(superseded or quality = 'withdrawn')"
# A correction arrives when it may: what it corrects had come in time, or was late itself.
_LATE = "resource_version = 1 and received_at - coalesce(until, effective) > %b"
# Every reading of a record with why it counts for no day, "" where it counts. It is read a day
# to either side: a local day is not a day of UTC, and a night ends on the day after. What is gone
# of a dense stream counts with one that came as timely.
_WHY = f"""case
    when {_TAKEN_BACK} then '{Left.TAKEN_BACK}'
    when quality = any(%b::text[]) then '{Left.NO_DAY}'
    when {_BY_PAGE} then '{Left.BY_HAND}'
    when vital <> all(%b::text[]) then '{Left.OTHER}'
    when {_LATE} then '{Left.LATE}'
    else '' end"""
_COUNTS = f"""not superseded and vital = any(%b::text[]) and quality <> all(%b::text[])
    and not ({_LATE}) and not {_BY_PAGE}"""
_SPAN = """patient_id = record
    and effective >= (since - 2)::timestamp at time zone 'UTC'
    and effective < (last + 2)::timestamp at time zone 'UTC'"""
_DAYS = f"""
select person, day, bool_or(named)
from unnest(%b::uuid[], %b::uuid[], %b::text[], %b::date[], %b::date[])
    asked (person, record, zone, since, last),
lateral (
    select {_DAY} as day, device <> '' as named from reading where {_SPAN} and {_COUNTS}
    offset 0
) sent
where day between since and last
group by person, day order by person, day
"""  # noqa: S608 (only the names above)
# Of the first readings by time: a night is of the day on which it ends.
_FIRST = f"""
select person, min(day)
from unnest(%b::uuid[], %b::uuid[], %b::text[]) asked (person, record, zone),
lateral (
    select {_DAY} as day from reading where patient_id = record and {_COUNTS}
    order by effective limit 20
) sent
group by person
"""  # noqa: S608 (only the names above)
_EACH = f"""
select day, device, vital, sum(1 + summed), min(effective), max(effective),
    (array_agg(id order by effective, id))[1:{IDS}]
from (
    select distinct on (day, device, vital, effective, value) * from (
        select {_DAY} as day, device, vital, effective, value, summed, {_WHY} as why,
            resource_id || '/' || resource_version || '/' || vital
                || case when ordinal > 0 then '/' || ordinal else '' end as id
        from unnest(%b::uuid[], %b::text[], %b::date[], %b::date[])
            asked (record, zone, since, last)
        join reading on {_SPAN}
    ) seen where why = '' and day between %b and %b
    order by day, device, vital, effective, value, id
) counted
group by day, device, vital order by day, device, vital
"""  # noqa: S608 (only the names above)
_LEFT = f"""
select why, sum(1 + summed) from (
    select {_DAY} as day, summed, {_WHY} as why
    from unnest(%b::uuid[], %b::text[], %b::date[], %b::date[]) asked (record, zone, since, last)
    join reading on {_SPAN}
) seen where why <> '' and day between %b and %b group by why
"""  # noqa: S608 (only the names above)
# Contacts that reached the person by voice or in person, stand, and have no minutes beside them.
_UNTIMED = """
select done.at, done.actor_id, done.after ->> 'by'
from alert_event done join alert on alert.id = done.alert_id
where alert.patient_id = any(%b::uuid[]) and done.kind = 'contacted'
    and done.at >= %b and done.at < %b
    and (done.after ->> 'reached')::boolean and done.after ->> 'by' = any(%b::text[])
    and not exists (
        select 1 from alert_event undone
        where undone.alert_id = done.alert_id and undone.kind = 'undone'
            and undone.after ->> 'act' = 'contacted'
            and (undone.after ->> 'of')::timestamptz = done.at
    )
    and not exists (
        select 1 from time_spent where time_spent.alert_id = done.alert_id
            and time_spent.at = done.at
    )
order by done.at desc
"""
_VITALS = sorted(str(vital) for vital in PHYSIOLOGIC)
_QUALITIES = sorted(str(quality) for quality in NO_DAY)
_COUNTING: tuple[object, ...] = (_VITALS, _QUALITIES, LATEST, PAGE_CLIENT)
_REASONS: tuple[object, ...] = (_QUALITIES, PAGE_CLIENT, _VITALS, LATEST)


def days(session: Session, asked: Iterable[Asked]) -> dict[UUID, tuple[Sent, ...]]:
    """Return on which local days of a window somebody's devices sent something."""
    rows = [(a.person, each, a.zone, a.window) for a in asked for each in sorted(a.records)]
    if not rows:
        return {}
    people, records, zones, windows = (list(each) for each in zip(*rows, strict=True))
    first, last = [each.first for each in windows], [each.last for each in windows]
    found: dict[UUID, list[Sent]] = defaultdict(list)
    for person, day, named in run(session, _DAYS, people, records, zones, first, last, *_COUNTING):
        found[person].append(Sent(day, named))
    return {person: tuple(sent) for person, sent in found.items()}


def first_days(
    session: Session, people: Mapping[UUID, Collection[UUID]], zones: Mapping[UUID, str]
) -> dict[UUID, date]:
    """Return the first local day on which each person's devices sent something, if any."""
    rows = [(who, each, zones[who]) for who, ids in people.items() for each in sorted(ids)]
    if not rows:
        return {}
    who, records, clocks = (list(each) for each in zip(*rows, strict=True))
    return dict(run(session, _FIRST, who, records, clocks, *_COUNTING))


def measured(session: Session, asked: Asked) -> list[Measured]:
    """Return what counts for the days of a window, by day, device and vital."""
    rows = run(session, _EACH, *_REASONS, *_of_one(asked), asked.window.first, asked.window.last)
    return [
        Measured(day, device, vital, count, first, last, tuple(ids))
        for day, device, vital, count, first, last, ids in rows
    ]


def left_out(session: Session, asked: Asked) -> dict[Left, int]:
    """Return how many readings of a window count for no day, and why."""
    rows = run(session, _LEFT, *_REASONS, *_of_one(asked), asked.window.first, asked.window.last)
    return {Left(why): count for why, count in rows}


def _of_one(asked: Asked) -> list[list[Any]]:
    records = sorted(asked.records)
    return [
        records,
        [asked.zone] * len(records),
        [asked.window.first] * len(records),
        [asked.window.last] * len(records),
    ]


def living(session: Session, people: Collection[UUID]) -> dict[UUID, tuple[str, bool]]:
    """Return the zone of each person, and whether they have died."""
    query = select(Patient.id, Patient.zone, Patient.deceased).where(Patient.id.in_(people))
    return {row.id: (row.zone, row.deceased) for row in session.execute(query)}


def seen(session: Session, caller: Caller, people: Collection[UUID]) -> list[UUID]:
    """Return which of some people a caller may see."""
    query = select(Patient.id).where(among(Patient.id, people), Patient.id.in_(visible_to(caller)))
    return list(session.scalars(query))


def written(
    session: Session, records: Collection[UUID], entries: Sequence[UUID], *, since: datetime
) -> dict[UUID, int]:
    """Return by which row of the audit each entry of minutes was written down."""
    query = select(AuditEvent.entity_id, AuditEvent.id).where(
        AuditEvent.patient_id.in_(records),
        AuditEvent.recorded >= since,
        AuditEvent.entity == "minutes",
        AuditEvent.entity_id.in_(entries),
    )
    rows = session.execute(query.order_by(AuditEvent.id.desc())).all()
    return {entry: row for entry, row in rows if entry is not None}


def untimed(
    session: Session, records: Collection[UUID], *, since: datetime, until: datetime
) -> list[Untimed]:
    """Return the live contacts of a month that nobody wrote minutes down for, the newest first."""
    live = [str(each) for each in LIVE]
    rows = run(session, _UNTIMED, sorted(records), since, until, live)
    return [Untimed(at, who, Work(how)) for at, who, how in rows]


def setting(session: Session, team_id: UUID) -> ProgrammeSetting | None:
    """Return the newest setting of a team."""
    query = select(ProgrammeSetting).where(ProgrammeSetting.team_id == team_id)
    return session.scalar(query.order_by(ProgrammeSetting.id.desc()).limit(1))


def device_names(session: Session, keys: Collection[str]) -> dict[str, str]:
    """Return what devices are called that were sent as resources of their own."""
    ids = {known: key for key in keys if (known := _uuid(key)) is not None}
    rows = session.scalars(select(Device).where(Device.id.in_(ids)))
    found = {
        ids[row.id]: unseal(session, Device.name, row.name, id=row.id) or row.model for row in rows
    }
    return {key: name for key, name in found.items() if name}


def _uuid(key: str) -> UUID | None:
    try:
        return UUID(key)
    except ValueError:  # what its sender calls a device that it never sent
        return None
