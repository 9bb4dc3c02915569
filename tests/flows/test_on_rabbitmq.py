"""The whole program on RabbitMQ: a critical reading becomes a message, and is late at most."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from alerts.tables import Alert, Delivery
from app.worker import make_celery
from core.clock import utc_now
from core.outbox import Outbox, State
from ingest.numbers.repository import called
from lab.gateway import Tally
from tests.faults.invariants import breaches, repeated
from tests.faults.stand import LEASE_SECONDS
from tests.invented import enrolment, observation, ordinary
from tests.running_system import System, running_system, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from sqlalchemy import Select

    from lab.gateway import Gateway
    from tests.rabbitmq import Node

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def system(rabbitmq: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with running_system(
        tmp_path_factory.mktemp("on-rabbitmq"),
        WARDLIGHT_BROKER_URL=rabbitmq.url,
        WARDLIGHT_LEASE_SECONDS=str(LEASE_SECONDS),
    ) as running:
        yield running


def enrol(system: System, *mrns: str) -> tuple[Gateway, Tally]:
    gateway, tally = system.gateway(f"on-{mrns[0]}"), Tally()
    for mrn in mrns:
        gateway.post(enrolment(mrn), tally)
        gateway.post(ordinary(mrn, days=3, until=utc_now() - timedelta(hours=1)), tally)
    assert tally.refused == 0, tally.reasons
    return gateway, tally


@contextmanager
def away(node: Node) -> Iterator[None]:
    """The node is stopped, and started again when the block ends.

    Not killed: a node that is so new has not yet written down its own tables, and never returns.
    """
    node.stop()
    try:
        yield
    finally:
        node.start()


def counted(system: System, query: Select[int]) -> int:
    with system.database.transaction() as session:
        return session.scalar(query) or 0


def reds(system: System, *mrns: str) -> list[UUID]:
    with system.database.transaction() as session:
        people = {each for mrn in mrns for each in called(session, None, mrn)}
        red = select(Alert.id).where(Alert.patient_id.in_(people), Alert.severity == "RED")
        return list(session.scalars(red))


def told(system: System, alerts: list[UUID]) -> int:
    handed = Delivery.alert_id.in_(alerts) & (Delivery.state == "handed-over")
    return counted(system, select(func.count(Delivery.alert_id.distinct())).where(handed))


def test_a_critical_reading_becomes_a_message_on_rabbitmq_rel_01(
    system: System, rabbitmq: Node
) -> None:
    gateway, tally = enrol(system, "rabbit-1")

    gateway.post(observation("rabbit-1", "spo2", 84, utc_now()), tally)

    alerts = until(lambda: reds(system, "rabbit-1"), within=60, what="a RED alert")
    until(lambda: told(system, alerts), within=60, what="its message is handed over")
    assert system.postbox.letters
    assert system.browser().http.get("/readyz").json()["broker"] == "ok"
    with make_celery(rabbitmq.url).connection_for_read() as connection:
        channel = connection.channel()
        # Its workers read from this node and from nothing else.
        assert channel.queue_declare("critical", passive=True).consumer_count > 0


@pytest.mark.faults
def test_rows_that_wait_outlive_a_rabbitmq_that_is_stopped_and_started_again_rel_39_ft_09(
    system: System, rabbitmq: Node
) -> None:
    """Half of the readings come while it runs, and half while it is away."""
    mrns = tuple(f"rabbit-away-{number}" for number in range(6))
    gateway, tally = enrol(system, *mrns)
    for mrn in mrns[:3]:
        gateway.post(observation(mrn, "spo2", 84, utc_now()), tally)

    with away(rabbitmq):
        for mrn in mrns[3:]:
            gateway.post(observation(mrn, "spo2", 84, utc_now()), tally)
        assert tally.refused == 0, tally.reasons
        waiting = select(func.count()).where(Outbox.state.in_([State.OPEN, State.LEASED]))
        assert counted(system, waiting)
        assert not reds(system, *mrns[3:])

    alerts = until(
        lambda: len(found := reds(system, *mrns)) == len(mrns) and found,
        within=120,
        what="each person has one RED",
    )
    until(lambda: told(system, alerts) == len(mrns), within=60, what="each was told of")
    letters = system.postbox.letters
    until(
        lambda: not breaches(system.database, mrns=set(mrns), letters=letters),
        within=60,
        what="no invariant is broken",
    )
    assert repeated(letters) == 0
