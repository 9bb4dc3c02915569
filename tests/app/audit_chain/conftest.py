"""A few blocks of a chain in the shared database, and somebody who rules that database."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from app.audit_chain import repository, service
from app.audit_chain.heads import Signer, keys_by_name
from app.audit_chain.verifying import Outside, Report, verify
from app.audit_chain.witness import Witness
from core.asking import asking
from core.audit import Action, record
from core.clock import utc_now
from core.database import psycopg_url
from core.sealing import Keyring, info
from core.security import Caller

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.database import Database
    from core.embedded import Servers

SECRET = "s" * 40
SEED = bytes(range(32))
SIGNER = Signer(SEED)
KEYS = keys_by_name([SIGNER.public])
EACH = 4  # rows of a block of ours


@dataclass(frozen=True, slots=True)
class Chain:
    """Three blocks of four rows each, and how anything is done to them as their owner."""

    owner: Servers
    first: int  # the number of our first block
    ids: tuple[int, ...]  # of our rows, in their order
    witness: Witness

    @contextmanager
    def ruled(self) -> Iterator[Session]:
        """Do anything at all, and take it back afterwards."""
        engine = create_engine(psycopg_url(self.owner.migration_database_url))
        try:
            with engine.connect() as connection, connection.begin() as outer:
                yield Session(connection, info=self._info())
                outer.rollback()
        finally:
            engine.dispose()

    def _info(self) -> dict[str, object]:
        return {**info(Keyring.read(self.owner.field_keys))}

    def after(self, *statements: str, **values: object) -> list[str]:
        """Return what verifying says once the owner of the database did something to it."""
        with self.ruled() as session:
            for each in statements:
                session.execute(text(each), values)
            return self.look(session).findings

    def look(self, session: Session, *, since: int | None = None) -> Report:
        """Verify from our first block on."""
        heads, damaged = self.witness.read()
        begin = self.first if since is None else since
        return verify(session, KEYS, Outside(tuple(heads), damaged), now=utc_now(), since=begin)


def write(database: Database, rows: int) -> None:
    """Write rows down, each in a transaction of its own, as the application does."""
    for _ in range(rows):
        with (
            asking("192.0.2.7", "name=Canary"),
            database.transaction() as session,
        ):
            caller = Caller("user", uuid4())
            record(session, caller, Action.READ, "patient", now=utc_now(), patients=[uuid4()])


def seal(database: Database, *, rows: int = service.ROWS, signer: Signer | None = SIGNER) -> int:
    """Seal everything that was written down."""
    sealed = 0
    while True:
        with database.transaction() as session:
            done = service.seal(session, now=utc_now(), signer=signer, rows=rows)
        sealed += done
        if done < service.BLOCKS:
            return sealed


@pytest.fixture(scope="module")
def chain(embedded: Servers, database: Database, tmp_path_factory: pytest.TempPathFactory) -> Chain:
    seal(database)
    with database.transaction() as session:
        before = repository.last_block(session)
        place = repository.place_of(before)
    write(database, 3 * EACH)
    assert seal(database, rows=EACH) == 3
    data: Path = tmp_path_factory.mktemp("chain")
    witness = Witness(data / "audit-heads.ndjson")
    with database.transaction() as session:
        service.publish(session, now=utc_now(), witness=witness)
        last = repository.place_of(repository.last_block(session))
        ids = tuple(row[0] for row in repository.rows_between(session, place, last))
    return Chain(embedded, before.number + 1 if before else 1, ids, witness)
