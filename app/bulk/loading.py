"""The use case of a bulk load: lines in chunks, each chunk with its outcomes one transaction."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from zstandard import ZstdCompressor, ZstdDecompressor

from app.bulk.tables import BulkLoad, BulkOutcome, LoadState
from core.errors import ConflictError, GoneError, NotFoundError
from fhir.outcome import operation_outcome
from ingest.answers import location
from ingest.lines.service import accept_lines
from ingest.receipt import CREATED
from ingest.service import sender_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.database import Database
    from core.security import Caller
    from core.settings import Settings
    from ingest.receipt import Answer

KEPT = timedelta(days=7)
LISTED = 50
TRIES = 3
COUNTS = ("lines", "created", "updated", "repeated", "unused", "refused")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some lines of an upload with their numbers from 1; None for one that was too long."""

    numbers: tuple[int, ...]
    lines: tuple[bytes | None, ...]


@dataclass(frozen=True, slots=True)
class Loader:
    """Loads chunks for one process."""

    database: Database
    settings: Settings
    clock: Callable[[], datetime]

    def start(self, caller: Caller) -> UUID:
        """Note that an upload begins; its outcomes can be read from now on."""
        now = self.clock()
        with self.database.transaction() as session:
            sender = sender_of(session, caller, base="", site_zone="")
            load = BulkLoad(
                client_id=sender.client_id,
                state=LoadState.LOADING,
                started_at=now,
                expires_at=now + KEPT,
            )
            session.add(load)
            session.flush()
            return load.id

    def take(self, load_id: UUID, caller: Caller, chunk: Chunk) -> None:
        """Take a chunk: what is good is stored, and what became of each line is written down.

        Raises
        ------
        ConflictError
            Where others keep storing the same at the same moment.
        """
        for _ in range(TRIES):
            try:
                with self.database.transaction() as session:
                    return self._take(session, load_id, caller, chunk)
            except IntegrityError:
                continue
        raise ConflictError("somebody else stores the same at this moment: send the rest again")

    def _take(self, session: Session, load_id: UUID, caller: Caller, chunk: Chunk) -> None:
        sender = sender_of(
            session, caller, base=self.settings.fhir_base, site_zone=self.settings.site_timezone
        )
        answers = accept_lines(session, sender, chunk.lines, now=self.clock())
        session.add(
            BulkOutcome(load_id=load_id, first_line=chunk.numbers[0], body=told(chunk, answers))
        )
        counted = Counter(fate(each) for each in answers)
        counted["lines"] = len(answers)
        grown = {name: getattr(BulkLoad, name) + counted[name] for name in COUNTS}
        session.execute(update(BulkLoad).where(BulkLoad.id == load_id).values(grown))

    def end(self, load_id: UUID, state: LoadState) -> BulkLoad:
        """Note how an upload ended, and return what became of it."""
        with self.database.transaction() as session:
            load = session.get_one(BulkLoad, load_id)
            load.state = state
            return load

    def pieces(self, load_id: UUID, lines: int) -> Iterator[bytes]:
        """Yield the outcomes as NDJSON, one transaction a piece, until those of so many are told.

        Raises
        ------
        GoneError
            Where they were taken away before.
        """
        after = said = 0
        while said < lines:
            with self.database.transaction() as session:
                row = session.scalar(
                    select(BulkOutcome)
                    .where(BulkOutcome.load_id == load_id, BulkOutcome.first_line > after)
                    .order_by(BulkOutcome.first_line)
                    .limit(1)
                )
            if row is None:
                raise GoneError("the load was taken away while it was read")
            piece = ZstdDecompressor().decompress(row.body)
            after, said = row.first_line, said + piece.count(b"\n")
            yield piece


def told(chunk: Chunk, answers: Sequence[Answer]) -> bytes:
    """Return what became of each line: its number, status, place and issues (no patient data)."""
    pairs = zip(chunk.numbers, answers, strict=True)
    lines = [msgspec.json.encode(_outcome(number, answer)) for number, answer in pairs]
    return ZstdCompressor().compress(b"\n".join(lines) + b"\n")


def _outcome(number: int, answer: Answer) -> dict[str, Any]:
    said: dict[str, Any] = {"line": number, "status": str(answer.status)}
    if answer.id is not None:
        said["location"] = location(answer)
    if answer.issues:
        said["outcome"] = operation_outcome(answer.issues)
    return said


def fate(answer: Answer) -> str:
    """Return which count a line belongs to."""
    if answer.refused:
        return "refused"
    if answer.status == CREATED:
        return "created"
    if answer.id is None:
        return "unused"
    return "updated" if answer.modified is not None else "repeated"


def own(session: Session, caller: Caller, load_id: UUID) -> BulkLoad:
    """Return a client's own load; raise `NotFoundError` for anybody else's."""
    load = session.get(BulkLoad, load_id)
    if load is None or load.client_id != caller.id:
        raise NotFoundError("no such load")
    return load


def latest(session: Session, caller: Caller) -> list[BulkLoad]:
    """Return a client's newest loads, so that one whose connection broke is found again."""
    query = select(BulkLoad).where(BulkLoad.client_id == caller.id)
    return list(session.scalars(query.order_by(BulkLoad.started_at.desc()).limit(LISTED)))
