"""Timers, relay and workers whose wall clock is an hour off fire nothing early and nothing late."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

import app.migrate
from alerts.tables import Step
from core import outbox
from core.clock import utc_now
from core.database import Database
from core.embedded import servers
from core.outbox import Outbox, Priority, State, Topic
from core.settings import Environment, Settings
from tests.running_system import until
from tests.ward import open_ward

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.embedded import Servers

pytestmark = [pytest.mark.processes, pytest.mark.faults]
ROOT = Path(__file__).parent.parent.parent
PROCESSES = (
    ["scheduler", "--only", "timers"],
    ["scheduler", "--only", "relay"],
    ["worker", "--processes", "1"],
)
SOON, CLOSE = timedelta(minutes=30), timedelta(minutes=2)


@pytest.fixture(scope="module")
def program() -> str:
    found = shutil.which("faketime")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have faketime: .ci/run installs it")
        pytest.skip("no faketime on this machine: apt-get install faketime")
    return found


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Servers, Database]]:
    data = tmp_path_factory.mktemp("stepped")
    with servers(Settings(environment=Environment.TEST, data=data)) as found:
        app.migrate.upgrade(found.migration_database_url, app_role="wardlight_app")
        database = Database(found.database_url, field_keys=found.field_keys)
        yield found, database
        database.close()


@contextmanager
def stepped(program: str, found: Servers, by: str, folder: Path) -> Iterator[None]:
    """Run the processes that follow a clock, each with the same wrong one."""
    environment = {
        **os.environ,
        **found.environment(),
        "WARDLIGHT_ENVIRONMENT": "test",
        "WARDLIGHT_SECRET_KEY": "k" * 40,
        "WARDLIGHT_DATA": str(folder),
        "WARDLIGHT_LEASE_SECONDS": "10",  # a lost doorbell is rung again within the test's wait
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    with ExitStack() as stack:
        out = stack.enter_context((folder / "out.log").open("wb"))
        for arguments in PROCESSES:
            process = subprocess.Popen(
                [program, "-f", by, sys.executable, "-m", "app", *arguments],
                cwd=ROOT,
                env=environment,
                stdout=out,
                stderr=out,
                start_new_session=True,  # faketime waits for the process that it starts
            )
            stack.callback(process.wait, 30)
            stack.callback(os.killpg, process.pid, signal.SIGTERM)
        try:
            yield
        except BaseException:
            print((folder / "out.log").read_text(errors="replace"))  # noqa: T201 (pytest shows it)
            raise


def row_of(database: Database, subject: UUID) -> Outbox:
    with database.transaction() as session:
        row = session.scalars(select(Outbox).where(Outbox.subject_id == subject)).one()
        session.expunge(row)
        return row


@pytest.mark.parametrize("by", ["+1h", "-1h"])
def test_a_stepped_wall_clock_neither_fires_nor_delays_anything_rel_22_ft_19(
    program: str, running: tuple[Servers, Database], tmp_path: Path, by: str
) -> None:
    found, database = running
    ward = open_ward(database)
    due, not_yet = uuid4(), uuid4()
    with database.transaction() as session:
        now = utc_now()
        waiting = list(session.scalars(select(Step).where(Step.state == "waiting")))
        early = [step.id for step in waiting if now + CLOSE < step.due_at < now + SOON]
        late = next(step for step in waiting if step.id in early)
        late.due_at, expected = now, late.id
        outbox.offer(session, Topic.PROBE, due, now=now, priority=Priority.CRITICAL)
        outbox.offer(session, Topic.PROBE, not_yet, now=now + SOON, priority=Priority.CRITICAL)

    def fired(step_id: UUID) -> Step | None:
        with database.transaction() as session:
            return session.scalars(
                select(Step).where(Step.id == step_id, Step.fired_at.is_not(None))
            ).one_or_none()

    with stepped(program, found, by, tmp_path):
        until(lambda: row_of(database, due).state == State.DONE, within=60, what="work is done")
        step = until(lambda: fired(expected), within=60, what="what is due fires")

    done = row_of(database, due).done_at
    assert ward.patients
    assert done is not None
    assert abs(done - utc_now()) < CLOSE
    assert abs(step.fired_at - utc_now()) < CLOSE
    assert row_of(database, not_yet).state == State.OPEN
    assert [each for each in early if each != expected and fired(each)] == []
