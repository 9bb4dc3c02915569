"""Note what a provider tells later of a message that it took: delivered, or not (REL-13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from alerts.contacts import service as addressing
from alerts.delivery import repository as deliveries
from alerts.delivery.repository import DeliveryState
from alerts.detours import service as detours
from alerts.gathering import repository as gathering
from alerts.notify.gateway import GONE
from alerts.reasons import Reason
from alerts.receipts import repository
from core.signing import TOLERANCE
from ingest import repository as people
from monitoring import repository as judgements

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.detours.service import Addresses
    from alerts.notify.outlets import Outlets

REPLAYED_WITHIN = 2 * TOLERANCE + timedelta(minutes=1)  # an older one has an old time anyway
NOT_DELIVERED = "not-delivered"


class Arrival(StrEnum):
    """What became of a message."""

    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a provider tells of one message; `code` is one of its own, and kept only if ours."""

    delivery_id: UUID
    channel: str
    arrival: Arrival
    code: str = ""


def is_new(session: Session, receipt_id: str, *, now: datetime) -> bool:
    """Return whether a receipt comes for the first time; a replay is refused (SEC-35)."""
    return repository.is_new(session, receipt_id, now=now, forget=now - REPLAYED_WITHIN)


def note(
    session: Session, receipt: Receipt, *, now: datetime, outlets: Outlets, addresses: Addresses
) -> bool:
    """Note a receipt; return whether the message is one of an alert's.

    It holds for every message that left with this one (AL-09). What was delivered stays so: a
    later word of failure changes nothing. What failed after it was taken will not be sent
    again under its id, so its alert goes on at once.
    """
    person = repository.person_of(session, receipt.delivery_id)
    if person is None:
        return False
    # Several alerts of a person are locked here, as by a judgement: never in a circle with one.
    judgements.lock(session, [people.survivor(session, person)])
    case = detours.held(session, receipt.delivery_id, outlets, addresses)
    if case is None or case.delivery.channel != receipt.channel:
        return False
    _note(session, case, receipt, now=now)
    for delivery_id in gathering.taken_along(session, case.alert.patient_id, case.delivery):
        other = detours.held(session, delivery_id, outlets, addresses)
        if other is not None:
            _note(session, other, receipt, now=now)
    session.flush()
    return True


def _note(session: Session, case: detours.Case, receipt: Receipt, *, now: datetime) -> None:
    delivery = case.delivery
    if delivery.delivered_at is not None:
        return
    # One that waits was taken by a try whose answer was lost.
    taken = delivery.state in (DeliveryState.WAITING, DeliveryState.HANDED_OVER)
    if receipt.arrival is Arrival.DELIVERED:
        delivery.delivered_at = now
        if taken:
            delivery.handed_over_at = delivery.handed_over_at or now
            delivery.state, delivery.next_try_at = DeliveryState.DELIVERED, None
    elif taken:
        _failed(session, case, receipt.code, now=now)


def _failed(session: Session, case: detours.Case, code: str, *, now: datetime) -> None:
    delivery, gone = case.delivery, code in GONE
    said = code if gone else NOT_DELIVERED
    deliveries.add_attempt(session, delivery, now=now, code=said, again=None)
    if gone:
        used_at = delivery.handed_over_at or delivery.created_at
        addressing.end(session, delivery.recipient, case.channel, said, now=now, used_at=used_at)
    reason = Reason.ADDRESS_ENDED if gone else Reason.DELIVERY_FAILED
    detours.end(session, case, DeliveryState.FAILED, reason, now=now)
    if case.step.fence == case.alert.fence and delivery.moved_on_at is None:
        detours.move_on(session, case, gone=gone, now=now)
