"""The timetable: what is urgent is behind nothing, and one job that fails stops no other."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import text

from app import scheduler
from app.commands.scheduler import run_together
from core.logging import configure
from core.settings import Environment, Settings

if TYPE_CHECKING:
    import pytest
    from sqlalchemy.orm import Session

    from core.database import Database

CANARY = "Canarysmith"


def fails_in_the_database(session: Session, *, now: datetime) -> None:
    assert now.tzinfo is UTC or now.utcoffset() is not None
    session.execute(text("select 1 / 0"))


def is_broken(session: Session, *, now: datetime) -> None:
    raise ValueError(f"{CANARY} at {now} in {session}")


def test_a_job_that_fails_is_named_and_keeps_no_other_from_its_turn_rel_15(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    done: list[str] = []

    def works(session: Session, *, now: datetime) -> None:
        assert session.scalar(text("select 1")) == 1
        done.append(now.isoformat())

    jobs = {"first": fails_in_the_database, "second": is_broken, "third": works}
    configure(Settings(environment=Environment.TEST))
    scheduler.tick(database, jobs)

    said = "".join(capsys.readouterr())
    assert len(done) == 1
    assert all(name in said for name in ("first", "DataError", "second", "ValueError"))
    assert CANARY not in said


def test_a_slow_job_of_the_timetable_keeps_no_alert_from_its_next_step_rel_15() -> None:
    assert list(scheduler.URGENT) == ["release", "escalate"]


def test_a_loop_that_dies_ends_its_process_so_that_it_is_started_again_rel_33(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stop = threading.Event()

    def dies() -> None:
        raise KeyError(CANARY)

    def lasts() -> None:
        stop.wait(30)

    configure(Settings(environment=Environment.TEST))
    began = time.monotonic()
    failed = run_together({"watch": dies, "escalations": lasts}, stop=stop)

    said = "".join(capsys.readouterr())
    assert failed == ["watch"]
    assert time.monotonic() - began < 10
    assert "watch" in said
    assert "KeyError" in said
    assert CANARY not in said


def test_loops_that_were_told_to_stop_did_not_fail() -> None:
    stop = threading.Event()
    stop.set()

    def lasts() -> None:
        stop.wait()

    assert run_together({"one": lasts, "two": lasts}, stop=stop) == []
