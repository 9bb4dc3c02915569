"""The disk is full, of rows and of write-ahead log: the door says so, and nothing needs repair."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import httpx
import pytest

from core.clock import utc_now
from tests.faults.crowd import gather
from tests.faults.judging import judge
from tests.faults.stand import standing
from tests.faults.twin import twin
from tests.invented import observation
from tests.running_system import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.faults.crowd import Crowd
    from tests.faults.table import Figures

pytestmark = [pytest.mark.processes, pytest.mark.faults]
SIZE = "700m"
TRIES = 400


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Yield a file system of its own size, where the machine lets us mount one."""
    folder.mkdir()
    program = shutil.which("mount") or "mount"
    mount = [program, "-t", "tmpfs", "-o", f"size={SIZE},mode=0755", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount a file system")
    try:
        yield folder
    finally:
        subprocess.run([shutil.which("umount") or "umount", "-l", str(folder)], check=False)


def fill(disk: Path) -> Path:
    """Take every block that is left."""
    filler = disk / "filler"
    file = os.open(filler, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for block in (1 << 20, 1 << 12):
        with suppress(OSError):
            while os.write(file, bytes(block)):
                continue
    os.close(file)
    return filler


def test_a_full_disk_is_said_with_503_and_recovers_without_repair_ft_18(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, figures: Figures
) -> None:
    with small_disk(tmp_path / "disk") as disk, standing(disk) as stand:
        crowd = gather(stand, "full")
        filler = fill(disk)
        statuses = refused_until_full(crowd)

        filler.unlink()
        until(lambda: brought_back(crowd), within=90, what="PostgreSQL is back by itself")
        stand.whole()
        crowd.all_critical()

        with twin(tmp_path_factory.mktemp("full-twin"), stand.running.broker_url) as unharmed:
            judge(crowd, figures, unharmed)

    assert statuses[-1] in {503, 507}
    assert set(statuses) <= {201, 503, 507}


def brought_back(crowd: Crowd) -> bool:
    with suppress(Exception):
        crowd.stand.look_after()
        return crowd.stand.database.ping()
    return False


def refused_until_full(crowd: Crowd) -> list[int]:
    """Post ordinary readings until the door cannot store one; those it took are kept in mind."""
    statuses: list[int] = []
    for number in range(TRIES):
        mrn = crowd.mrns[number % len(crowd.mrns)]
        reading = observation(mrn, "heart_rate", 70 + number % 9, utc_now())
        with suppress(httpx.HTTPError):
            answer = crowd.gateway.http.post(
                f"{crowd.stand.url}/fhir/Observation",
                content=json.dumps(reading),
                headers={
                    "Authorization": f"Bearer {crowd.gateway._bearer()}",
                    "Content-Type": "application/fhir+json",
                },
            )
            statuses.append(answer.status_code)
            if answer.status_code != 201:
                break
            crowd.posted.append(reading)
    return statuses
