"""What is kept of a person in every table, row by row: also what no FHIR resource says.

Found by the foreign keys themselves, so that a table that is added is in the copy. It tells of
nobody else: a row that names another person is left out, which a merge that was undone does too.

Whoever makes the copy, the file is handed to the person. What a privacy officer wrote about
members of staff is therefore in no copy (Art. 15(4) GDPR), nor in one that an officer makes: that
there is a hold, and that an access was reviewed, by whom and when, is in it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import and_, or_, select

from app.erasure.belonging import PERSON, is_loose
from app.schema import METADATA
from core.sealed_fields import sealed_columns
from core.sealing import keyring_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import Column, ColumnElement, Table
    from sqlalchemy.orm import Session

# Told otherwise: the first two as resources with their received bytes, the last as AuditEvents.
ELSEWHERE = frozenset({"resource", "reading", "audit_event"})
# Told nobody: whoever has the key of a person's rows in the backups reads these after an erasure.
NEVER = frozenset({"person_key"})
# What a privacy officer notes for themselves, of the work of others.
WITHHELD = frozenset({"legal_hold.reason", "emergency_access.review"})


def tables_of(session: Session, patients: Collection[UUID]) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of a person by table, what was sealed opened, digests left out."""
    kept: dict[str, set[Any]] = {"patient": set(patients)}
    found: dict[str, list[dict[str, Any]]] = {}
    for table in METADATA.sorted_tables:
        ways = list(_ways(table, kept))
        if not ways or table.name in ELSEWHERE | NEVER:
            continue
        theirs = and_(or_(*ways), *_of_nobody_else(table, patients))
        rows = [dict(row) for row in session.execute(select(table).where(theirs)).mappings()]
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
        if _names_somebody(column):
            yield column.in_(kept["patient"])
            continue
        for key in column.foreign_keys:
            if key.column.table.name in kept and not is_loose(column):
                yield column.in_(kept[key.column.table.name])


def _of_nobody_else(table: Table, patients: Collection[UUID]) -> Iterator[ColumnElement[bool]]:
    """Yield that whoever a row names is the person: all of them, where it names several."""
    for column in filter(_names_somebody, table.columns):
        yield or_(column.in_(patients), column.is_(None))


def _names_somebody(column: Column[Any]) -> bool:
    refers = any(str(key.column) == PERSON for key in column.foreign_keys)
    return refers or column.name == "patient_id"


def _opened(session: Session, table: Table, row: dict[str, Any]) -> dict[str, Any]:
    ring = keyring_of(session)
    sealed = {each.column.name: each for each in sealed_columns(METADATA) if _of(each, table)}
    said: dict[str, Any] = {}
    for name, value in row.items():
        if f"{table.name}.{name}" in WITHHELD:
            continue
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
