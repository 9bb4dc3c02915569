"""The whole system, its database included, off from Saturday to Tuesday by every clock it has."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import func, select

import app.migrate
from app.periods import ScheduledRun
from app.weekly import repository
from app.weekly.making import JOB
from app.weekly.states import Row, State
from core.clock import utc_now
from core.database import Database
from core.embedded import servers
from core.settings import Environment, Settings
from tests.running_system import Postbox, free_port, until
from tests.ward import open_ward

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.embedded import Servers
    from tests.faults.table import Figures
    from tests.ward import Ward

pytestmark = [pytest.mark.processes, pytest.mark.faults]
ROOT = Path(__file__).parent.parent.parent
SATURDAY = datetime(2026, 11, 14, 12, 0, tzinfo=UTC)
TUESDAY = SATURDAY + timedelta(days=3)
WEEK = timedelta(weeks=1)
MONDAY = date(2026, 11, 9)
PROCESSES = (["scheduler"], ["scheduler"], ["worker", "--processes", "2"])  # two of each


@pytest.fixture(scope="module")
def preload() -> str:
    """Return the library that lets a program see another time."""
    program = shutil.which("faketime")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have faketime: .ci/run installs it")
        pytest.skip("no faketime on this machine: apt-get install faketime")
    said = subprocess.run(
        [program, "-f", "+0", "env"], check=True, capture_output=True, text=True
    ).stdout
    return next(line for line in said.splitlines() if line.startswith("LD_PRELOAD=")).split("=")[1]


@dataclass(slots=True)
class Site:
    """A data folder with a ward in it, whose system runs at any time of one's choice.

    The time is that of the database's server, which all processes go by (decision 17).
    """

    preload: str
    data: Path
    ward: Ward
    postbox: Postbox
    mail_port: int

    @contextmanager
    def up(self, at: datetime) -> Iterator[Database]:
        """Run servers, timers, relay and a worker by a clock that begins at an instant."""
        settings = Settings(environment=Environment.TEST, data=self.data)
        with ExitStack() as stack:
            with pytest.MonkeyPatch.context() as patch:
                for name, value in self._clock(at).items():
                    patch.setenv(name, value)
                running = stack.enter_context(servers(settings))
            out = stack.enter_context((self.data / "up.log").open("ab"))
            for arguments in PROCESSES:
                process = subprocess.Popen(
                    [sys.executable, "-m", "app", *arguments],
                    cwd=ROOT,
                    env=self._environment(running),
                    stdout=out,
                    stderr=out,
                    start_new_session=True,
                )
                stack.callback(process.wait, 60)
                stack.callback(os.killpg, process.pid, signal.SIGTERM)
            database = Database(running.database_url, field_keys=running.field_keys)
            stack.callback(database.close)
            assert abs(database.now() - at) < timedelta(minutes=10)
            yield database

    def _clock(self, at: datetime) -> dict[str, str]:
        away = (at - utc_now()) // timedelta(seconds=1)
        other = {"FAKETIME": f"{away:+d}", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        return {"LD_PRELOAD": self.preload, **other}

    def _environment(self, running: Servers) -> dict[str, str]:
        return {
            **os.environ,
            **running.environment(),
            "WARDLIGHT_ENVIRONMENT": "development",
            "WARDLIGHT_SECRET_KEY": "k" * 40,
            "WARDLIGHT_DATA": str(self.data),
            "WARDLIGHT_SMTP_HOST": "127.0.0.1",
            "WARDLIGHT_SMTP_PORT": str(self.mail_port),
            "WARDLIGHT_LOG_JSON": "true",
        }

    def rows(self, database: Database) -> list[Row]:
        """Return the rows of the ward's team, the oldest week first."""
        with database.transaction() as session:
            found = repository.rows(session, [self.ward.team], since=MONDAY - 9 * WEEK)
        return list(reversed(found))


@pytest.fixture
def site(preload: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    data = tmp_path_factory.mktemp("sunday")
    with servers(Settings(environment=Environment.TEST, data=data), broker=False) as running:
        app.migrate.upgrade(running.migration_database_url, app_role="wardlight_app")
        database = Database(running.database_url, field_keys=running.field_keys)
        ward = open_ward(database, now=SATURDAY)
        database.close()
    postbox, port = Postbox(), free_port()
    mail = Controller(postbox, hostname="127.0.0.1", port=port)
    mail.start()
    yield Site(preload, data, ward, postbox, port)
    mail.stop()


def test_off_over_sunday_night_and_back_on_tuesday_is_one_report_of_the_right_week_late_ft_28(
    site: Site, figures: Figures
) -> None:
    """REL-32, REL-31: by two schedulers, with one mail of it to each of the team."""
    with site.up(SATURDAY) as database:
        until(lambda: len(site.rows(database)) == 2, within=60, what="the week's row is written")

    with site.up(TUESDAY) as database:
        made = until(lambda: _made(site, database), within=90, what="the report is made")
        until(lambda: len(_told(site)) >= 2, within=60, what="its members are told")

    again = TUESDAY + timedelta(hours=1)
    with site.up(again) as database:
        until(lambda: _looked(database, again), within=60, what="the timers looked again")
        rows = site.rows(database)

    weeks = [(row.monday, row.version) for row in rows]
    assert weeks == [(MONDAY - WEEK, 1), (MONDAY, 1), (MONDAY + WEEK, 1)]
    assert rows[1] == made
    assert made.late
    assert made.due_at == datetime(2026, 11, 16, 7, 0, tzinfo=UTC)
    assert made.people == 7
    assert rows[2].state is State.DUE
    assert len(_told(site)) == 2
    figures.lost, figures.doubled = 0, 0


def _made(site: Site, database: Database) -> Row | None:
    rows = (row for row in site.rows(database) if row.monday == MONDAY)
    return next((row for row in rows if row.state is State.MADE), None)


def _looked(database: Database, since: datetime) -> bool:
    """Return whether the timers looked after reports since an instant."""
    ran = (ScheduledRun.job == JOB, ScheduledRun.ran_at >= since)
    with database.transaction() as session:
        return bool(session.scalar(select(func.count()).where(*ran)))


def _told(site: Site) -> list[str]:
    """Return who was told of the week."""
    return [
        str(letter["to"])
        for letter in site.postbox.letters
        if letter["subject"] == "Wardlight: the weekly report 2026-W46 is ready"
    ]
