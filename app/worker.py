"""The Celery application: a doorbell, configured so that it can lose nothing that matters.

The settings are those of `reliability.md` section 3.4; failures live in outbox rows, so no
result backend, no events, no task arguments but one opaque id.
"""

from __future__ import annotations

import os
from typing import Any
from uuid import UUID

from celery import Celery, Task

CRITICAL = "critical"
NORMAL = "normal"
VISIBILITY_SECONDS = 120


class OpaqueTask(Task):  # type: ignore[misc] # Celery has no types
    """A task that refuses at publish time to carry anything but one opaque row id (SEC-21)."""

    abstract = True

    def apply_async(
        self,
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
        **options: Any,
    ) -> Any:
        """Publish, once the arguments are shown to be a single UUID."""
        if kwargs or not args or len(args) != 1:
            raise TypeError("a task carries exactly one opaque row id")
        UUID(args[0])
        return super().apply_async(args=args, kwargs=None, argsrepr="(row,)", **options)


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
        broker_transport_options={
            "visibility_timeout": VISIBILITY_SECONDS,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "socket_timeout": 10,
            "socket_keepalive": True,
            "health_check_interval": 15,
        },
        visibility_timeout=VISIBILITY_SECONDS,
        task_time_limit=60,
        task_soft_time_limit=45,
        task_serializer="json",
        accept_content=["json"],
        worker_max_tasks_per_child=1000,
        worker_eta_task_limit=100,
        worker_hijack_root_logger=False,
        task_send_sent_event=False,
        worker_send_task_events=False,
        task_default_queue=NORMAL,
        timezone="UTC",
    )
    return celery


celery = make_celery(os.environ.get("WARDLIGHT_BROKER_URL", ""))
