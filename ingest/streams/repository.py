"""When each stream of each person was last heard, and who is there to be heard at all."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import Select, func, or_, select

from core.vitals import Quality, Vital
from ingest.merging.repository import merged_ids
from ingest.receipt import ANSWERING
from ingest.repository import everybody
from ingest.tables import Patient, Resource, StoredReading

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

Contacts = dict[Vital, "datetime"]
UNHEARD = (Quality.WITHDRAWN, Quality.FUTURE, Quality.ABSENT)


def known_since(before: datetime) -> Select[UUID]:
    """Return the ids of all people who were enrolled before an instant, each person once."""
    query = select(Patient.id).where(Patient.created_at < before)
    return query.where(Patient.id.not_in(merged_ids()))


def last_contacts(
    session: Session, patients: Collection[UUID], *, since: datetime
) -> dict[UUID, Contacts]:
    """Return, by person and vital, when something was last measured; only what is since `since`."""
    people = everybody(session, patients)
    head = {record: person for person, records in people.items() for record in records}
    row = StoredReading
    query = (
        select(row.patient_id, row.vital, func.max(row.effective))
        .where(row.patient_id.in_(head), row.effective >= since)
        .where(~row.superseded, row.quality.not_in(UNHEARD))
        .group_by(row.patient_id, row.vital)
    )
    found: dict[UUID, Contacts] = defaultdict(dict)
    for record, vital, at in session.execute(query):
        own = found[head[record]]
        own[Vital(vital)] = max(at, own.get(Vital(vital), at))
    return dict(found)


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
