"""What is kept of a person in every table, row by row: also what no FHIR resource says.

Found by the foreign keys themselves, so that a table that is added is in the copy.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select

from app.schema import METADATA
from core.sealed_fields import sealed_columns
from core.sealing import keyring_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import Table
    from sqlalchemy.orm import Session

# Told otherwise: the first two as resources with their received bytes, the last as AuditEvents.
ELSEWHERE = frozenset({"resource", "reading", "audit_event"})


def tables_of(session: Session, patients: Collection[UUID]) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of a person by table, what was sealed opened, digests left out."""
    kept: dict[str, set[Any]] = {"patient": set(patients)}
    found: dict[str, list[dict[str, Any]]] = {}
    for table in METADATA.sorted_tables:
        ways = list(_ways(table, kept))
        if not ways or table.name in ELSEWHERE:
            continue
        condition = ways[0]
        for other in ways[1:]:
            condition |= other
        rows = [dict(row) for row in session.execute(select(table).where(condition)).mappings()]
        keys = list(table.primary_key.columns)
        if len(keys) == 1 and table.name != "patient":
            kept[table.name] = {row[keys[0].name] for row in rows}
        if rows:
            found[table.name] = [_opened(session, table, row) for row in rows]
    return found


def of_people() -> set[str]:
    """Return the tables that hold something of a person."""
    kept: dict[str, set[Any]] = {"patient": set()}
    for table in METADATA.sorted_tables:
        if any(True for _ in _ways(table, kept)):
            kept[table.name] = set()
    return set(kept)


def _ways(table: Table, kept: dict[str, set[Any]]) -> Iterator[Any]:
    """Yield how a row of the table belongs to the person."""
    if table.name == "patient":
        yield table.c.id.in_(kept["patient"])
        return
    for column in table.columns:
        for key in column.foreign_keys:
            parent = key.column.table.name
            if parent in kept and parent != table.name:
                yield column.in_(kept[parent])
        if column.name == "patient_id" and not column.foreign_keys:
            yield column.in_(kept["patient"])


def _opened(session: Session, table: Table, row: dict[str, Any]) -> dict[str, Any]:
    ring = keyring_of(session)
    sealed = {each.column.name: each for each in sealed_columns(METADATA) if _of(each, table)}
    said: dict[str, Any] = {}
    for name, value in row.items():
        if name in sealed:
            place = sealed[name].of(row)
            said[name] = ring.open(value, place=place).decode() if value else ""
        elif not isinstance(value, bytes):
            said[name] = _plain(value)
    return said


def _of(sealed: Any, table: Table) -> bool:
    same: bool = sealed.column.table is table
    return same


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if isinstance(value, datetime | date) else value
