"""Note whether a message reached the telephone that it went to, as far as its provider knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.notify.gateway import GONE, Says
from alerts.patients import repository
from alerts.patients.repository import Tried
from alerts.patients.wording import State, Why
from alerts.posting.service import end, leave
from alerts.receipts.service import Arrival
from ingest.contacts.repository import channel_of

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.patients.tables import PatientMessage
    from alerts.receipts.service import Receipt


def note_receipt(session: Session, receipt: Receipt, now: datetime) -> bool:
    """Note what a provider tells later of a message; return whether it is one of these.

    Delivered is what it says, and no more: opened and answered are told by the page (REL-13).
    What failed after it was taken is not sent again; another number of the same person's would
    have needed another message, so that a clinician sees it instead. What failed at a number
    that was left meanwhile says nothing of the one that is used now.
    """
    message, contact_id = repository.behind_receipt(session, receipt.delivery_id)
    if message is None or contact_id is None:
        return False
    channel = channel_of(session, contact_id)
    if channel != receipt.channel:
        return False
    if receipt.arrival is Arrival.FAILED:
        _failed(session, message, contact_id, receipt.code, now=now)
        return True
    message.delivered_at = message.delivered_at or now
    if message.state in (State.WAITING, State.HANDED_OVER):
        message.handed_over_at = message.handed_over_at or now
        message.state, message.next_try_at = State.DELIVERED, None
        message.contact_id, message.channel = contact_id, channel
    return True


def _failed(
    session: Session, message: PatientMessage, contact_id: UUID, code: str, *, now: datetime
) -> None:
    used = contact_id == message.contact_id
    waits = used and message.state == State.HANDED_OVER and message.opened_at is None
    if code == Says.OPTED_OUT or (code in GONE and (waits or not used)):
        leave(session, contact_id, code, now=now)
    if waits:
        repository.add_attempt(session, message, Tried("not-delivered", contact_id), now=now)
        end(session, message, State.FAILED, Why.GIVEN_UP, now=now)
