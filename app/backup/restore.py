"""Read a backup into an empty database; whoever was erased since stays erased (SEC-44, REL-38)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select, text

import app.migrate
from app.backup import keyfile, loading, manifest, people
from app.backup.fitting import need_field_keys
from app.backup.sealing import NOBODY, Sealer, frames
from app.erasure import again
from app.schema import METADATA
from app.weekly import service as weekly
from app.weekly.tables import WeeklyReport
from core import audit
from core.audit import Action
from core.database import now_of
from core.errors import ConflictError, InvalidError
from core.security import SYSTEM
from ingest.tables import Patient

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

    from app.backup.sealing import BackupKey
    from app.erasure.outside import Erased
    from core.database import Database
    from core.embedded import Servers

# A database with rows in any of these is somebody's.
SOMEBODYS = ("patient", "practitioner", "app_user", "client", "audit_event")


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of a backup: rows that are back, and people who were erased since."""

    rows: int
    erased: int


@dataclass(frozen=True, slots=True)
class Source:
    """A backup that was checked, and the keys that go with it."""

    folder: Path
    said: manifest.Manifest
    keys: keyfile.KeyFile
    sealer: Sealer
    missing: frozenset[str] = field(default_factory=frozenset)  # erased since

    def key(self, tag: bytes) -> bytes | None:
        """Return the key of a frame; None where it was destroyed."""
        return b"" if tag == NOBODY else self.keys.keys.get(tag.hex())


def check(folder: Path, site: BackupKey, keys: Path, erased: tuple[Erased, ...] = ()) -> Source:
    """Return a backup that can be restored.

    `erased` is whoever is known to be erased from elsewhere: a key file as old as the backup may
    hold their keys still.

    Raises
    ------
    InvalidError
        Where a file was changed or is missing, the key file is older than the backup or lacks
        somebody who was not erased, or the backup is of a newer program.
    """
    said, file = manifest.read(folder, site), keyfile.load(keys, site).without(erased)
    if file.serial < said.serial:
        raise InvalidError("this key file is older than the backup: use the newest", field="keys")
    if not app.migrate.knows(said.revision):
        raise InvalidError("the backup is of a newer program: restore it with that", field="input")
    found = set()
    for each in said.tables:
        with (folder / each.name).open("rb") as held:
            found |= {frame.tag.hex() for frame in frames(held) if frame.tag != NOBODY}
    gone = found - set(file.keys)
    if stray := gone - file.gone():
        raise InvalidError(
            "the keys of {count} people are missing who were not erased: use the newest key file",
            field="keys",
            facts={"count": len(stray)},
        )
    return Source(folder, said, file, Sealer(site, said.id), frozenset(gone))


def need_empty(database: Database) -> None:
    """Raise `ConflictError` where a database holds anything of anybody."""
    with database.transaction() as session:
        for name in SOMEBODYS:
            there = session.scalar(text("select to_regclass(:name)"), {"name": f"public.{name}"})
            query = text(f"select exists (select from {name})")  # noqa: S608 (a name from above)
            if there is not None and session.scalar(query):
                raise ConflictError("The database is not empty: restore into a new one.")


def restore(
    servers: Servers, database: Database, owner: Database, source: Source, *, app_role: str
) -> Restored:
    """Make the tables of the backup's revision, fill them, bring them up to date.

    Raises
    ------
    InvalidError
        Where the field keys are not those of the backup; nothing is filled then.
    """
    need_empty(owner)
    app.migrate.upgrade(
        servers.migration_database_url, app_role=app_role, revision=source.said.revision
    )
    with owner.transaction() as session:
        rows = loading.load(session, source)
        need_field_keys(session, METADATA, source)
    app.migrate.upgrade(servers.migration_database_url, app_role=app_role)
    with database.transaction() as session:
        apply_ledger(session, source)
    return Restored(rows, len(source.missing))


def apply_ledger(session: Session, source: Source) -> None:
    """Forget in what is kept whoever was erased after the backup, and write the erasures down."""
    now, gone = datetime.fromisoformat(source.said.made_at), source.keys.gone()
    named = select(func.unnest(WeeklyReport.patients)).distinct()
    for id_ in session.scalars(named).all():
        if people.tag_of(session, id_).hex() in gone:
            weekly.forget(session, id_)
    for each in source.keys.erased:
        again.write_down(session, each)
    known = {people.tag_of(session, id_).hex(): id_ for id_ in session.scalars(select(Patient.id))}
    kept = {id_: source.keys.keys[tag] for tag, id_ in known.items() if tag in source.keys.keys}
    people.keep_keys(session, kept, now=now)
    audit.record(session, SYSTEM, Action.EXECUTE, "backup", now=now_of(session))
