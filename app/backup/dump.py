"""Write a backup: every table in one snapshot, each person's rows in frames of their own."""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import groupby
from typing import TYPE_CHECKING, Any, BinaryIO
from uuid import UUID, uuid4

import psycopg
from psycopg import sql
from sqlalchemy import text

from app.backup import keyfile, manifest, people
from app.backup.ownership import PARCEL, kept_tables, rows_of
from app.backup.parcels import Group, opened
from app.backup.sealing import NOBODY, Sealer, write
from app.erasure import outside
from core.errors import ConflictError, InvalidError
from core.sealing import keyring_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from sqlalchemy import MetaData, Table
    from sqlalchemy.orm import Session

    from app.backup.sealing import BackupKey
    from core.database import Database

FULL = 32 << 20  # bytes held in memory before they are written
REVISION = text("select version_num from alembic_version")
_ONE_WRITER = text("select pg_advisory_xact_lock(7041819)")  # any fixed number


@dataclass(slots=True)
class Writer:
    """Gathers the rows of one table by whose they are, and writes them as frames."""

    file: BinaryIO
    name: str
    sealer: Sealer
    keys: Mapping[UUID, tuple[bytes, bytes]]  # tag and key of each person
    gathered: dict[UUID | None, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    size: int = 0
    frames: int = 0
    rows: int = 0

    def add(self, person: UUID | None, row: bytes) -> None:
        """Take one row."""
        self.gathered[person].append(row)
        self.size, self.rows = self.size + len(row), self.rows + 1
        if self.size > FULL:
            self.end()

    def end(self) -> None:
        """Write what was gathered."""
        for person, rows in self.gathered.items():
            self.frame(person, b"".join(rows))
        self.gathered.clear()
        self.size = 0

    def frame(self, person: UUID | None, said: bytes) -> None:
        """Write one frame; what names a person without a key is nobody's any more."""
        tag, key = self.keys.get(person, (NOBODY, b"")) if person else (NOBODY, b"")
        write(self.file, tag, self.sealer.seal(said, f"{self.name}/{self.frames}", tag, key))
        self.frames += 1


def back_up(
    database: Database, metadata: MetaData, site: BackupKey, output: Path | None, keys: Path
) -> manifest.Manifest | None:
    """Write a backup into a new folder, and put the key file in its place.

    Without a folder only the key file is made anew: the keys of whoever was erased since are
    then gone from it.

    Raises
    ------
    ConflictError
        Where the folder is there already.
    InvalidError
        Where the key file is of another backup key, or cannot be written.
    """
    keyfile.need_place(keys)
    held = keyfile.found(keys, site).keys
    if output is None:
        _write_keys(database, site, keys)
        return None
    if output.exists():
        raise ConflictError("The folder of the backup is there already.")
    draft = output.with_name(f"{output.name}.unfinished-{os.getpid()}")
    draft.mkdir(parents=True)
    try:
        sealer, now = Sealer(site, uuid4().hex), database.now()
        taken = None
        while taken is None:  # who was enrolled in between has no key, and the next look makes it
            with database.transaction() as session:
                people.make_keys(session, held, now=now)
            taken = _take(draft, database, metadata, sealer)
        serial = _write_keys(database, site, keys)
        said = (sealer.backup, now.isoformat(), version("wardlight"), taken[0], serial, taken[1])
        done = manifest.Manifest(*said)
        manifest.write(draft, done, site)
    except BaseException:
        shutil.rmtree(draft)
        raise
    draft.rename(output)
    return done


def _take(
    draft: Path, database: Database, metadata: MetaData, sealer: Sealer
) -> tuple[str, list[manifest.Held]] | None:
    """Write every table as of one instant; None where somebody has no key at that instant."""
    with database.transaction() as session:
        session.execute(text("set transaction isolation level repeatable read"))
        if not people.everybody_has_one(session):
            return None
        known = people.known_keys(session)
        tagged = {id_: (people.tag_of(session, id_), key) for id_, key in known.items()}
        snapshot = Snapshot(session, metadata, sealer, tagged)
        tables = [snapshot.write(table, draft) for table in kept_tables(metadata)]
        return str(session.scalar(REVISION)), tables


def _write_keys(database: Database, site: BackupKey, path: Path) -> int:
    """Write the keys as they are now: of who was erased while the backup ran there is none.

    One after the other, each on top of what the one before wrote.
    """
    now = database.now()
    with database.transaction() as session:
        session.execute(_ONE_WRITER)
        before = keyfile.found(path, site)
        people.make_keys(session, before.keys, now=now)
        keys = {
            people.tag_of(session, id_).hex(): key
            for id_, key in people.known_keys(session).items()
        }
        made = before.next(keys, outside.done(session), now=now)
        keyfile.save(path, site, made)
        people.note_struck(session, now=now)
    return made.serial


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One instant of the database, and how its rows are sealed."""

    session: Session
    metadata: MetaData
    sealer: Sealer
    keys: Mapping[UUID, tuple[bytes, bytes]]

    def write(self, table: Table, folder: Path) -> manifest.Held:
        """Write the file of one table."""
        path = folder / table.name
        with path.open("wb") as file:
            writer = Writer(file, table.name, self.sealer, self.keys)
            if table.name == PARCEL:
                _parcels(self.session, writer)
            else:
                for person, row in _copied(self.session, rows_of(self.metadata, table)):
                    writer.add(person, row)
                writer.end()
            file.flush()
            os.fsync(file.fileno())
        columns = [str(column.name) for column in table.columns]
        return manifest.Held(str(table.name), columns, writer.rows, manifest.sha256(path))


def _copied(session: Session, query: str) -> Iterator[tuple[UUID | None, bytes]]:
    statement = sql.SQL("copy ({}) to stdout").format(sql.SQL(query))
    with connection_of(session).cursor() as cursor, cursor.copy(statement) as copy:
        for line in copy:
            owner, _, row = bytes(line).partition(b"\t")
            yield None if owner == b"\\N" else UUID(owner.decode()), row


def _parcels(session: Session, writer: Writer) -> None:
    """Write parcels in groups; each group is closed by an empty frame."""
    ring, group = keyring_of(session), Group()
    for parcel, sealed, spans in _with_spans(session):
        group.add(parcel, opened(ring, parcel, sealed), [s for s in spans if s[0] in writer.keys])
        writer.rows += 1
        if group.size > FULL:
            _write_group(writer, group)
            group = Group()
    _write_group(writer, group)


def _write_group(writer: Writer, group: Group) -> None:
    for person, parts in group.parts.items():
        writer.frame(person, b"".join(parts))
    writer.frame(None, b"")


def _with_spans(session: Session) -> Iterator[tuple[UUID, bytes, list[tuple[UUID, int, int]]]]:
    """Yield each parcel with what of it is whose; both are read in the order of parcels."""
    connection = connection_of(session)
    with connection.cursor("parcels") as held, connection.cursor("spans") as spans:
        spans.execute(
            "select parcel_id, patient_id, start, length from resource"
            " where patient_id is not null and length > 0 order by parcel_id"
        )
        grouped = groupby(spans, key=lambda row: row[0])
        at = next(grouped, None)
        held.execute("select id, sealed from parcel order by id")
        for parcel, sealed in held:
            mine: list[tuple[UUID, int, int]] = []
            while at is not None and at[0] <= parcel:
                if at[0] == parcel:
                    mine = [(row[1], row[2], row[3]) for row in at[1]]
                at = next(grouped, None)
            yield parcel, bytes(sealed), mine


def connection_of(session: Session) -> psycopg.Connection[tuple[Any, ...]]:
    """Return the driver's own connection of a session, in its transaction."""
    connection = session.connection().connection.driver_connection
    if not isinstance(connection, psycopg.Connection):
        raise InvalidError("backups are written through psycopg", field="WARDLIGHT_DATABASE_URL")
    return connection
