"""Work of several kinds for many subjects, written at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.outbox import Priority, write_offers

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.outbox import Topic


@dataclass(frozen=True, slots=True)
class Offer:
    """Work for one subject, not before an instant."""

    topic: Topic
    subject_id: UUID
    not_before: datetime
    priority: int = Priority.NORMAL


def offer_each(session: Session, offers: Iterable[Offer], *, now: datetime) -> None:
    """Write offers in one statement, each as `core.outbox.offer` would.

    What is offered twice is wanted by the earlier and by the more urgent of both; in one order,
    so that two transactions that offer the same never wait for each other.
    """
    joined: dict[tuple[Topic, UUID], tuple[datetime, int]] = {}
    for each in offers:
        key = (each.topic, each.subject_id)
        due, priority = joined.get(key, (each.not_before, each.priority))
        joined[key] = (min(due, each.not_before), min(priority, each.priority))
    write_offers(session, [(*key, *joined[key]) for key in sorted(joined)], now=now)
