"""Every documented search on many rows goes along an index, by the planner's own word (SEC-37)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import UniqueConstraint, func, select, text
from sqlalchemy.orm import Session

from alerts.tables import Alert
from app.erasure import repository
from app.erasure.belonging import ways
from app.erasure.service import erase
from app.fhir_api.everything import Limits, Tour, everything
from app.fhir_api.scope import EXAMINED, Scope
from app.fhir_api.service import Asked
from app.schema import METADATA
from bench.clients import bound_client
from bench.scans import Reads, Watched
from bench.search import ask, questions
from bench.stock import Stock, fill
from core.database import Database
from core.security import SYSTEM
from fhir.search_criteria import Criteria, Place
from fhir.search_fields import FIELDS
from fhir.search_kinds import PUBLISHED, WRITTEN_HERE
from ingest.repository import raise_wall

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Table

    from core.embedded import Servers

ROWS, PEOPLE = 100_000, 100
# Rows that PostgreSQL may read for each that it hands over, and for the request itself, which may
# look through so few people some times; and how many it may hand over, with the bounds below.
EACH, BESIDE, HANDED = 3, 300 + 4 * PEOPLE, 20_000
UNTIL = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take fewer of the same steps: the statements are what is judged."""
    monkeypatch.setattr("app.fhir_api.walk.EXAMINED", 300)
    monkeypatch.setattr("app.fhir_api.walk.COUNTED", 1_000)


@pytest.fixture(scope="module")
def stocked(database: Database, embedded: Servers) -> Iterator[tuple[Session, Watched, Stock]]:
    """Fill the tables as their owner, who may analyse them, and take it all back afterwards."""
    assert database.ping()  # migrated
    owner = Database(embedded.migration_database_url, field_keys=embedded.field_keys)
    with owner.engine.connect() as connection, connection.begin() as outer:
        with Session(connection, info=owner.info, expire_on_commit=False) as session:
            stock = fill(session, ROWS, until=UNTIL, people=PEOPLE)
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
    """Nor all that there is of a patient: no more rows than some for each that it looked at."""
    session, watched, stock = stocked
    watched.scanned()

    for query in questions(kind, stock.patients[0]):
        watched.reads()
        ask(session, kind, query, now=UNTIL)

        assert_bounded(watched.reads(), kind, query)
        assert watched.scanned(once=True) == set(), query


ORDERS = ((), (("_lastUpdated", "ge2026"),), (("_sort", "_lastUpdated"),), (("_sort", "date"),),
          (("_total", "accurate"),))  # fmt: skip
# What is read in another way than the rest, or by another policy.
WALLED = ("Observation", "Condition", "Device", "Patient", *sorted({*WRITTEN_HERE} - {*PUBLISHED}))


def test_behind_the_second_wall_nothing_is_read_of_others_sec_37(
    stocked: tuple[Session, Watched, Stock],
) -> None:
    """The client speaks for one of many: the rest of a table is not looked through."""
    session, watched, stock = stocked

    with session.begin_nested() as nested:
        bound = bound_client(session, stock.patients[:1], now=UNTIL)
        raise_wall(session, bound)
        session.execute(text(WALL_THE_OWNER))
        watched.reads()
        seen = session.scalar(text("select count(*) from resource where patient_id is not null"))
        assert seen < watched.reads().rows / 10
        for kind in WALLED:
            for query in questions(kind, stock.patients[0]):
                if query[-1:] in ORDERS:
                    watched.reads()
                    ask(session, kind, query, now=UNTIL, caller=bound)

                    assert_bounded(watched.reads(), kind, query)
        nested.rollback()


# The rows are the owner's transaction's alone: the policies hold for the owner too, for a moment.
WALL_THE_OWNER = """
do $$
declare of text;
begin
    for of in select tablename from pg_policies where policyname = 'second_wall' loop
        execute format('alter policy second_wall on %I to public', of);
        execute format('alter table %I force row level security', of);
    end loop;
end
$$
"""


def test_the_count_of_what_is_read_sees_a_walk_through_others(
    stocked: tuple[Session, Watched, Stock],
) -> None:
    session, watched, stock = stocked
    watched.reads()

    session.execute(
        text("select id from resource where patient_id = :who and status = 'odd' limit 50"),
        {"who": stock.patients[0]},
    )

    with pytest.raises(AssertionError):
        assert_bounded(watched.reads(), "Observation", "all of a patient's")


def assert_bounded(reads: Reads, kind: str, of: object) -> None:
    assert reads.rows <= BESIDE + EACH * reads.handed, (kind, of, reads)
    assert reads.handed <= HANDED, (kind, of, reads)


def test_nor_does_everything_of_a_patient_sec_37(
    stocked: tuple[Session, Watched, Stock],
) -> None:
    session, watched, stock = stocked
    place = Place("http://w.example/fhir", UTC, UNTIL)
    watched.scanned()

    body = everything(session, SYSTEM, stock.patients[0], Asked((), place, "s", UNTIL, UNTIL))

    assert len(json.loads(body)["entry"]) == 50
    assert watched.scanned() == set()


THEIRS = """
    with alerts as (update alert set patient_id = :who where id < :most),
    told as (update delivery set patient_id = :who where alert_id < :most)
    update patient_message set patient_id = :who where id < :most
"""


def test_whoever_had_thousands_of_alerts_has_their_messages_all_the_same_sec_43(
    stocked: tuple[Session, Watched, Stock],
) -> None:
    """Each page begins where the last ended, and reads no more of all that is theirs."""
    session, watched, stock = stocked
    who = stock.patients[3]
    place = Place("http://w.example/fhir", UTC, UNTIL)
    asked = Asked((), place, "s", UNTIL, UNTIL)
    limits = Limits(criteria=Criteria("Patient", count=PEOPLE))

    with session.begin_nested() as nested:
        session.execute(text(THEIRS), {"who": who, "most": "a" + "0" * 31})
        session.execute(text("analyze alert, delivery, patient_message"))
        alerts = session.scalar(select(func.count()).where(Alert.patient_id == who)) or 0
        watched.scanned(), watched.reads()
        scope = Scope(session, SYSTEM, "Patient", UNTIL, patients=frozenset({who}))
        first = Tour(scope, who, limits, asked).page(["Communication"])
        reads = [watched.reads()]
        onward = replace(asked, after=first.rest)
        second = Tour(scope, who, limits, onward).page(["Communication"])
        reads.append(watched.reads())
        scanned = watched.scanned()
        nested.rollback()

    assert alerts > EXAMINED
    assert len({hit.id for hit in (*first.hits, *second.hits)}) == 2 * PEOPLE
    for each in reads:
        assert_bounded(each, "Communication", "a page of whoever has thousands")
    assert scanned == set()


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
