"""A group of workers that completes nothing is named within two minutes (REL-36)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, select

from app.health import pipeline
from app.periods import ScheduledRun
from app.queues import OWN, PROBES, QUEUES, group_of, queue_of
from app.watching import groups
from app.watching.tables import WorkerGroup
from core import outbox
from core.errors import NotFoundError
from core.outbox import Leased, Outbox, State, Topic

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

NOW = datetime(2001, 10, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TEN_SECONDS = timedelta(seconds=10)
RESERVED, EVERYTHING = "critical", "critical+normal+reports+retry"
SUBJECT = {group: subject for subject, group in PROBES.items()}


@pytest.fixture(autouse=True)
def two_groups(session: Session) -> None:
    for table in (WorkerGroup, Outbox, ScheduledRun):
        session.execute(delete(table))
    for name in (RESERVED, EVERYTHING):
        row = WorkerGroup(name=name, progress_at=NOW, vouches_until=NOW + 1.75 * MINUTE)
        session.add(row)
    session.flush()


def probes(session: Session) -> list[Outbox]:
    query = select(Outbox).where(Outbox.topic == Topic.PROBE, Outbox.state != State.DONE)
    return list(session.scalars(query))


def named(session: Session, at: datetime) -> list[str]:
    return [each for each in pipeline(session, now=at).faults if "the workers of" in each]


def test_a_group_is_known_by_its_queues_in_whichever_order_they_are_listed() -> None:
    assert group_of("normal,critical") == group_of("critical,normal") == "critical+normal"
    assert group_of(",".join(QUEUES)) == EVERYTHING
    assert len(set(OWN.values())) == len(OWN) == 2 ** len(QUEUES) - 1


def test_the_row_of_a_group_goes_to_a_queue_that_only_it_reads_rel_36(session: Session) -> None:
    groups.probe(session, now=NOW, every=MINUTE)
    leased = outbox.lease(session, owner="relay", now=NOW, length=MINUTE, limit=10)

    assert {queue_of(row) for row in leased} == {OWN[RESERVED], OWN[EVERYTHING]}
    assert not set(QUEUES) & {queue_of(row) for row in leased}
    again = Leased(leased[0].id, 0, 3, Topic.PROBE, leased[0].subject_id)
    assert queue_of(again) == queue_of(leased[0])


def test_a_dead_group_never_has_more_than_one_row_waiting(session: Session) -> None:
    for slot in range(30):
        groups.probe(session, now=NOW + slot * TEN_SECONDS, every=MINUTE)
        outbox.lease(session, owner="relay", now=NOW, length=MINUTE, limit=10)

    assert len(probes(session)) == 2


def test_a_group_that_closes_nothing_is_named_within_two_minutes_rel_36(session: Session) -> None:
    for slot in range(13):
        at = NOW + slot * TEN_SECONDS
        groups.probe(session, now=at, every=MINUTE)
        groups.progressed(session, SUBJECT[EVERYTHING], now=at, every=MINUTE)
        for row in probes(session):
            if row.subject_id == SUBJECT[EVERYTHING]:
                row.state = State.DONE
        session.flush()

    assert named(session, NOW + 100 * timedelta(seconds=1)) == []
    assert named(session, NOW + 2 * MINUTE) == ["the workers of critical complete nothing"]

    groups.progressed(session, SUBJECT[RESERVED], now=NOW + 2 * MINUTE, every=MINUTE)
    assert named(session, NOW + 2 * MINUTE) == []


def test_a_group_that_is_gone_for_good_is_expected_no_more_once_somebody_says_so(
    session: Session,
) -> None:
    groups.probe(session, now=NOW, every=MINUTE)

    groups.forget(session, RESERVED)

    assert named(session, NOW + 2 * MINUTE) == [f"the workers of {EVERYTHING} complete nothing"]
    assert [row.subject_id for row in probes(session)] == [SUBJECT[EVERYTHING]]
    with pytest.raises(NotFoundError):
        groups.forget(session, RESERVED)
