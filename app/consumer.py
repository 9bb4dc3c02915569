"""A Celery consumer for RabbitMQ that declares nothing for delayed messages: there are none.

Where Celery finds quorum queues it would declare 28 exchanges and 28 queues for delays at each
start. Timers are rows here (decision 6).
"""

from __future__ import annotations

from celery.worker.consumer.consumer import Consumer as CeleryConsumer

DELAYS = "celery.worker.consumer.delayed_delivery:DelayedDelivery"


class Consumer(CeleryConsumer):  # type: ignore[misc] # Celery has no types
    """Celery's own, less one step of its start."""

    class Blueprint(CeleryConsumer.Blueprint):  # type: ignore[misc] # as above
        """The steps of the start."""

        default_steps = tuple(s for s in CeleryConsumer.Blueprint.default_steps if s != DELAYS)
