"""The timetable: what is urgent is behind nothing, and one job that fails stops no other."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import delete, text

from app import promises, scheduler
from app.commands.scheduler import run_together
from app.periods import ScheduledRun
from core.logging import configure
from core.settings import Environment, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy.orm import Session

    from core.database import Database

CANARY = "Canarysmith"


def fails_in_the_database(session: Session, *, now: datetime) -> None:
    assert now.tzinfo is UTC or now.utcoffset() is not None
    session.execute(text("select 1 / 0"))


def is_broken(session: Session, *, now: datetime) -> None:
    raise ValueError(f"{CANARY} at {now} in {session}")


def does_nothing(session: Session, *, now: datetime) -> None:
    assert session.is_active
    assert now.utcoffset() is not None


@pytest.fixture
def forgotten(database: Database) -> Iterator[None]:
    """Leave nothing behind that other tests would find broken."""
    yield
    with database.transaction() as session:
        session.execute(delete(promises.Broken))
        session.execute(delete(ScheduledRun).where(ScheduledRun.job == promises.JOB))


def test_a_job_that_fails_is_named_and_keeps_no_other_from_its_turn_rel_15(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    done: list[str] = []

    def works(session: Session, *, now: datetime) -> None:
        assert session.scalar(text("select 1")) == 1
        done.append(now.isoformat())

    jobs = {"first": fails_in_the_database, "second": is_broken, "third": works}
    configure(Settings(environment=Environment.TEST))
    scheduler.tick(database, jobs, Counter())

    said = "".join(capsys.readouterr())
    assert len(done) == 1
    assert all(name in said for name in ("first", "DataError", "second", "ValueError"))
    assert CANARY not in said


@pytest.mark.usefixtures("forgotten")
def test_a_job_that_keeps_failing_is_said_on_every_page_until_it_works_rel_18(
    database: Database,
) -> None:
    failures: Counter[str] = Counter()
    named = "failures in a row of the job “second”"
    said = [ticked(database, {"second": is_broken}, failures) for _ in range(scheduler.LASTING)]
    works = ticked(database, {"second": does_nothing}, failures)
    anew = ticked(database, {"second": is_broken}, failures)

    assert [any(named in each for each in faults) for faults in said] == [False, False, True]
    assert f"{named}: {scheduler.LASTING}, since" in " ".join(said[-1])
    assert failures == {"second": 1}
    assert not any(named in each for each in works + anew)


def ticked(
    database: Database, jobs: Mapping[str, scheduler.Job], failures: Counter[str]
) -> list[str]:
    """Tick, and return what pages say once the auditor has looked since."""
    with database.transaction() as session:
        session.add(ScheduledRun(job=promises.JOB, period=uuid4().hex, ran_at=database.now()))
    scheduler.tick(database, jobs, failures)
    with database.transaction() as session:
        return [each.text for each in promises.verdict(session, now=database.now())]


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
