"""A model is trained by a process of its own, one at a time, and what comes out is in shadow."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from typer.testing import CliRunner

import app.retraining.process as training_process
from app.cli import build
from app.commands import retraining as commands
from app.retraining import repository, service
from app.retraining.own_data import labelled
from app.retraining.states import (
    LOST_AFTER,
    MOST_PATIENTS,
    UNTAKEN_AFTER,
    Order,
    RunState,
    Stage,
    Why,
)
from core.clock import utc_now
from core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from core.security import SYSTEM, Caller, Role
from monitoring.models import repository as models
from monitoring.models.service import stored
from monitoring.models.standing import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from app.retraining.states import Run
    from core.database import Database
    from core.embedded import Servers

TINY = Order(patients=30, days=90, seed=20260101)
HUGE = Order(patients=MOST_PATIENTS, days=400, seed=1)
SUPERVISOR = Caller("user", uuid4(), Role.SUPERVISOR)
TABLES = ("shadow_score", "model_event", "learned_model", "training_run")


@pytest.fixture
def forgotten(embedded: Servers) -> Iterator[None]:
    """Leave no model and no run behind, which the application itself may not delete."""
    yield
    with psycopg.connect(embedded.migration_database_url, autocommit=True) as connection:
        for table in TABLES:
            connection.execute(sql.SQL("delete from {}").format(sql.Identifier(table)))


def asked(session: Session, order: Order = TINY, caller: Caller = SUPERVISOR) -> UUID:
    return service.ask(session, caller, order, reason="drift was marked", now=utc_now())


def run_of(session: Session, run_id: UUID) -> Run:
    found = repository.one(session, run_id)
    assert found is not None
    return found


def started(embedded: Servers, run_id: UUID) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        **embedded.environment(),
        "WARDLIGHT_ENVIRONMENT": "test",
        "OMP_NUM_THREADS": "1",
    }
    arguments = ["-m", "app", "retrain", "--run", str(run_id), "--beat", "0.1"]
    return subprocess.Popen([sys.executable, *arguments], env=environment)


@pytest.mark.usefixtures("forgotten")
def test_a_real_process_trains_what_was_asked_and_leaves_it_in_shadow(
    database: Database, embedded: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**embedded.environment(), "WARDLIGHT_ENVIRONMENT": "test"}.items():
        monkeypatch.setenv(name, value)
    with database.transaction() as session:
        run_id = asked(session)

    code = training_process.start(run_id, wait=True)

    with database.transaction() as session:
        run = run_of(session, run_id)
        assert code == 0, run
        assert (run.state, run.share, run.trained_on) == (RunState.DONE, 1.0, "simulated data")
        entry = models.entry(session, run.model_id)
        assert (entry.state, models.active(session)) == (State.SHADOW, None)
        card = stored(session, run.model_id).card
        known = labelled(session, now=utc_now()).card()  # few days, of other tests
        assert card["own_data"] == known
        assert known["used"] is False
        assert (known["needed_patient_days"], known["needed_worsened"]) == (2000, 100)
        assert run.ended_at is not None


@pytest.mark.usefixtures("forgotten")
def test_a_process_that_is_killed_ends_its_run_as_failed_with_the_reason(
    database: Database, embedded: Servers
) -> None:
    with database.transaction() as session:
        run_id = asked(session, HUGE)
    process = started(embedded, run_id)
    try:
        until_it_describes(database, run_id)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=30)
    begun: list[UUID] = []

    with database.transaction() as session:
        service.keep_up(session, now=utc_now(), start=begun.append)
        before = run_of(session, run_id).state
        later = utc_now() + LOST_AFTER + timedelta(seconds=5)
        service.keep_up(session, now=later, start=begun.append)
        run = run_of(session, run_id)
        asked(session)  # and the next may be asked for

    assert (before, run.state, run.why) == (RunState.RUNNING, RunState.FAILED, Why.LOST)
    assert begun == []


def until_it_describes(database: Database, run_id: UUID) -> None:
    for _ in range(600):
        with database.transaction() as session:
            if run_of(session, run_id).share > 0:
                return
        time.sleep(0.1)
    raise AssertionError("the process never said how far it is")


@pytest.mark.usefixtures("forgotten")
def test_a_process_whose_run_is_cancelled_stops_itself(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    signals: list[int] = []
    monkeypatch.setattr("os.kill", lambda _, number: signals.append(number))
    with database.transaction() as session:
        run_id = asked(session)

    def simulated(*_: int, seed: int, progress: object) -> Any:
        assert seed == TINY.seed
        assert callable(progress)
        with database.transaction() as session:
            service.cancel(session, SUPERVISOR, run_id, now=utc_now())
        while not signals:
            time.sleep(0.01)
        raise MemoryError

    ended_well = training_process.run(database, run_id, simulated, every=0.01)

    with database.transaction() as session:
        run = run_of(session, run_id)
    assert (ended_well, set(signals)) == (False, {signal.SIGTERM})
    assert (run.state, run.ended_by, run.why) == (RunState.CANCELLED, SUPERVISOR.id, None)


@pytest.mark.usefixtures("forgotten")
@pytest.mark.parametrize(
    ("error", "why"),
    [(MemoryError(), Why.MEMORY), (KeyError("Canarysmith"), Why.ERROR)],
    ids=["memory", "error"],
)
def test_a_training_that_fails_says_why_and_no_more_than_the_kind_of_error(
    database: Database, error: Exception, why: Why
) -> None:
    with database.transaction() as session:
        run_id = asked(session)

    def simulated(*_: int, **__: object) -> Any:
        raise error

    training_process.run(database, run_id, simulated)

    with database.transaction() as session:
        run = run_of(session, run_id)
    assert (run.state, run.why, run.detail) == (RunState.FAILED, why, type(error).__name__)


def test_only_one_is_trained_at_a_time(session: Session) -> None:
    first = asked(session)

    with pytest.raises(ConflictError, match="already"):
        asked(session)
    service.cancel(session, SUPERVISOR, first, now=utc_now())
    asked(session)

    assert repository.recent(session).total == 2


def test_a_run_is_claimed_by_one_process_and_not_after_it_was_cancelled(session: Session) -> None:
    run_id = asked(session)

    assert service.take_up(session, run_id, now=utc_now()) == TINY
    assert service.take_up(session, run_id, now=utc_now()) is None
    assert service.beat(session, run_id, Stage.FITTING, 0.8, now=utc_now())
    service.cancel(session, SUPERVISOR, run_id, now=utc_now())
    assert not service.beat(session, run_id, Stage.FITTING, 0.9, now=utc_now())
    with pytest.raises(ConflictError):
        service.done(session, run_id, "risk-x", "simulated data", now=utc_now())
    with pytest.raises(ConflictError):
        service.cancel(session, SUPERVISOR, run_id, now=utc_now())
    with pytest.raises(NotFoundError):
        service.cancel(session, SUPERVISOR, uuid4(), now=utc_now())


def test_a_due_run_starts_one_process_a_minute_until_it_is_given_up(session: Session) -> None:
    begun: list[UUID] = []
    run_id = asked(session)
    now = utc_now().replace(second=5) + timedelta(minutes=1)

    for seconds in (0, 1, 2, 60):
        service.keep_up(session, now=now + timedelta(seconds=seconds), start=begun.append)
    service.keep_up(session, now=now + UNTAKEN_AFTER, start=begun.append)

    assert begun == [run_id, run_id]
    run = run_of(session, run_id)
    assert (run.state, run.why) == (RunState.FAILED, Why.UNTAKEN)


def test_a_training_process_holds_no_more_memory_than_it_is_given() -> None:
    wants = (
        "import app.retraining.process as p; p.MOST_MEMORY = 600 << 20; p.be_modest();"
        " print('modest', flush=True); bytearray(900 << 20)"
    )
    done = subprocess.run(
        [sys.executable, "-c", wants], capture_output=True, text=True, check=False
    )

    assert done.stdout == "modest\n"
    assert "MemoryError" in done.stderr


def test_a_training_is_asked_for_and_followed_by_command(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def transaction() -> Iterator[Session]:
        yield session

    monkeypatch.setattr(commands, "transaction", transaction)
    cli, runner = build("models"), CliRunner()

    none = runner.invoke(cli, ["models", "runs"], catch_exceptions=False).output
    ask = ["models", "retrain", "--reason", "drift", "--patients", "20", "--days", "60"]
    asked_for = runner.invoke(cli, ask, catch_exceptions=False).output
    listed = runner.invoke(cli, ["models", "runs"], catch_exceptions=False).output

    cancelled = runner.invoke(
        cli, ["models", "cancel", asked_for.split()[1]], catch_exceptions=False
    ).output

    assert "nothing was ever trained here" in none
    assert asked_for.endswith("is due\n")
    assert asked_for.split()[1] in listed
    assert "due, waiting 0%" in listed
    assert "is cancelled" in cancelled
    run = run_of(session, UUID(asked_for.split()[1]))
    assert (run.order.patients, run.order.days, run.asked_by_kind) == (20, 60, "system")


def test_who_may_not_train_and_what_is_too_much_is_refused(session: Session) -> None:
    for role in (Role.NURSE, Role.PHYSICIAN):
        with pytest.raises(ForbiddenError):
            asked(session, caller=Caller("user", uuid4(), role))
    with pytest.raises(InvalidError):
        asked(session, Order(patients=MOST_PATIENTS + 1))
    with pytest.raises(InvalidError):
        service.ask(session, SYSTEM, TINY, reason=" ", now=utc_now())
