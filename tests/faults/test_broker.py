"""A broker that forgets, is away, or comes and goes: work is late at most, never lost."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import select

from core import outbox
from core.clock import utc_now
from core.outbox import Outbox, Priority, State, Topic
from tests.faults.crowd import gather
from tests.faults.judging import judge
from tests.faults.stand import LEASE_SECONDS, WORKERS
from tests.running_system import until

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from tests.faults.stand import Stand
    from tests.faults.table import Figures
    from tests.faults.twin import Twin

# A worker may end where it loses its broker (kombu restores a message by a channel that is closed):
# `up` and the compose file start it again, and so do these tests.
pytestmark = [pytest.mark.processes, pytest.mark.faults]
TEN_LEASES = 10 * LEASE_SECONDS  # as ten minutes are of the lease of a minute
AGAIN_WITHIN = 30.0
LESS_URGENT = 150


def test_a_broker_that_forgets_everything_again_and_again_loses_nothing_ft_08(
    stand: Stand, figures: Figures, unharmed: Twin
) -> None:
    crowd = gather(stand, "forgotten")

    figures.runs = crowd.all_critical(during=stand.flush, every=0.1, least=20)
    stand.end_server("valkey")
    stand.look_after()
    figures.runs += 1

    assert figures.runs > 3
    judge(crowd, figures, unharmed)


def test_without_a_broker_readings_are_taken_and_then_drained_by_urgency_rel_39_ft_09(
    stand: Stand, figures: Figures, unharmed: Twin
) -> None:
    crowd = gather(stand, "brokerless")
    stand.end_server("valkey")
    began, others = utc_now(), [uuid4() for _ in range(LESS_URGENT)]
    with stand.database.transaction() as session:
        work = dict.fromkeys(others, Priority.NORMAL)
        outbox.offer_all(session, Topic.PROBE, work, now=stand.database.now())
    for mrn in crowd.mrns:
        crowd.critical(mrn)
        time.sleep(TEN_LEASES / len(crowd.mrns))

    assert crowd.tally.refused == 0, crowd.tally.reasons
    assert closed(stand, others) == []
    stand.look_after()
    back = stand.database.now()
    with stand.looked_after(*WORKERS):
        until(lambda: len(closed(stand, others)) == LESS_URGENT, within=180, what="all is drained")

    judge(crowd, figures, unharmed)
    with stand.database.transaction() as session:
        people = crowd.patients(session).values()
        urgent = session.scalars(
            select(Outbox.done_at).where(
                Outbox.topic == Topic.ASSESS,
                Outbox.subject_id.in_(people),
                Outbox.created_at > began,
                Outbox.done_at > back,
            )
        ).all()
    assert urgent
    # What is critical waits behind nothing but what was on its way already: not behind the half.
    middle = sorted(closed(stand, others))[LESS_URGENT // 2]
    assert max(each for each in urgent if each) < middle
    delays = [(each - back).total_seconds() for each in urgent if each]
    figures.worst = max(delays)


def closed(stand: Stand, subjects: list[UUID]) -> list[datetime]:
    with stand.database.transaction() as session:
        done = (Outbox.subject_id.in_(subjects), Outbox.state == State.DONE)
        return [at for at in session.scalars(select(Outbox.done_at).where(*done)) if at]


def test_workers_consume_again_after_a_broker_that_restarted_five_times_in_3_s_ft_10(
    stand: Stand, figures: Figures, unharmed: Twin
) -> None:
    crowd = gather(stand, "restarted")
    over = threading.Event()

    def restart() -> None:
        for _ in range(5):
            stand.end_server("valkey")
            stand.look_after()
            time.sleep(0.5)
        over.set()

    thread = threading.Thread(target=restart)
    with stand.looked_after(*WORKERS):
        thread.start()
        for mrn in crowd.mrns:
            crowd.critical(mrn)
        thread.join()
        assert over.is_set()
        began = time.monotonic()
        consume(stand)
        took = time.monotonic() - began

        figures.runs = 5
        judge(crowd, figures, unharmed)
    figures.worst = max(took, figures.worst or 0.0)


def consume(stand: Stand) -> None:
    """Wait until what was offered just now, through either queue, is closed."""
    subjects = [uuid4(), uuid4()]
    with stand.database.transaction() as session:
        now = stand.database.now()
        for subject, priority in zip(subjects, (Priority.CRITICAL, Priority.NORMAL), strict=True):
            outbox.offer(session, Topic.PROBE, subject, now=now, priority=priority)
    until(lambda: len(closed(stand, subjects)) == 2, within=AGAIN_WITHIN, what="both are closed")
