"""When each stream of each person was last heard, and who is there to be heard at all."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Select, func, or_, select

from core.rows import run
from core.vitals import Quality, Vital
from ingest.archive.repository import heads
from ingest.merging.repository import everybody, merged_ids
from ingest.receipt import ANSWERING
from ingest.rolling.repository import rolled_until
from ingest.roster import Heard
from ingest.tables import Patient, Resource, StoredReading

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

Contacts = dict[Vital, "datetime"]
PRELIMINARY = "preliminary"


def known_since(before: datetime) -> Select[UUID]:
    """Return the ids of all people who were enrolled before an instant, each person once."""
    query = select(Patient.id).where(Patient.created_at < before, ~Patient.synthetic)
    return query.where(Patient.id.not_in(merged_ids()))


def last_contacts(
    session: Session, patients: Collection[UUID], *, since: datetime
) -> dict[UUID, Contacts]:
    """Return, by person and vital, when something was last measured; only what is since `since`."""
    people = everybody(session, patients)
    head = {record: person for person, records in people.items() for record in records}
    rolled = rolled_until(session, head)
    rows = run(session, _PLAIN, [id_ for id_ in head if id_ not in rolled], since)
    if rolled:
        until = [max(each, since) for each in rolled.values()]
        rows += run(session, _DENSE, list(rolled), until, since, since)
    found: dict[UUID, Contacts] = defaultdict(dict)
    for record, vital, at in rows:
        own = found[head[record]]
        own[Vital(vital)] = max(at, own.get(Vital(vital), at))
    return dict(found)


def last_readings(session: Session, records: Collection[UUID]) -> dict[UUID, datetime]:
    """Return when anything was last measured, by record; one that never measured is absent.

    Each is found from the end of its readings, however many they are.
    """
    return dict(run(session, _LAST, list(records)))


def last_heard(session: Session, visible: Select[UUID]) -> list[Heard]:
    """Return when each visible person was last heard, each person once."""
    query = select(Patient.id).where(Patient.id.in_(visible), Patient.id.not_in(merged_ids()))
    people = everybody(session, session.scalars(query).all())
    latest = last_readings(session, [record for each in people.values() for record in each])
    return [
        Heard(person, max((latest[each] for each in records if each in latest), default=None))
        for person, records in people.items()
    ]


_HEARD = "not superseded and quality <> all ('{withdrawn,future,absent}')"
_PLAIN = (
    "select patient_id, vital, max(effective) from reading"  # noqa: S608 (only the names above)
    f" where patient_id = any(%b::uuid[]) and effective >= %b and {_HEARD} group by 1, 2"
)
# Of a dense stream each hour's last reading is marked: nobody reads every minute of four weeks.
_DENSE = f"""
select person, vital, max(effective)
from unnest(%b::uuid[], %b::timestamptz[]) rolled (person, before), lateral (
    select vital, effective from reading
    where patient_id = person and roll = 0 and effective >= %b and effective < before and {_HEARD}
    union all
    select vital, effective from reading
    where patient_id = person and roll = 1 and effective >= %b and effective < before and {_HEARD}
    union all
    select vital, effective from reading
    where patient_id = person and effective >= before and {_HEARD}
) heard group by 1, 2
"""  # noqa: S608 (only the names above)
_LAST = f"""
select person, last.effective from unnest(%b::uuid[]) person, lateral (
    select effective from reading where patient_id = person and {_HEARD}
    order by effective desc limit 1
) last
"""  # noqa: S608 (only the names above)


def revised(
    session: Session,
    people: Mapping[UUID, Collection[UUID]],
    *,
    since: datetime,
    after: datetime,
) -> dict[UUID, list[tuple[datetime, datetime]]]:
    """Return, by person, (taken, revised) of readings that were withdrawn or replaced.

    Taken since `since`, and taken back after `after`: what they said may have held something up
    or back, so that their instants are judged anew (REL-23). `people` has all records of each.
    """
    head = {record: person for person, records in people.items() for record in records}
    row = StoredReading
    query = (
        select(row.patient_id, row.effective, row.resource_id)
        .where(row.patient_id.in_(head), row.effective >= since)
        .where(or_(row.superseded, row.quality == Quality.WITHDRAWN))
    )
    dead = session.execute(query).all()
    newest = _received(session, {each.resource_id for each in dead}, after=after) if dead else {}
    found: dict[UUID, list[tuple[datetime, datetime]]] = defaultdict(list)
    for record, taken, resource in dead:
        if resource in newest:
            found[head[record]].append((taken, newest[resource]))
    return found


def _received(session: Session, ids: Collection[UUID], *, after: datetime) -> dict[UUID, datetime]:
    """Return when the newest version of each Observation came, where that was after an instant."""
    row = Resource
    query = select(row.id, func.max(row.received_at)).where(row.id.in_(ids))
    rows = session.execute(
        query.where(row.type.in_(ANSWERING), row.received_at > after).group_by(row.id)
    )
    return {each[0]: each[1] for each in rows}


def preliminary(session: Session, reading_ids: Iterable[str]) -> set[str]:
    """Return which of these readings are of Observations that by now are only preliminary.

    Such a value may open an alert, and never closes or lowers one (fhir.md section 3).
    """
    owners = {each: UUID(each.partition("/")[0]) for each in reading_ids}
    known = heads(session, ANSWERING, set(owners.values())) if owners else {}
    return {
        each
        for each, owner in owners.items()
        if owner in known and known[owner].status == PRELIMINARY
    }
