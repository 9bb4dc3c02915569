"""The queue of record, on real PostgreSQL with real concurrent transactions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select

from core import backlog, outbox
from core.outbox import MAX_ATTEMPTS, Outbox, Priority, State, Topic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.database import Database

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LEASE = timedelta(seconds=60)


@pytest.fixture
def empty(database: Database) -> Iterator[Database]:
    yield database
    with database.transaction() as session:
        session.execute(delete(Outbox))


def offered(database: Database, *, priority: int = Priority.NORMAL) -> UUID:
    subject = uuid4()
    with database.transaction() as session:
        outbox.offer(session, Topic.ASSESS, subject, now=NOW, priority=priority)
    return subject


def leased(database: Database, *, at: datetime = NOW) -> list[UUID]:
    with database.transaction() as session:
        return [r.id for r in outbox.lease(session, owner="t", now=at, length=LEASE, limit=10)]


def row_for(database: Database, subject: UUID) -> Outbox:
    with database.transaction() as session:
        return session.scalars(select(Outbox).where(Outbox.subject_id == subject)).one()


def test_work_that_waits_for_the_same_subject_is_joined(empty: Database) -> None:
    subject = uuid4()

    with empty.transaction() as session:
        outbox.offer(session, Topic.ASSESS, subject, now=NOW, priority=Priority.BULK)
        outbox.offer(session, Topic.ASSESS, subject, now=NOW, priority=Priority.CRITICAL)

    assert row_for(empty, subject).priority == Priority.CRITICAL


def test_work_offered_while_the_same_is_being_done_is_a_row_of_its_own(empty: Database) -> None:
    subject = offered(empty)
    leased(empty)

    with empty.transaction() as session:
        outbox.offer(session, Topic.ASSESS, subject, now=NOW)

    assert len(leased(empty)) == 1


def test_a_row_is_not_handed_out_before_the_facts_that_joined_it_are_visible(
    empty: Database,
) -> None:
    subject = offered(empty)
    joined, release = Event(), Event()

    def ingest() -> None:
        with empty.transaction() as session:
            outbox.offer(session, Topic.ASSESS, subject, now=NOW)
            joined.set()
            release.wait(10)

    other = Thread(target=ingest)
    other.start()
    joined.wait(10)
    while_ingesting = leased(empty)
    release.set()
    other.join()
    afterwards = leased(empty)

    assert while_ingesting == []
    assert len(afterwards) == 1


def test_transactions_that_commit_in_reverse_order_are_both_dispatched_rel_03(
    empty: Database,
) -> None:
    first_written, second_done = Event(), Event()
    seen: list[UUID] = []

    def slow() -> None:
        with empty.transaction() as session:
            outbox.offer(session, Topic.ASSESS, uuid4(), now=NOW)
            session.flush()
            first_written.set()
            second_done.wait(10)

    thread = Thread(target=slow)
    thread.start()
    first_written.wait(10)
    offered(empty)
    seen += leased(empty)
    second_done.set()
    thread.join()
    seen += leased(empty)

    assert len(set(seen)) == 2


def test_the_urgent_goes_first(empty: Database) -> None:
    offered(empty, priority=Priority.BULK)
    urgent = offered(empty, priority=Priority.CRITICAL)

    with empty.transaction() as session:
        [row] = outbox.lease(session, owner="t", now=NOW, length=LEASE, limit=1)

    assert row.id == row_for(empty, urgent).id


def test_a_lapsed_lease_is_leased_again_and_a_live_one_is_not(empty: Database) -> None:
    offered(empty)
    [row] = leased(empty)

    assert leased(empty, at=NOW + LEASE / 2) == []
    assert leased(empty, at=NOW + LEASE) == [row]


def test_a_second_delivery_of_the_same_message_finds_nothing_to_do_rel_10(empty: Database) -> None:
    offered(empty)
    [row_id] = leased(empty)
    locked, release = Event(), Event()
    second: list[object] = []

    def first() -> None:
        with empty.transaction() as session:
            row = outbox.begin(session, row_id)
            assert row is not None
            locked.set()
            release.wait(10)
            outbox.finish(row, now=NOW)

    thread = Thread(target=first)
    thread.start()
    locked.wait(10)
    with empty.transaction() as session:
        second.append(outbox.begin(session, row_id))
    release.set()
    thread.join()
    with empty.transaction() as session:
        second.append(outbox.begin(session, row_id))

    assert second == [None, None]


def test_an_item_that_kills_its_worker_is_parked_after_the_last_attempt_rel_27(
    empty: Database,
) -> None:
    subject = offered(empty)
    [row_id] = leased(empty)

    for _ in range(MAX_ATTEMPTS):
        with empty.transaction() as session:
            assert outbox.start(session, row_id)
    with empty.transaction() as session:
        started = outbox.start(session, row_id)

    assert not started
    assert row_for(empty, subject).state == State.PARKED


def test_waiting_in_a_queue_that_nobody_reads_never_parks(empty: Database) -> None:
    subject = offered(empty)

    for number in range(MAX_ATTEMPTS * 3):
        leased(empty, at=NOW + LEASE * number)

    assert row_for(empty, subject).attempts == 0
    assert row_for(empty, subject).state == State.LEASED


def test_a_failed_attempt_waits_longer_each_time() -> None:
    waits = [outbox.backoff(n).total_seconds() for n in (1, 2, 3, 20)]

    assert waits == [2, 4, 8, 600]


def test_the_oldest_waiting_row_is_what_health_looks_at_rel_26(empty: Database) -> None:
    offered(empty)

    with empty.transaction() as session:
        oldest = backlog.oldest(session, now=NOW + timedelta(hours=1))

    assert oldest == {Priority.NORMAL: NOW}


def test_what_is_critical_goes_out_where_nothing_else_may_rel_28(empty: Database) -> None:
    for _ in range(3):
        offered(empty)
    critical = offered(empty, priority=Priority.CRITICAL)

    with empty.transaction() as session:
        rows = outbox.lease(
            session, owner="t", now=NOW, length=LEASE, limit=10, last=Priority.CRITICAL
        )

    assert [row.id for row in rows] == [row_for(empty, critical).id]


def test_the_age_of_each_queue_is_that_of_its_oldest_row_rel_26(empty: Database) -> None:
    with empty.transaction() as session:
        for minutes, priority in ((1, Priority.NORMAL), (9, Priority.NORMAL), (4, Priority.BULK)):
            at = NOW - timedelta(minutes=minutes)
            outbox.offer(session, Topic.ASSESS, uuid4(), now=at, priority=priority)

        ages = backlog.oldest(session, now=NOW)

    assert ages == {
        Priority.NORMAL: NOW - timedelta(minutes=9),
        Priority.BULK: NOW - timedelta(minutes=4),
    }
