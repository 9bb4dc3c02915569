"""The Celery application: a doorbell, configured so that it can lose nothing that matters.

Failures live in outbox rows, so there is no result backend, there are no events, and a task
carries one opaque id and nothing else. It works on Valkey or Redis and on RabbitMQ, where its
queues are quorum queues (docs/decisions/0027).
"""

from __future__ import annotations

import ssl
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from celery import Celery, Task
from kombu.entity import Queue
from kombu.exceptions import OperationalError

from app.queues import NORMAL, OWN, QUEUES
from core.secret_files import value_of

VISIBILITY_SECONDS = 120
REDIS: dict[str, Any] = {
    "visibility_timeout": VISIBILITY_SECONDS,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 10,
    "socket_keepalive": True,
    "health_check_interval": 15,
}
# A message is published once the broker has taken it.
RABBITMQ: dict[str, Any] = {"confirm_publish": True, "read_timeout": 10, "write_timeout": 10}
QUORUM = {
    "x-queue-type": "quorum",
    # What kills worker after worker is parked by its row's own count, which is smaller; then
    # its message is dropped. There is no second place for dead letters beside the outbox.
    "x-delivery-limit": 20,
}
TLS_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
READ = (*QUEUES, *OWN.values())
LOOK_SECONDS = 2
SAID = frozenset({"queue", "retry"})  # to Celery, of where a message goes


class OpaqueTask(Task):  # type: ignore[misc] # Celery has no types
    """A task that refuses at publish time to carry anything but one opaque row id (SEC-21)."""

    abstract = True

    def apply_async(
        self,
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
        **options: Any,
    ) -> Any:
        """Publish, once the arguments are shown to be a single UUID, with nothing beside it."""
        if kwargs or not args or len(args) != 1 or not _opaque(args[0]):
            raise TypeError("a task carries exactly one opaque row id")
        if set(options) - SAID:
            raise TypeError("a task says nothing beside its id but where it goes")
        return super().apply_async(args=args, kwargs=None, argsrepr="(row,)", **options)


def _opaque(said: object) -> bool:
    """Return whether something is a UUID as it is usually written."""
    try:
        return isinstance(said, str) and str(UUID(said)) == said
    except ValueError:
        return False


def on_rabbitmq(broker_url: str) -> bool:
    """Return whether the address is RabbitMQ's."""
    return broker_url.startswith(("amqp://", "amqps://"))


def make_celery(broker_url: str) -> Celery:
    """Return the Celery application for a broker."""
    celery = Celery("wardlight", broker=broker_url, include=["app.tasks"])
    celery.conf.update(
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_acks_on_failure=True,
        task_track_started=False,
        task_ignore_result=True,
        worker_prefetch_multiplier=1,
        worker_soft_shutdown_timeout=20,
        worker_enable_soft_shutdown_on_idle=True,
        worker_cancel_long_running_tasks_on_connection_loss=True,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        visibility_timeout=VISIBILITY_SECONDS,
        result_backend_transport_options={"visibility_timeout": VISIBILITY_SECONDS},
        task_time_limit=60,
        task_soft_time_limit=45,
        task_serializer="json",
        result_serializer="json",
        accept_content=["json"],
        worker_max_tasks_per_child=1000,
        worker_eta_task_limit=100,
        worker_hijack_root_logger=False,
        # Else what a worker's child logs to standard error is taken for a print, and lost.
        worker_redirect_stdouts=False,
        task_send_sent_event=False,
        worker_send_task_events=False,
        task_default_queue=NORMAL,
        task_create_missing_queues=False,
        timezone="UTC",
        **for_broker(broker_url),
    )
    return celery


def for_broker(broker_url: str) -> dict[str, Any]:
    """Return the settings that hold for one kind of broker."""
    if not on_rabbitmq(broker_url):
        return {
            "broker_transport_options": REDIS,
            "broker_use_ssl": _proved(broker_url) if broker_url.startswith("rediss://") else None,
            "task_queues": [_queue(name) for name in READ],
        }
    tls = {"server_hostname": None, "cert_reqs": ssl.CERT_REQUIRED}  # None: that of the address
    return {
        "broker_transport_options": RABBITMQ,
        "broker_use_ssl": tls if broker_url.startswith("amqps://") else False,
        "task_queues": [_queue(name, queue_arguments=QUORUM) for name in READ],
        "worker_consumer": "app.consumer:Consumer",
    }


def _proved(broker_url: str) -> dict[str, Any]:
    """Return how a server proves itself: by default kombu would believe any certificate."""
    said = {name: value[0] for name, value in parse_qs(urlsplit(broker_url).query).items()}
    files = {name: said[name] for name in TLS_FILES if name in said}
    return {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_check_hostname": True, **files}


def _queue(name: str, **options: Any) -> Any:
    queue: Any = Queue  # kombu types some of its code and not this
    return queue(name, routing_key=name, **options)


def broker_answers(broker_url: str) -> bool:
    """Return whether a connection to the broker comes about, whichever it is."""
    options = {} if on_rabbitmq(broker_url) else {"socket_connect_timeout": LOOK_SECONDS}
    connection = make_celery(broker_url).connection_for_read(connect_timeout=LOOK_SECONDS)
    connection.transport_options = {**connection.transport_options, **options}
    return _opens(connection)


def _opens(connection: Any) -> bool:
    with connection:
        try:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=LOOK_SECONDS)
            connection.default_channel.close()
        except (OperationalError, *connection.connection_errors, *connection.channel_errors):
            return False
    return True


celery = make_celery(value_of("broker_url"))
