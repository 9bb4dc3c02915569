"""PostgreSQL is killed in mid-load, and fought over until it gives up on somebody."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.faults.crowd import gather
from tests.faults.judging import judge
from tests.faults.posting import PEOPLE, Poster, doubled, lost, troubled_ward
from tests.running_system import until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.posting import Ward
    from tests.faults.stand import Stand
    from tests.faults.table import Figures
    from tests.faults.twin import Twin

pytestmark = [pytest.mark.processes, pytest.mark.faults]
CRASHES = 2
WRITERS = 16  # more than the ten connections of a process
LOCK_TIMEOUT_SECONDS = 10


def test_postgresql_stopped_at_once_in_mid_load_loses_and_doubles_nothing_ft_13(
    stand: Stand, figures: Figures, unharmed: Twin
) -> None:
    crowd, crashes = gather(stand, "crashed", 8), list[float]()

    def crash() -> None:
        if len(crashes) < CRASHES:
            stand.end_server("postgresql")
            time.sleep(1)
            stand.look_after()
            crashes.append(time.monotonic())

    crowd.all_critical(during=crash, every=0.5, least=CRASHES)
    figures.runs = len(crashes)
    stand.database.close()

    judge(crowd, figures, unharmed)
    assert all(stand.lives(part) for part in ("api", "relay", "timers"))


def test_a_lock_storm_of_deadlocks_time_outs_and_an_empty_pool_is_waited_out_ft_17(
    tmp_path: Path, figures: Figures
) -> None:
    """REL-09."""
    with troubled_ward(tmp_path) as ward:
        writers = [Poster(ward.served, ward.key, PEOPLE[0]) for _ in range(WRITERS)]
        over = threading.Event()
        threads = [threading.Thread(target=each.run, args=(over,)) for each in writers]
        for number, thread in enumerate(threads):
            writers[number].behind = number
            thread.start()
        figures.runs = sum(fight(ward) for _ in range(6))
        hold(ward, LOCK_TIMEOUT_SECONDS + 2)
        before = sum(len(each.acknowledged) for each in writers)
        until(
            lambda: sum(len(each.acknowledged) for each in writers) > before,
            within=60,
            what="readings are taken again",
        )
        over.set()
        for thread in threads:
            thread.join()

        statuses = {status for each in writers for status in each.statuses}
        assert statuses <= {200, 201, 503}
        assert 503 in statuses
        assert deadlocks(ward) > 0
        figures.lost = len(lost(ward, writers))
        figures.doubled = doubled(ward.database)
        assert figures.lost == figures.doubled == 0


def fight(ward: Ward) -> int:
    """Take locks in the reverse order of the door's own, so that one of the two must give up."""
    with (
        suppress(psycopg.errors.DeadlockDetected, psycopg.errors.LockNotAvailable),
        psycopg.connect(ward.running.database_url) as connection,
    ):
        connection.execute("lock table outbox in exclusive mode")
        time.sleep(0.5)
        connection.execute("lock table reading in exclusive mode")
    time.sleep(0.2)
    return 1


def hold(ward: Ward, seconds: float) -> None:
    with psycopg.connect(ward.running.database_url) as connection:
        connection.execute("lock table outbox in exclusive mode")
        time.sleep(seconds)


def deadlocks(ward: Ward) -> int:
    query = "select deadlocks from pg_stat_database where datname = current_database()"
    with psycopg.connect(ward.running.database_url) as connection:
        row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
