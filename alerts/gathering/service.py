"""Take along what waits about the same person for the same recipient: one message (AL-09)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts import repository
from alerts.delivery import repository as deliveries
from alerts.delivery.repository import DeliveryState
from alerts.gathering import repository as rows
from alerts.reasons import Reason

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.tables import Alert, Delivery


def take_along(session: Session, alert: Alert, sent: Delivery, *, now: datetime) -> int:
    """Count a message that was taken for every other that waited for it; return how many.

    An alert that somebody holds at this moment is left alone: its own message is due by itself.
    """
    taken = 0
    for alert_id in rows.company(session, alert.patient_id, sent):
        other = repository.locked(session, alert_id, wait=False)
        if other is None:
            continue
        for delivery in rows.of_alert(session, other, sent):
            deliveries.add_attempt(session, delivery, now=now, code="", again=None)
            delivery.state, delivery.handed_over_at = DeliveryState.HANDED_OVER, now
            delivery.sent_with = sent.id
            facts = {
                "to": delivery.recipient,
                "channel": delivery.channel,
                "with": sent.public_id,
            }
            repository.note(session, other, "joined", Reason.JOINED, now=now, after=facts)
            taken += 1
    return taken
