"""What counts for those that are gone is corrected or taken back: all of them count on."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from core.database import Database
from core.vitals import Quality
from ingest.population.repository import raw
from ingest.tables import StoredReading
from reports.attendance.repository import readings
from reports.works.repository import Span
from tests.door import Gateway, bundle, named, patient
from tests.ingest.summing.lives import rows_of
from tests.ingest.summing.test_again import moved, sum_of
from tests.ingest.thinning.test_again import GONE, HOUR, VALUES, beat, settle, thin
from tests.ingest.thinning.worn import DAY

if TYPE_CHECKING:
    from core.embedded import Servers

Stream = tuple[str, list[dict[str, Any]]]


@pytest.fixture
def thinned_out(gateway: Gateway, database: Database) -> Stream:
    """An hour of somebody's heart rate of which one reading counts for five that are gone."""
    who = gateway.create(patient())
    sent = [named(beat(f"Patient/{who}", 5 * n, value)) for n, value in enumerate(VALUES)]
    gateway.post(bundle("batch", *sent))
    with database.transaction() as session:
        for row in rows_of(session, UUID(who)):
            row.received_at = row.effective  # in time
    assert thin(database, who) == len(GONE)
    return who, sent


def living(database: Database, who: str) -> list[StoredReading]:
    with database.transaction() as session:
        rows = rows_of(session, UUID(who))
        return [r for r in rows if not r.superseded and r.quality != Quality.WITHDRAWN]


def total(database: Database, who: str) -> int:
    return sum(1 + row.summed for row in living(database, who))


def left_behind(database: Database, who: str) -> int:
    row = StoredReading
    beside = row.superseded | (row.quality == Quality.WITHDRAWN)
    with database.transaction() as session:
        query = select(func.sum(row.summed)).where(row.patient_id == UUID(who), beside)
        return session.scalar(query) or 0


def place(database: Database, who: str) -> int:
    """Return which one in the hour counts for the others."""
    [row] = [each for each in living(database, who) if each.summed]
    assert row.summed == len(GONE)
    return int((row.effective - HOUR).total_seconds() // 300)


def said(stream: Stream, n: int, value: float, **more: Any) -> dict[str, Any]:
    return stream[1][n] | beat(f"Patient/{stream[0]}", 5 * n, value, **more)


def test_its_correction_counts_for_as_many_however_often_it_is_corrected(
    gateway: Gateway, database: Database, thinned_out: Stream
) -> None:
    who = thinned_out[0]
    n = place(database, who)

    for value in (70.5, 70.6):
        assert gateway.post(said(thinned_out, n, value, status="corrected")).status_code == 200
        assert place(database, who) == n

    assert (total(database, who), delayed(database, who)) == (len(VALUES), 0)
    assert left_behind(database, who) == 0
    settle(database, who)
    assert thin(database, who) == 0
    with database.transaction() as session:
        read = raw(session, UUID(who), HOUR, HOUR + timedelta(hours=1))
    assert sum(each.stands_for for each in read) == len(VALUES)


@pytest.mark.parametrize(
    ("value", "status"), [(70, "entered-in-error"), (900, "corrected")], ids=["back", "implausible"]
)
def test_where_it_counts_no_more_the_nearest_counts_for_those_that_are_gone(
    gateway: Gateway, database: Database, thinned_out: Stream, value: float, status: str
) -> None:
    who = thinned_out[0]
    n = place(database, who)
    nearest = min((i for i in range(len(VALUES)) if i not in (n, *GONE)), key=lambda i: abs(i - n))

    answer = gateway.post(said(thinned_out, n, value, status=status))

    assert answer.status_code == 200
    assert abs(place(database, who) - n) == abs(nearest - n)
    assert sum(1 + r.summed for r in living(database, who) if r.quality == "scored") == 11
    assert left_behind(database, who) == 0


def test_a_correction_takes_over_from_no_late_one(
    gateway: Gateway, database: Database, thinned_out: Stream
) -> None:
    """A correction counts as timely: those that are gone stay as late as they were."""
    who = thinned_out[0]
    n = place(database, who)
    with database.transaction() as session:
        for row in rows_of(session, UUID(who)):
            row.received_at = row.effective + 2 * DAY

    gateway.post(said(thinned_out, n, 70.5, status="corrected"))

    assert delayed(database, who) == len(VALUES) - 1
    assert total(database, who) == len(VALUES)


def delayed(database: Database, who: str) -> int:
    with database.transaction() as session:
        return readings(session, {UUID(who): UUID(who)}, Span(HOUR, HOUR + DAY)).late


def test_one_after_the_other_taken_back_leaves_the_number_with_the_last(
    gateway: Gateway, database: Database, thinned_out: Stream
) -> None:
    who = thinned_out[0]
    kept = [n for n in range(len(VALUES)) if n not in GONE]

    for n in kept:
        sums = total(database, who)
        gateway.post(said(thinned_out, n, VALUES[n], status="entered-in-error"))
        if n != kept[-1]:
            assert total(database, who) == sums - 1

    assert (total(database, who), left_behind(database, who)) == (0, len(GONE))


def test_of_another_day_nothing_counts_for_it(gateway: Gateway, database: Database) -> None:
    who = gateway.create(patient())
    sent = [named(beat(f"Patient/{who}", 5 * n, value)) for n, value in enumerate(VALUES)]
    after = [named(beat(f"Patient/{who}", 1440 + n, 70)) for n in range(3)]
    gateway.post(bundle("batch", *sent, *after))
    thin(database, who)

    for n in (n for n in range(len(VALUES)) if n not in GONE):
        gateway.post(said((who, sent), n, VALUES[n], status="entered-in-error"))

    assert [each.summed for each in living(database, who)] == [0, 0, 0]


@pytest.mark.parametrize("status", ["corrected", "entered-in-error"])
def test_what_stepped_aside_before_it_was_handed_on_counts_again_after_the_upgrade(
    gateway: Gateway, database: Database, embedded: Servers, thinned_out: Stream, status: str
) -> None:
    """Of whom all was taken back the number stays where it is; and a second time does nothing."""
    who = thinned_out[0]
    n = place(database, who)
    gateway.post(said(thinned_out, n, 70.5, status=status))
    sums, heir = total(database, who), place(database, who)
    leave_behind(database, who)
    settle(database, who)
    thin(database, who)
    assert (total(database, who), left_behind(database, who)) == (sums - len(GONE), len(GONE))
    owner = Database(embedded.migration_database_url)
    migration = import_module("app.migrations.versions.0098_handed_on")

    for _ in range(2):
        with owner.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as line:
            migration.hand_on(line)
        assert place(database, who) == heir

    owner.close()
    assert (total(database, who), left_behind(database, who)) == (sums, 0)
    settle(database, who)
    assert thin(database, who) == 0
    with database.transaction() as session:
        read = raw(session, UUID(who), HOUR, HOUR + timedelta(hours=1))
    assert sum(each.stands_for for each in read) == sums


def leave_behind(database: Database, who: str) -> None:
    """Let the number stand where it stood before 0098: with the version that stepped aside."""
    with database.transaction() as session:
        rows = rows_of(session, UUID(who))
        [heir] = [row for row in rows if row.summed]
        [old] = [row for row in rows if row.superseded]
        old.summed, heir.summed = heir.summed, 0


@pytest.mark.parametrize("status", ["corrected", "entered-in-error"])
def test_a_movement_that_counts_for_its_hour_hands_it_on(
    gateway: Gateway, database: Database, status: str
) -> None:
    who = gateway.create(patient())
    sent = [named(moved(f"Patient/{who}", minute)) for minute in (2, 9, 14, 50)]
    gateway.post(bundle("batch", *sent))
    assert sum_of(database, who) == 2
    change = {"valueQuantity": {"value": 2, "unit": "{events}"}} if status == "corrected" else {}

    gateway.post(sent[3] | change | {"status": status})

    assert total(database, who) == (4 if status == "corrected" else 3)
    assert left_behind(database, who) == 0
