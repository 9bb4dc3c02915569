"""A row of everything for each of two people, made from the tables themselves.

A table that somebody adds is filled too, so that what is forgotten in the erasure is found.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, Boolean, Date, DateTime, Float, Integer, LargeBinary, Uuid, insert
from sqlalchemy.dialects.postgresql import JSONB

from app.erasure.belonging import BESIDE, KEPT, SUBJECTS
from app.schema import METADATA
from core import audit
from core.audit import Action, AuditEvent
from core.sealed_fields import sealed_columns
from core.sealing import keyring_of
from core.security import SYSTEM
from ingest.archive.repository import Version, add_versions
from ingest.people.tables import DeviceUse
from ingest.tables import Device, Parcel, Resource

if TYPE_CHECKING:
    from sqlalchemy import Column, Table
    from sqlalchemy.orm import Session

NOW = datetime(2026, 3, 2, 12, 0, 0, 131_071, tzinfo=UTC)  # no other test has this instant
SEALED = {each.column: each for each in sealed_columns(METADATA)}
# Filled by hand, or by nothing at all: parents of nobody's rows get what they must have.
EARLIER = "earlier"
BY_HAND = {Parcel.__tablename__, Resource.__tablename__}


@dataclass(slots=True)
class Person:
    """One person, and what they wrote in every field."""

    id: UUID
    canary: str
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)


def two_people(session: Session) -> tuple[Person, Person]:
    """Return two people with a row in every table; their received bytes share a parcel."""
    nobody: dict[str, dict[str, Any]] = {}
    people = [Person(uuid4(), f"canary{uuid4().hex}") for _ in range(2)]
    for table in METADATA.sorted_tables:
        if table.name in KEPT or table.name in ("care_team", "weekly_report"):
            nobody[table.name] = insert_row(session, table, None, nobody)
    for person in people:
        person.rows |= nobody | {"resource": {"id": uuid4()}}
    # What refers to another table without a foreign key comes after it.
    for table in sorted(METADATA.sorted_tables, key=lambda each: each.name == "parked"):
        if table.name not in nobody and table.name not in BY_HAND:
            for person in people:
                # What the second one's row refers to in its own table is the first one's.
                person.rows[EARLIER] = people[0].rows.get(table.name, {})
                person.rows[table.name] = insert_row(session, table, person, person.rows)
    receive(session, people, nobody["client"]["id"])
    return people[0], people[1]


def receive(session: Session, people: list[Person], client: UUID) -> None:
    """Store an Observation and the device of each, all in one parcel."""
    versions = [
        Version(kind, id_, 1, each.id, NOW, f'{{"said": "{each.canary}"}}'.encode())
        for each in people
        for kind, id_ in (
            ("Observation", each.rows["resource"]["id"]),
            ("Device", each.rows["device"]["id"]),
        )
    ]
    add_versions(session, client, versions)
    for each in people:
        asked = {"query_id": each.rows["audit_query"]["id"], "patient_id": each.id}
        said = {"recorded": NOW, "caller_kind": "user", "action": "R", "entity": "Patient"}
        session.execute(insert(AuditEvent).values({**asked, **said, "outcome": "success"}))
        export = each.rows["bulk_export"]["id"]
        audit.record(
            session, SYSTEM, Action.READ, "Export", now=NOW, entity_id=export, patients=[each.id]
        )


def insert_row(
    session: Session, table: Table, person: Person | None, rows: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    row = {
        column.name: value_of(column, person, rows)
        for column in table.columns
        if column.identity is None
    }
    for column in table.columns:
        if column in SEALED and person is not None:
            place = SEALED[column].of(row)
            said = f"{person.canary} {column} {person.id}".encode()
            row[column.name] = keyring_of(session).seal(said, place=place)
    session.execute(insert(table).values(row))
    return row


def value_of(column: Column[Any], person: Person | None, rows: dict[str, dict[str, Any]]) -> Any:  # noqa: PLR0911 (one line for each type)
    if (referred := _referred(column, person, rows)) is not None or _within(column):
        return referred
    kind, said = column.type, person.canary if person else "plain"
    if isinstance(kind, ARRAY):
        return []
    if isinstance(kind, Uuid):
        return uuid4()
    if isinstance(kind, DateTime):
        return NOW
    if isinstance(kind, Date):
        return date(2026, 3, 2)
    if isinstance(kind, Boolean):
        return False
    if isinstance(kind, Integer | Float):
        return 0
    if isinstance(kind, JSONB):
        return {"said": said}
    if isinstance(kind, LargeBinary):
        return b"" if column in SEALED else said.encode() + uuid4().bytes
    return f"{said} {column}" if column.primary_key or not column.unique else said


def _within(column: Column[Any]) -> bool:
    return any(key.column.table is column.table for key in column.foreign_keys)


def _referred(
    column: Column[Any], person: Person | None, rows: dict[str, dict[str, Any]]
) -> UUID | bytes | None:
    targets = [str(key.column) for key in column.foreign_keys]
    targets += [BESIDE[str(column)]] if str(column) in BESIDE else []
    if _within(column):
        earlier: UUID | None = rows[EARLIER].get("id")
        return earlier
    own = {f"{name}.{key}": held for name, row in rows.items() for key, held in row.items()}
    for target in targets:
        if target in own:
            found: UUID | bytes = own[target]
            return found
    if person and (column.name == "patient_id" or str(column) in SUBJECTS):
        return person.id
    return person.id if person and str(column) == "patient.id" else None


def share_a_device(session: Session, first: Person, second: Person) -> UUID:
    """Return a device that was the second's before it became the first's, named after them."""
    id_ = uuid4()
    session.add(Device(id=id_, patient_id=first.id, name=b"", model="OMRON"))
    session.flush()
    uses = [DeviceUse(device_id=id_, patient_id=second.id, since=None, until=NOW)]
    uses.append(DeviceUse(device_id=id_, patient_id=first.id, since=NOW, until=None))
    session.add_all(uses)
    session.flush()
    return id_
