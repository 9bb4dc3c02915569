"""What a test changes in a part of the program, for what no fault from outside can time."""

from __future__ import annotations

import os
import random
import resource
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

import app.relay
import app.tasks
import monitoring.risk
import monitoring.service
from core.outbox import Topic

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta
    from uuid import UUID

    from sqlalchemy.orm import Session

    from app.runtime import Runtime
    from core.database import Database
    from core.outbox import Leased

    Step = Callable[[Session, UUID, datetime, Runtime], None]

SLOW_SECONDS = 0.4
SEGFAULT, LOOP, GLUTTON = 1, 2, 3  # subjects of poisoned probes
TOO_MUCH = 2 << 30


def folder() -> Path:
    """Where the test and the odd process leave each other signs."""
    return Path(os.environ["WARDLIGHT_TEST_FOLDER"])


def slow() -> None:
    """Every step of the pipeline is held open in mid-transaction, so that a kill finds it there."""

    def held(step: Step) -> Step:
        def wait(session: Session, subject: UUID, now: datetime, runtime: Runtime) -> None:
            step(session, subject, now, runtime)
            session.flush()
            time.sleep(SLOW_SECONDS)

        return wait

    for topic in (Topic.ASSESS, Topic.RAISE, Topic.DELIVER, Topic.REPORT):
        app.tasks.STEPS[topic] = held(app.tasks.STEPS[topic])


def poisoned() -> None:
    """Probes of three subjects kill their worker, never end, or take what there is not."""
    app.tasks.work.soft_time_limit, app.tasks.work.time_limit = 6, 9
    harmless = app.tasks.STEPS[Topic.PROBE]

    def probe(session: Session, subject: UUID, now: datetime, runtime: Runtime) -> None:
        harm = _HARM.get(subject.int)
        if harm is None:
            harmless(session, subject, now, runtime)
        elif (folder() / "cured").exists():
            with (folder() / f"effects-{subject.int}").open("a") as effects:
                effects.write("done\n")
        else:
            harm()

    app.tasks.STEPS[Topic.PROBE] = probe


def _segfault() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)
    time.sleep(5)


def _loop() -> None:
    """Never end, and be deaf to the signal of Celery's soft limit: only the hard one ends it."""
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    while True:
        time.sleep(1)


def _eat() -> None:
    """Take two gigabytes where the container has one to spare."""
    bound = psutil.Process().memory_info().vms + (1 << 30)
    resource.setrlimit(resource.RLIMIT_AS, (bound, resource.RLIM_INFINITY))
    try:
        bytearray(TOO_MUCH)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


_HARM = {SEGFAULT: _segfault, LOOP: _loop, GLUTTON: _eat}


def dying_relay() -> None:
    """The relay is gone once its first doorbell has rung."""
    ring = app.relay.publish

    def publish(row: Leased) -> None:
        ring(row)
        os.kill(os.getpid(), signal.SIGKILL)

    app.relay.publish = publish


def _ringing(times: int) -> None:
    ring = app.relay.publish

    def publish(row: Leased) -> None:
        for _ in range(times):
            ring(row)

    app.relay.publish = publish


def ringing_twice() -> None:
    """The relay publishes every message twice."""
    _ringing(2)


def ringing_three_times() -> None:
    """The relay publishes every message three times."""
    _ringing(3)


def out_of_order() -> None:
    """The relay lets messages gather, and publishes them in any order."""
    leased, chance = app.relay._leased, random.Random(20261129)  # noqa: S311 (an order)

    def shuffled(database: Database, *, owner: str, length: timedelta) -> list[Leased]:
        time.sleep(SLOW_SECONDS)
        rows = leased(database, owner=owner, length=length)
        chance.shuffle(rows)
        return rows

    app.relay._leased = shuffled


def old_code() -> None:
    """A worker of before a topic was thought of."""
    del app.tasks.STEPS[Topic.RAISE]


def slow_model() -> None:
    """The score takes a second for each person."""
    quick = monitoring.risk.score

    def score(*arguments: object, **more: object) -> object:
        time.sleep(1)
        return quick(*arguments, **more)  # type: ignore[arg-type]

    monitoring.risk.score = score  # type: ignore[assignment]


ODD = {
    each.__name__: each
    for each in (
        *(slow, poisoned, dying_relay, old_code, slow_model),
        *(ringing_twice, ringing_three_times, out_of_order),
    )
}
