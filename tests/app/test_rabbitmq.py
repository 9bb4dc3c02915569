"""RabbitMQ as the broker: quorum queues, confirmed messages, a worker that reads them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from kombu.entity import Queue
from sqlalchemy import func, select

from app import relay
from app.health import ready
from app.queues import QUEUES
from app.worker import broker_answers, make_celery
from core import outbox
from core.outbox import Outbox, State, Topic
from tests.running_system import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from core.database import Database
    from core.embedded import Servers
    from tests.rabbitmq import Node

pytestmark = pytest.mark.processes
LEASE = timedelta(minutes=5)
ROOT = Path(__file__).parent.parent.parent


@contextmanager
def running(servers: Servers, url: str, folder: Path) -> Iterator[Path]:
    """Run a relay and a worker on this broker; yield what they say."""
    environment = {
        **os.environ,
        **servers.environment(),
        "WARDLIGHT_BROKER_URL": url,
        "WARDLIGHT_ENVIRONMENT": "test",
        "WARDLIGHT_SECRET_KEY": "k" * 40,
        "WARDLIGHT_DATA": str(folder),
    }
    log = folder / "running.log"
    commands = (["worker", "--processes", "1"], ["scheduler", "--only", "relay"])
    with log.open("wb") as out:
        parts = [
            subprocess.Popen(
                [sys.executable, "-m", "app", *command],
                cwd=ROOT,
                env=environment,
                stdout=out,
                stderr=out,
            )
            for command in commands
        ]
        try:
            yield log
        finally:
            for part in parts:
                part.terminate()
            for part in parts:
                part.wait(30)


def offer(database: Database, *priorities: int) -> list[UUID]:
    subjects = [uuid4() for _ in priorities]
    with database.transaction() as session:
        now = database.now()
        for subject, priority in zip(subjects, priorities, strict=True):
            outbox.offer(session, Topic.PROBE, subject, now=now, priority=priority)
    return subjects


def closed(database: Database, subjects: list[UUID]) -> bool:
    with database.transaction() as session:
        query = select(func.count()).where(
            Outbox.subject_id.in_(subjects), Outbox.state == State.DONE
        )
        return session.scalar(query) == len(subjects)


def test_rows_of_every_queue_are_done_over_rabbitmqs_quorum_queues_rel_10(
    rabbitmq: Node,
    embedded: Servers,
    database: Database,
    tmp_path: Path,
) -> None:
    rows = offer(database, *(p for p in (0, 5, 9) for _ in range(20)))

    with running(embedded, rabbitmq.url, tmp_path) as log:
        try:
            until(lambda: closed(database, rows), within=150, what="the rows are done")
        except AssertionError:
            print(log.read_text())  # noqa: T201 (pytest shows it)
            raise

    connection = make_celery(rabbitmq.url).connection_for_read()
    with connection, connection.channel() as channel:
        for name in QUEUES:
            # RabbitMQ refuses another declaration of what is there: it is a quorum queue.
            with pytest.raises(connection.channel_errors, match="x-queue-type"):
                connection.channel().queue_declare(
                    name, durable=True, auto_delete=False, arguments={"x-delivery-limit": 20}
                )
        assert channel.queue_declare("normal", passive=True).message_count == 0
    assert "delayed" not in log.read_text()
    assert ready(database, rabbitmq.url)["broker"] == "ok"


def test_what_rabbitmq_does_not_take_is_handed_out_again_and_the_relay_goes_on_rel_01(
    rabbitmq: Node, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Publishing is confirmed: a message that the broker refuses is not taken for sent."""
    celery = make_celery(rabbitmq.url)
    celery.conf.task_queues = [full(name) for name in QUEUES]
    monkeypatch.setattr(relay, "work", celery.task(name="work")(full))
    rows, stop = offer(database, *[5] * 6), Event()
    thread = Thread(target=relay.run, args=(database,), kwargs={"lease": LEASE, "stop": stop})

    thread.start()
    try:
        until(lambda: given_back(database, rows), within=30, what="what is not taken comes back")
        time.sleep(2 * relay.TROUBLE_SECONDS)
        goes_on = thread.is_alive()
    finally:
        stop.set()
        thread.join()

    assert goes_on


def given_back(database: Database, rows: list[UUID]) -> bool:
    with database.transaction() as session:
        back = Outbox.subject_id.in_(rows) & Outbox.lease_owner.is_(None)
        return bool(session.scalar(select(func.count()).where(back, Outbox.state == State.LEASED)))


def full(name: str) -> Any:
    """Return a queue that soon holds no more, and refuses what comes."""
    limits = {"x-queue-type": "quorum", "x-max-length": 1, "x-overflow": "reject-publish"}
    queue: Any = Queue
    return queue(f"full-{name}", alias=name, routing_key=f"full-{name}", queue_arguments=limits)


def test_a_broker_that_is_away_is_said_to_be_unreachable(embedded: Servers) -> None:
    """REL-36."""
    assert broker_answers(embedded.broker_url)
    assert not broker_answers("redis://127.0.0.1:1/0")
    assert not broker_answers("amqp://guest:guest@127.0.0.1:1//")
