"""Every table of somebody's rows has the second wall, or stands here with the reason (SEC-11)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import text

from app.erasure.belonging import SHARED, ways
from app.schema import METADATA
from core.clock import utc_now
from core.ordered_ids import ordered_id
from core.rows import FEW, copy_parted
from core.security import Caller, Role
from ingest.observed.repository import _READING
from ingest.partitions import month, quarter
from ingest.repository import raise_wall

if TYPE_CHECKING:
    from core.database import Database
    from core.embedded import Servers
    from tests.ward import Ward

OPEN = {
    "care_team_patient": "who sees whom: what the wall is made of, and an id of nobody by name",
    "client_patient": "the same of clients",
    "emergency_access": "the same of emergencies; its reason is sealed, its reviewers see all",
    "patient_merge": "the same of records that are one person: ids alone",
    "patient_identifier": "keyed digests: the door must find whose a number is before it knows",
    "resource_identifier": "keyed digests, by which what is sent again is known",
    "summed_key": "the same of what was summed up",
    "clock_correction": "by how much a device's clock was off, beside a resource that is walled",
    "parked": "what came of strangers: sealed, and of nobody yet",
    "person_key": "wrapped keys of backups, which no page reads",
    "subscription": "a client's own, found by the client alone; sealed",
    "subscription_notice": "the same: numbers of events, whose alerts are walled",
    "subscription_attempt": "the same: when it was sent",
    "parcel": "sealed bytes of many, found through resources alone, which are walled",
    "weekly_report": "a team's, found by who takes part; sealed, and says whom it may by the wall",
    "device": "what a device is; whose it is, is in its uses, which are walled",
    "care_team": "teams are nobody's secret",
    "bulk_export": "a client's own, found by the client alone",
    "bulk_part": "the same: sealed lines that were made behind the wall",
    "audit_query": "sealed, for the privacy officer",
    "answered_request": "a client's own answers, found by the key of the request; sealed",
}
_WALLED = text("""
    select relname from pg_class join pg_policy on polrelid = pg_class.oid
    where polname = 'second_wall' and relrowsecurity
""")


def test_a_new_table_of_somebody_is_walled_or_says_why_not_sec_11(database: Database) -> None:
    somebodys = {table.name for table in ways(METADATA)} | set(SHARED)

    with database.transaction() as session:
        walled = set(session.scalars(_WALLED))

    assert walled & set(OPEN) == set()
    assert walled | set(OPEN) == somebodys, "wall it in a migration, or say why not in OPEN"


@pytest.fixture(scope="module")
def walled(database: Database) -> list[str]:
    with database.transaction() as session:
        return sorted(session.scalars(_WALLED))


def test_whoever_sees_nobody_finds_no_row_of_anybody_in_any_table_sec_11(
    database: Database, ward: Ward, walled: list[str]
) -> None:
    """The tables that have rows at all here are many: alerts, their timelines, readings, plans."""
    assert ward.patients
    stranger = Caller("user", uuid4(), Role.PHYSICIAN)
    nobodys = {"resource": " where patient_id is not null"}
    counts = [
        (each, text(f"select count(*) from {each}{nobodys.get(each, '')}"))  # noqa: S608 (names of tables)
        for each in walled
    ]

    with database.transaction() as session:
        there = {each for each, count in counts if session.scalar(count)}
        raise_wall(session, stranger)
        seen = {each for each, count in counts if session.scalar(count)}

    assert {"alert", "alert_event", "assessment", "delivery", "patient", "step"} <= there
    assert seen == set()


def test_many_rows_go_to_their_partitions_and_nobody_reads_these_by_name_sec_11(
    database: Database, embedded: Servers, ward: Ward
) -> None:
    now, whose = utc_now(), uuid4()
    times = [now - timedelta(minutes=n) for n in range(FEW + 1)]
    times += [now - timedelta(days=60), datetime(1987, 5, 1, tzinfo=UTC)]
    said = {
        "patient_id": whose, "resource_id": uuid4(), "received_at": now, "value": 72.0,
        "resource_version": 1, "ordinal": 0, "history": False, "superseded": False,
        "vital": "heart_rate", "device": "", "quality": "scored", "precision": "instant",
        "comparator": "", "value_received": "72", "unit_received": "/min", "site": "",
    }  # fmt: skip
    rows = [[(said | {"effective": at}).get(name) for name in _READING] for at in times]

    with database.transaction() as session:
        copy_parted(session, "reading", _READING, rows, ("effective", month))
        mine = text("select count(*) from reading where patient_id = :whose")
        stored = session.scalar(mine, {"whose": whose})
        raise_wall(session, Caller("user", ward.user_id, Role.PHYSICIAN))
        seen = session.scalar(mine, {"whose": whose})
        session.rollback()

    assert (stored, seen) == (len(times), 0)
    with psycopg.connect(embedded.database_url) as connection:
        name = month("reading", now)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(f"select 1 from part.{name}")  # noqa: S608 (a name of ours)


@pytest.mark.parametrize(
    ("at", "name"),
    [
        (datetime(2026, 3, 31, 23, 59, tzinfo=UTC), "2026_01"),
        (datetime(2026, 4, 1, tzinfo=UTC), "2026_04"),
        (datetime(2026, 12, 31, tzinfo=UTC), "2026_10"),
    ],
)
def test_an_id_lies_in_the_quarter_in_which_it_was_given(at: datetime, name: str) -> None:
    assert quarter("resource", ordered_id(at)) == f"resource_{name}"
