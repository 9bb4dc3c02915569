"""Three days of readings in two minutes, with a fault every few seconds, by a fixed seed."""

from __future__ import annotations

import os
import random
import threading
import time
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import psutil
import psycopg
import pytest

from core.clock import utc_now
from tests.faults.crowd import gather
from tests.faults.judging import judge
from tests.faults.stand import PARTS, WORKERS, standing
from tests.faults.twin import twin
from tests.invented import observation

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.crowd import Crowd
    from tests.faults.stand import Stand
    from tests.faults.table import Figures

pytestmark = [pytest.mark.processes, pytest.mark.faults]
SEED = 20261129
SECONDS = float(os.environ.get("WARDLIGHT_SOAK_SECONDS", "120"))
SPAN = timedelta(hours=72)
BESIDE = timedelta(hours=1, minutes=7)  # from when each was enrolled with a week of whole days
PEOPLE = 10
SETTLED_WITHIN = 300.0
LEASE_SECONDS = 15  # work that waits for workers again and again is not rung for each few seconds
MOST_GROWTH = 64 << 20  # bytes that a part may hold more at the end than at the beginning
TERMINATE = """
    select count(pg_terminate_backend(pid)) from pg_stat_activity
    where usename = current_user and pid <> pg_backend_pid()
"""


def test_three_days_of_random_faults_lose_and_double_nothing_and_memory_stays_flat_ft_34(
    tmp_path_factory: pytest.TempPathFactory, figures: Figures
) -> None:
    lease = str(LEASE_SECONDS)
    with standing(tmp_path_factory.mktemp("soak"), WARDLIGHT_LEASE_SECONDS=lease) as stand:
        crowd = gather(stand, "soak", PEOPLE)
        before = memory(stand)
        figures.runs = soak(stand, crowd)
        stand.whole()

        after = memory(stand)
        broker = stand.running.broker_url
        with twin(tmp_path_factory.mktemp("soak-twin"), broker) as unharmed:
            judge(crowd, figures, unharmed, within=SETTLED_WITHIN)

    lasting = before.keys() & after.keys()
    grown = {part: after[part] - before[part] for part in lasting}
    assert all(each < MOST_GROWTH for each in grown.values()), grown


def memory(stand: Stand) -> dict[str, int]:
    """Return what the parent process of each part holds."""
    return {
        part: psutil.Process(process.pid).memory_info().rss
        for part, process in stand.processes.items()
        if process.pid is not None
    }


def soak(stand: Stand, crowd: Crowd) -> int:
    """Send three days in the order they were measured, a critical value for each at its end."""
    chance, over, times = random.Random(SEED), threading.Event(), [0]  # noqa: S311 (a fixed seed)
    faults = harms(stand, chance)

    def break_things() -> None:
        while not over.wait(chance.uniform(1.0, 5.0)):
            chance.choice(faults)()
            times[0] += 1

    thread = threading.Thread(target=break_things)
    with stand.looked_after(*PARTS):
        thread.start()
        try:
            send(crowd, random.Random(SEED + 1))  # noqa: S311 (as above)
        finally:
            over.set()
            thread.join()
    return times[0]


def send(crowd: Crowd, chance: random.Random) -> None:
    began, now = time.monotonic(), utc_now()
    while (elapsed := time.monotonic() - began) < SECONDS:
        at = now - SPAN * (1 - elapsed / SECONDS) - BESIDE
        mrn = chance.choice(crowd.mrns)
        kind, value = chance.choice([("spo2", 96.0), ("heart_rate", 71.0), ("weight", 70.1)])
        reading = observation(mrn, kind, value, at)
        for _ in range(chance.choice([1, 1, 1, 2])):  # some devices repeat what was answered
            crowd.post(reading)
        time.sleep(0.1)
    for mrn in crowd.mrns:
        crowd.critical(mrn)


def harms(stand: Stand, chance: random.Random) -> list[Callable[[], object]]:
    def kill(*parts: str) -> Callable[[], object]:
        return lambda: stand.kill(*parts)

    def kill_child() -> None:
        with suppress(psutil.Error, IndexError, KeyError):
            chance.choice(stand.children(chance.choice(WORKERS))).kill()

    def end_sessions() -> None:
        with suppress(psycopg.Error), psycopg.connect(stand.running.database_url) as connection:
            connection.execute(TERMINATE)

    def restart(name: str) -> Callable[[], object]:
        def harm() -> None:
            stand.end_server(name)
            time.sleep(chance.uniform(0, 1))
            stand.look_after()

        return harm

    return [
        *(kill("relay"), kill("timers"), kill("api"), kill(*WORKERS)),
        *(kill_child, kill_child, stand.flush, stand.flush, end_sessions, end_sessions),
        *(restart("valkey"), restart("postgresql")),
    ]
