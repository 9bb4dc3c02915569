"""Which queue a row goes to, and that what is urgent always finds room."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from app.queues import BEGUN_BOUND, BOUNDS, FEWEST_BEGUN, OWN, QUEUES, out_now, queue_of, room
from app.supervisor import parts
from app.worker import REDIS, make_celery
from core import outbox
from core.outbox import Leased, Priority, Topic

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LEASE = timedelta(seconds=60)


@pytest.mark.parametrize(
    ("priority", "attempts", "queue"),
    [
        (Priority.CRITICAL, 0, "critical"),
        (Priority.NORMAL, 0, "normal"),
        (Priority.BULK, 0, "reports"),
        (Priority.CRITICAL, 1, "critical"),
        (Priority.CRITICAL, 2, "retry"),
        (Priority.NORMAL, 3, "retry"),
        (Priority.BULK, 1, "retry"),
    ],
)
def test_a_row_goes_to_the_queue_of_its_urgency_and_to_retry_once_begun_rel_27(
    priority: int, attempts: int, queue: str
) -> None:
    assert queue_of(Leased(uuid4(), priority, attempts)) == queue


def test_bulk_leaves_room_for_normal_and_both_for_critical_rel_25_rel_28() -> None:
    bulk, normal, critical = BOUNDS[Priority.BULK], BOUNDS[Priority.NORMAL], BOUNDS[0]

    lasts = [None if r is None else r.last for r in (room(n, 0) for n in (0, bulk, normal))]

    assert lasts == [Priority.BULK, Priority.NORMAL, Priority.CRITICAL]
    assert room(critical, 0) is None
    full = BEGUN_BOUND  # nothing that was begun may go: there is room for all the rest
    limits = [r.limit for r in (room(1, full), room(bulk, full)) if r]
    assert limits == [bulk - 1, normal - bulk]


@pytest.mark.parametrize("out", [0, 60, 99, 100, 199, 249])
@pytest.mark.parametrize("begun", range(BEGUN_BOUND + 1))
def test_never_more_is_begun_than_its_bound_and_the_rest_finds_room_rel_27(
    out: int, begun: int
) -> None:
    found = room(out, begun)

    assert found is not None
    assert found.limit > 0
    assert found.begun is (begun <= BEGUN_BOUND - FEWEST_BEGUN)
    if found.begun:
        assert begun + found.limit <= BEGUN_BOUND
    else:
        assert out + found.limit in BOUNDS.values()


def test_what_failed_is_out_no_more_and_is_left_where_too_much_was_begun_before(
    session: Session,
) -> None:
    """REL-27."""
    outbox.offer(session, Topic.ASSESS, uuid4(), now=NOW)
    [row] = outbox.lease(session, owner="t", now=NOW, length=LEASE, limit=1)
    outbox.start(session, row.id)
    while_out = out_now(session, now=NOW)

    outbox.put_back(session, row.id, now=NOW, error_code="ValueError")
    later = NOW + LEASE

    assert while_out == (1, 1)
    assert out_now(session, now=NOW) == (0, 0)
    assert outbox.lease(session, owner="t", now=later, length=LEASE, limit=9, begun=False) == []
    [again] = outbox.lease(session, owner="t", now=later, length=LEASE, limit=9)
    assert queue_of(again) == "retry"


def test_a_red_whose_worker_died_waits_behind_nothing_in_doubt_rel_27(session: Session) -> None:
    outbox.offer(session, Topic.RAISE, uuid4(), now=NOW, priority=Priority.CRITICAL)
    [row] = outbox.lease(session, owner="t", now=NOW, length=LEASE, limit=1)
    outbox.start(session, row.id)

    [again] = outbox.lease(session, owner="t", now=NOW + LEASE, length=LEASE, limit=9, begun=False)

    assert again.attempts == 1
    assert queue_of(again) == "critical"


def test_one_worker_group_is_kept_for_what_is_critical_and_every_queue_is_read() -> None:
    groups = {
        child.name: child.arguments[2].split(",")
        for child in parts(host="127.0.0.1", port=1, workers=2)
        if child.arguments[0] == "worker"
    }

    assert groups["worker-critical"] == ["critical"]
    assert set(groups["worker"]) == set(QUEUES)


# The configuration of the reliability design, section 3.4, as written there.
DESIGNED = {
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "task_acks_on_failure": True,
    "task_track_started": False,
    "task_ignore_result": True,
    "worker_prefetch_multiplier": 1,
    "worker_soft_shutdown_timeout": 20,
    "worker_enable_soft_shutdown_on_idle": True,
    "worker_cancel_long_running_tasks_on_connection_loss": True,
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    "visibility_timeout": 120,
    "result_backend_transport_options": {"visibility_timeout": 120},
    "task_time_limit": 60,
    "task_soft_time_limit": 45,
    "task_serializer": "json",
    "result_serializer": "json",
    "accept_content": ["json"],
    "worker_max_tasks_per_child": 1000,
    "worker_eta_task_limit": 100,
    "worker_hijack_root_logger": False,
    "task_send_sent_event": False,
    "worker_send_task_events": False,
}


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "amqp://u:p@127.0.0.1:1/"])
def test_every_line_of_the_designed_configuration_is_in_force(url: str) -> None:
    conf = make_celery(url).conf

    assert {name: conf[name] for name in DESIGNED} == DESIGNED
    assert [queue.name for queue in conf.task_queues] == [*QUEUES, *OWN.values()]
    assert conf.result_backend is None


def test_each_broker_has_its_own_options_and_rabbitmq_has_quorum_queues() -> None:
    valkey, rabbit = make_celery("redis://h").conf, make_celery("amqps://u:p@h/").conf

    assert valkey.broker_transport_options == REDIS
    assert rabbit.broker_transport_options["confirm_publish"] is True
    assert {q.queue_arguments["x-queue-type"] for q in rabbit.task_queues} == {"quorum"}
    assert all(
        q.queue_arguments["x-delivery-limit"] > outbox.MAX_ATTEMPTS for q in rabbit.task_queues
    )
