"""What the rows say of an alert's messages, as the tests of the response ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.notify.email import Mailer
from alerts.service import Addresses
from alerts.tables import AlertEvent, Delivery

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

HERE = Addresses("https://ward.example.org/", "on-call@example.org")
NOWHERE = Mailer("127.0.0.1", 1, "w@ward.example")


def mails(session: Session, *alerts: UUID) -> list[Delivery]:
    """Return the e-mails of these alerts as they stand, in the order they were made in."""
    query = select(Delivery).where(Delivery.alert_id.in_(alerts), Delivery.channel == "email")
    ordered = query.order_by(Delivery.created_at, Delivery.recipient)
    return list(session.scalars(ordered.execution_options(populate_existing=True)))


def mail(session: Session, alert_id: UUID) -> Delivery:
    """Return the only e-mail of an alert."""
    (found,) = mails(session, alert_id)
    return found


def reasons(session: Session, alert_id: UUID, kind: str) -> list[str]:
    """Return why each event of a kind came about, as the timeline has them."""
    query = select(AlertEvent.reason).where(
        AlertEvent.alert_id == alert_id, AlertEvent.kind == kind
    )
    return list(session.scalars(query.order_by(AlertEvent.id)))


def told(session: Session, alert_id: UUID) -> list[tuple[str, str]]:
    """Return whom the timeline says was told, and why, in order."""
    events = session.scalars(
        select(AlertEvent)
        .where(AlertEvent.alert_id == alert_id, AlertEvent.kind == "notified")
        .order_by(AlertEvent.id)
    )
    return [(event.after["to"], event.reason) for event in events]
