"""Whose each row of a table is, as the database itself answers it; and what is in no backup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Uuid, case, exists, func, literal_column, null, select
from sqlalchemy.dialects import postgresql

from app.erasure.belonging import subjects, ways, whose
from core.audit import AuditEvent, AuditQuery
from ingest.people.tables import DeviceUse
from ingest.tables import Device

if TYPE_CHECKING:
    from sqlalchemy import Column, ColumnElement, MetaData, Table

PARCEL = "parcel"
# What is not in a backup, and why nothing is lost by it.
LEFT_OUT = {
    "person_key": "stands in the key file, which is kept apart",
    "login_session": "everybody signs in again",
    "bulk_export": "lasts a day, and is asked for again",
    "bulk_part": "goes with its export",
    "bulk_load": "an upload that was cut off is sent again",
    "bulk_outcome": "goes with its upload",
    "answered_request": "holds whole answers of many for a day; a repeat is known by its content",
    "worker_group": "which workers run is found out anew",
}


def kept_tables(metadata: MetaData) -> list[Table]:
    """Return the tables of a backup, what is referred to first."""
    return [table for table in metadata.sorted_tables if table.name not in LEFT_OUT]


def owner_of(metadata: MetaData, table: Table) -> ColumnElement[Any]:
    """Return whose a row is: a patient's id, null of nobody."""
    held = ways(metadata)
    if table.name == Device.__tablename__:
        other = exists().where(
            DeviceUse.device_id == Device.id, DeviceUse.patient_id != Device.patient_id
        )
        return case((other, null()), else_=Device.patient_id)
    if table.name == AuditQuery.__tablename__:
        asked = select(AuditEvent.patient_id).where(AuditEvent.query_id == AuditQuery.id)
        return asked.order_by(AuditEvent.patient_id).limit(1).scalar_subquery()
    named = next((each for each in subjects(metadata) if each.table is table), None)
    if named is not None:
        return _of_subject(metadata, named)
    return whose(held, table) if table in held else literal_column("null")


def _of_subject(metadata: MetaData, column: Column[Any]) -> ColumnElement[Any]:
    """Return whose the row is that a column names, in whatever table it stands."""
    held = ways(metadata)
    found = [
        select(whose(held, table)).where(key == column).limit(1).scalar_subquery()
        for table in held
        if (key := table.columns.get("id")) is not None and isinstance(key.type, Uuid)
    ]
    return func.coalesce(*found)


def rows_of(metadata: MetaData, table: Table) -> str:
    """Return the query of all rows of a table, each with its owner in front."""
    query = select(owner_of(metadata, table), *table.columns).select_from(table)
    compiled = query.compile(
        dialect=postgresql.dialect(),  # type: ignore[no-untyped-call]  # SQLAlchemy's own
        compile_kwargs={"literal_binds": True},
    )
    return str(compiled)
