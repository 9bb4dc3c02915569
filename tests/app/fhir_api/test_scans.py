"""Every documented search on many rows goes along an index, by the planner's own word (SEC-37)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import UniqueConstraint, text
from sqlalchemy.orm import Session

from app.erasure import repository
from app.erasure.belonging import ways
from app.erasure.service import erase
from app.fhir_api.everything import everything
from app.fhir_api.service import Asked
from app.schema import METADATA
from bench.scans import Watched
from bench.search import ask, questions
from bench.stock import Stock, fill
from core.database import Database
from core.security import SYSTEM
from fhir.search_criteria import Place
from fhir.search_fields import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Table

    from core.embedded import Servers

ROWS = 100_000
UNTIL = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take fewer of the same steps: the statements are what is judged."""
    monkeypatch.setattr("app.fhir_api.walk.EXAMINED", 600)
    monkeypatch.setattr("app.fhir_api.walk.COUNTED", 1_000)


@pytest.fixture(scope="module")
def stocked(database: Database, embedded: Servers) -> Iterator[tuple[Session, Watched, Stock]]:
    """Fill the tables as their owner, who may analyse them, and take it all back afterwards."""
    assert database.ping()  # migrated
    owner = Database(embedded.migration_database_url, field_keys=embedded.field_keys)
    with owner.engine.connect() as connection, connection.begin() as outer:
        with Session(connection, info=owner.info, expire_on_commit=False) as session:
            stock = fill(session, ROWS, until=UNTIL)
            session.execute(text("analyze"))
            yield session, Watched(connection), stock
        outer.rollback()
    owner.close()


def test_the_watch_sees_a_scan(stocked: tuple[Session, Watched, Stock]) -> None:
    session, watched, _ = stocked
    watched.scanned()

    session.execute(text("select count(*) from resource where status = 'odd'"))

    assert any(each.startswith("resource") for each in watched.scanned())


@pytest.mark.parametrize("kind", FIELDS)
def test_no_documented_search_reads_a_table_from_end_to_end_sec_37(
    stocked: tuple[Session, Watched, Stock], kind: str
) -> None:
    session, watched, stock = stocked
    watched.scanned()

    for query in questions(kind, stock.patients[0]):
        ask(session, kind, query, now=UNTIL)

        assert watched.scanned() == set(), query


def test_nor_does_everything_of_a_patient_sec_37(
    stocked: tuple[Session, Watched, Stock],
) -> None:
    session, watched, stock = stocked
    place = Place("http://w.example/fhir", UTC, UNTIL)
    watched.scanned()

    body = everything(session, SYSTEM, stock.patients[0], Asked((), place, "s", UNTIL, UNTIL))

    assert len(json.loads(body)["entry"]) == 50
    assert watched.scanned() == set()


# What an erasure looks through once all the same, since it cannot grow large.
LOOKED_THROUGH = {
    "answered_request": "whole answers of three days, each of which is opened",
    "outbox": "work of seven days; an index would be written to with each piece of it",
    "patient_merge": "a few in a year",
    "subscription": "one for each client that wants to be told",
    "subscription_notice": "what the subscriptions of some clients were told of",
}


def test_an_erasure_finds_every_row_of_a_person_by_an_index_sec_44(
    stocked: tuple[Session, Watched, Stock],
) -> None:
    """Where there is a way along an index the planner takes it here: size is no matter."""
    session, watched, stock = stocked
    person = [stock.patients[1]]
    watched.scanned()

    repository.lock_all(session, METADATA, person)
    gone = erase(session, METADATA, person)

    assert gone > ROWS / len(stock.patients)
    session.execute(text("set local enable_seqscan = off"))
    assert {each.partition(":")[0] for each in watched.scanned(many=-2)} <= set(LOOKED_THROUGH)


def test_whatever_refers_to_a_persons_row_has_an_index_of_it_sec_44() -> None:
    """For each row that goes the database itself looks for those that refer to it: no plan says."""
    held = {table.name for table in ways(METADATA)} | {"device"}

    bare = {
        str(column)
        for table in METADATA.sorted_tables
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table.name in held and column.name not in led_by(table)
    }

    assert bare - {"patient_merge.merged_id"} == set()


def led_by(table: Table) -> set[str]:
    """Return the columns that some index of all rows begins with."""
    whole = [each for each in table.indexes if each.dialect_options["postgresql"]["where"] is None]
    unique = [each for each in table.constraints if isinstance(each, UniqueConstraint)]
    keys = [list(each.columns) for each in whole] + [list(each.columns) for each in unique]
    return {each[0].name for each in [*keys, list(table.primary_key.columns)] if each}
