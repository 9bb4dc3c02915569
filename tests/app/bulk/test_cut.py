"""What is taken away while it is read ends the answer broken, never short and whole (FHIR-24)."""

from __future__ import annotations

import zlib
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import delete

from app.bulk import exporting
from app.bulk.export_router import packed
from app.bulk.loading import Chunk, Loader
from app.bulk.tables import BulkExport, BulkLoad
from core.errors import GoneError
from core.security import Caller
from tests.app.bulk.conftest import SETTINGS
from tests.app.bulk.exporter import Exporter
from tests.door import patient

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.database import Database
    from tests.door import Clock, Gateway


def test_an_export_that_goes_while_it_is_read_breaks_off_fhir_24(
    register: Callable[..., Gateway], database: Database, clock: Clock
) -> None:
    exporter = Exporter(register(), database, clock)
    clock.now += timedelta(minutes=1)
    since = f"{clock.now:%Y-%m-%dT%H:%M:%SZ}"
    clock.now += timedelta(minutes=1)
    for _ in range(3):
        exporter.gateway.create(patient())
    place = exporter.place(exporter.order(f"/fhir/Patient/$export?_type=Patient&_since={since}"))
    exporter.work(place, rows=1)
    id_ = UUID(place.rsplit("/", maxsplit=1)[-1])
    with database.transaction() as session:
        lines = exporting.counts(session, session.get_one(BulkExport, id_))["Patient"]
    read = exporting.pieces(database, id_, "Patient", lines)
    whole = b"".join(exporting.pieces(database, id_, "Patient", lines))
    first = next(read)
    with database.transaction() as session:
        session.execute(delete(BulkExport).where(BulkExport.id == id_))

    got: list[bytes] = []
    with pytest.raises(GoneError):
        got.extend(packed(read))

    assert whole.count(b"\n") == lines >= 3
    assert first.count(b"\n") < lines
    unpacker = zlib.decompressobj(wbits=31)
    unpacker.decompress(b"".join(got))
    assert not unpacker.eof


def test_outcomes_of_a_load_that_go_while_they_are_read_break_off_fhir_24(
    gateway: Gateway, database: Database, clock: Clock
) -> None:
    caller = Caller("client", gateway.client_id, scopes=gateway.scopes)
    loader = Loader(database, SETTINGS, clock)
    id_ = loader.start(caller)
    for number in (1, 2):
        loader.take(id_, caller, Chunk((number,), (b"{}",)))
    assert b"".join(loader.pieces(id_, 2)).count(b"\n") == 2

    read = loader.pieces(id_, 2)
    next(read)
    with database.transaction() as session:
        session.execute(delete(BulkLoad).where(BulkLoad.id == id_))

    with pytest.raises(GoneError):
        next(read)
