"""Fills the tables of one revision from a backup, and mends what referred to the erased."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql
from sqlalchemy import text

from app.backup.dump import connection_of
from app.backup.ownership import PARCEL
from app.backup.parcels import closed, together
from app.backup.sealing import NOBODY, frames
from core.sealing import keyring_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg
    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from app.backup.manifest import Held
    from app.backup.restore import Source

_KEYS = text("""
select conname as name, conrelid::regclass::text as child, confrelid::regclass::text as parent,
    pg_get_constraintdef(c.oid) as meaning, here.attname as here, there.attname as there,
    not here.attnotnull as optional
from pg_constraint c
join pg_attribute here on here.attrelid = conrelid and here.attnum = conkey[1]
join pg_attribute there on there.attrelid = confrelid and there.attnum = confkey[1]
where contype = 'f' and conparentid = 0 and connamespace = 'public'::regnamespace
order by conname
""")
_SERIAL = text(
    "select table_name, column_name from information_schema.columns"
    " where table_schema = 'public' and is_identity = 'YES'"
)
# What is somebody else's row although it refers to the person's (`app.erasure.belonging`).
_EMPTIED = {("device", "patient_id")}


def load(session: Session, source: Source) -> int:
    """Fill every table; return how many rows came back."""
    keys = session.execute(_KEYS).all()
    for key in keys:
        session.execute(text(f'alter table {key.child} drop constraint "{key.name}"'))
    connection, rows = connection_of(session), 0
    for held in source.said.tables:
        connection.execute(sql.SQL("truncate {}").format(sql.Identifier(held.name)))
        rows += _fill(session, connection, source, held)
    if source.missing:
        _mend(session, keys, [held.name for held in source.said.tables])
    for key in keys:
        session.execute(text(f'alter table {key.child} add constraint "{key.name}" {key.meaning}'))
    _count_on(session)
    return rows


def _fill(session: Session, connection: psycopg.Connection[Any], source: Source, held: Held) -> int:
    names = sql.SQL(", ").join(map(sql.Identifier, held.columns))
    into = sql.SQL("copy {} ({}) from stdin").format(sql.Identifier(held.name), names)
    with connection.cursor() as cursor:
        with cursor.copy(into) as copy:
            for said in _rows(session, source, held):
                copy.write(said)
        return cursor.rowcount


def _rows(session: Session, source: Source, held: Held) -> Iterator[bytes]:
    opened = _opened(source, held)
    if held.name != PARCEL:
        yield from (said for _, said in opened)
        return
    ring = keyring_of(session)
    grounds: list[bytes] = []
    parts: list[bytes] = []
    for nobodys, said in opened:
        if said:
            (grounds if nobodys else parts).append(said)
            continue
        for parcel, body in together(grounds, parts).items():
            yield f"{parcel}\t\\\\x{closed(ring, parcel, body).hex()}\n".encode()
        grounds, parts = [], []


def _opened(source: Source, held: Held) -> Iterator[tuple[bool, bytes]]:
    """Yield what opens, in its order, and whether it is nobody's; of the erased nothing does."""
    with (source.folder / held.name).open("rb") as file:
        for frame in frames(file):
            key = source.key(frame.tag)
            if key is not None:
                place = f"{held.name}/{frame.number}"
                said = source.sealer.open(frame.sealed, place, frame.tag, key)
                yield frame.tag == NOBODY, said


def _mend(session: Session, keys: Sequence[Row[Any]], order: list[str]) -> None:
    """Empty or delete what refers to rows that did not come back, from the top."""
    place = {name: number for number, name in enumerate(order)}
    for key in sorted(keys, key=lambda each: place.get(each.child, -1)):
        stray = (
            f'"{key.here}" is not null and not exists'
            f' (select from {key.parent} p where p."{key.there}" = c."{key.here}")'
        )
        own = key.child == key.parent or (key.child, key.here) in _EMPTIED
        done = f'update {key.child} c set "{key.here}" = null where {stray}'  # noqa: S608 (as below)
        if not (own and key.optional):
            done = f"delete from {key.child} c where {stray}"  # noqa: S608 (names of the catalogue)
        session.execute(text(done))


def _count_on(session: Session) -> None:
    """Let numbers that the database gives go on behind those that came back."""
    for table, column in session.execute(_SERIAL).all():
        newest = f'coalesce(max("{column}"), 1), max("{column}") is not null'
        serial = f"pg_get_serial_sequence('{table}', '{column}')"
        session.execute(text(f"select setval({serial}, {newest}) from {table}"))  # noqa: S608 (as above)
