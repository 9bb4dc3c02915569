"""Takes the rows of one person out of every table, and overwrites what lies among others'."""

from __future__ import annotations

import re
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, exists, func, or_, select, update

from app.bulk.tables import BulkExport
from app.erasure.belonging import each_way, loose, rows_by_id, subjects, theirs, ways
from core.audit import AuditEvent
from core.outbox import Outbox, Topic
from core.sealed_fields import unseal
from ingest.numbers.repository import numbers_of
from ingest.parcels.repository import Span, blank
from ingest.people.tables import DeviceUse
from ingest.receipt import DELETED
from ingest.repeats.tables import AnsweredRequest
from ingest.tables import CareTeam, CareTeamPatient, Device, Resource

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from uuid import UUID

    from sqlalchemy import MetaData, Table
    from sqlalchemy.orm import Session

    from app.erasure.belonging import Way


def lock_all(session: Session, metadata: MetaData, ids: Collection[UUID]) -> None:
    """Lock what rows of these records may refer to: whoever would add to it waits, and fails.

    From the top, so that what is locked already keeps new rows away from what is locked next.
    """
    held = ways(metadata)
    parents = {way.to.table for found in held.values() for way in found if way.to is not None}
    for table in metadata.sorted_tables:
        if table.name == "patient" or table in parents:
            keys = list(table.primary_key)
            for way in each_way(held, table, ids):
                session.execute(select(*keys).where(way).order_by(*keys).with_for_update())


def erase_rows(session: Session, metadata: MetaData, ids: Collection[UUID]) -> int:
    """Delete every row of these records, the last ones first; return how many there were."""
    # Without this word the database lets nobody delete what was decided about a person.
    session.execute(select(func.set_config("wardlight.erasing", "on", True)))
    held = ways(metadata)
    gone = _subjects(session, metadata, ids)
    for column, to in loose(metadata):
        if to.table in held:
            named = theirs(held, to, ids)
            session.execute(update(column.table).where(column.in_(named)).values({column: None}))
    for table in _children_first(held):
        for way in each_way(held, table, ids):
            gone += getattr(session.execute(delete(table).where(way)), "rowcount", 0)
    return gone


def _children_first(held: Mapping[Table, tuple[Way, ...]]) -> list[Table]:
    """Order tables so that nothing is deleted before what leads to a person through it."""
    after: dict[Table, set[Table]] = {table: set() for table in held}
    for table, found in held.items():
        targets = {way.to.table for way in found if way.to is not None}
        targets |= {key.column.table for key in table.foreign_keys}
        for to in targets & set(held) - {table}:
            after[to].add(table)
    return list(TopologicalSorter(after).static_order())


def _subjects(session: Session, metadata: MetaData, ids: Collection[UUID]) -> int:
    """Delete what names a row of these records; what another process works on, it closes itself."""
    held, gone = ways(metadata), 0
    named = rows_by_id(held, ids).subquery()
    for column in subjects(metadata):
        keys = list(column.table.primary_key)
        chosen = (
            select(*keys)
            .where(column.in_(select(named.c[0])))
            .with_for_update(skip_locked=True)
            .subquery()
        )
        done = session.execute(
            delete(column.table).where(
                *(key.in_(select(chosen.c[key.name])) for key in keys),
                column.in_(select(named.c[0])),
            )
        )
        gone += getattr(done, "rowcount", 0)
    return gone


def overwrite_bytes(session: Session, ids: Collection[UUID]) -> None:
    """Put zeros in the place of what was received about these records; nobody else's moves."""
    query = select(Resource.parcel_id, Resource.start, Resource.length)
    query = query.where(Resource.patient_id.in_(ids))
    blank(session, (Span(*row) for row in session.execute(query)))


def leave_markers(session: Session, ids: Collection[UUID]) -> None:
    """Keep of resources that were others' too only that there was a version, and nothing of it.

    Without it an earlier version, of somebody else, would seem to be the newest.
    """
    others = select(Resource.id, Resource.type).where(
        or_(Resource.patient_id.is_(None), Resource.patient_id.not_in(ids))
    )
    shared = others.where(Resource.type.in_(("Device", "CareTeam"))).subquery()
    mine = and_(Resource.patient_id.in_(ids), Resource.id == shared.c.id)
    session.execute(
        update(Resource)
        .where(mine, Resource.type == shared.c.type)
        .values(patient_id=None, client_id=Resource.client_id, length=0, status=DELETED)
        .execution_options(synchronize_session=False)
    )


def let_go_of_devices(session: Session, ids: Collection[UUID]) -> None:
    """Forget devices that only these records used; of others take away whose they are."""
    other = exists().where(DeviceUse.device_id == Device.id, DeviceUse.patient_id.not_in(ids))
    used = exists().where(DeviceUse.device_id == Device.id, DeviceUse.patient_id.in_(ids))
    mine = or_(Device.patient_id.in_(ids), and_(Device.patient_id.is_(None), used))
    gone = list(session.scalars(select(Device.id).where(mine, ~other)))
    session.execute(delete(DeviceUse).where(DeviceUse.patient_id.in_(ids)))
    session.execute(
        update(Device).where(Device.patient_id.in_(ids)).values(patient_id=None, name=b"")
    )
    session.execute(delete(Device).where(Device.id.in_(gone)))


def unname_teams(session: Session, ids: Collection[UUID]) -> None:
    """Take the name from teams that look after nobody but these records."""
    other = exists().where(
        CareTeamPatient.care_team_id == CareTeam.id, CareTeamPatient.patient_id.not_in(ids)
    )
    theirs = exists().where(
        CareTeamPatient.care_team_id == CareTeam.id, CareTeamPatient.patient_id.in_(ids)
    )
    said = select(Resource.id).where(Resource.type == "CareTeam", Resource.patient_id.in_(ids))
    alone = and_(theirs | CareTeam.id.in_(said), ~other)
    session.execute(update(CareTeam).where(CareTeam.id.in_(said), alone).values(name=""))


def drop_exports(session: Session, ids: Collection[UUID]) -> None:
    """Delete the exports that read anything of these records, finished or not."""
    read = select(AuditEvent.entity_id).where(
        AuditEvent.entity == "Export", AuditEvent.patient_id.in_(ids)
    )
    found = list(session.scalars(select(BulkExport.id).where(BulkExport.id.in_(read))))
    # Whoever works on one at this moment waits for the erasure, and then finds no export.
    work = select(Outbox.id).where(Outbox.topic == Topic.EXPORT, Outbox.subject_id.in_(found))
    free = session.scalars(work.with_for_update(skip_locked=True)).all()
    session.execute(delete(Outbox).where(Outbox.id.in_(free)))
    session.execute(delete(BulkExport).where(BulkExport.id.in_(found)))


def drop_searches(session: Session, ids: Collection[UUID]) -> None:
    """Forget with what words these records were searched for; the audit itself stays whole."""
    for each in ids:
        session.execute(select(func.audit_forget_queries(each)))


def drop_answers(session: Session, metadata: MetaData, ids: Collection[UUID]) -> None:
    """Forget the stored answers that name a row or a number of these records."""
    named = {str(each) for each in session.scalars(rows_by_id(ways(metadata), ids))}
    numbers = [value for each in ids for _, value in numbers_of(session, each) if value]
    for row in session.scalars(select(AnsweredRequest)):
        said = unseal(session, AnsweredRequest.answer, row.answer, key=row.key)
        if not named.isdisjoint(_ID.findall(said)) or any(each in said for each in numbers):
            session.delete(row)
    session.flush()


_ID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
