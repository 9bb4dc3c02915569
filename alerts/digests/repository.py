"""The rows of budgets and digests: what a person was told of today, and what waits for them."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from alerts.delivery.repository import DeliveryState
from alerts.lifecycle import LIVE
from alerts.policy import Channel
from alerts.tables import Alert, Delivery, Digest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.tables import Step

TOLD = (DeliveryState.WAITING, DeliveryState.HANDED_OVER, DeliveryState.DELIVERED)


def told_since(session: Session, recipient: str, severity: str, *, since: datetime) -> set[UUID]:
    """Return the alerts of a tier that a recipient was, or is being, told of since an instant."""
    query = select(Delivery.alert_id).where(
        Delivery.created_at >= since,
        Delivery.recipient == recipient,
        Delivery.severity == severity,
        Delivery.state.in_(TOLD),
        Delivery.digest_id.is_(None),
    )
    return set(session.scalars(query.distinct()))


def put_by(session: Session, alert: Alert, step: Step, *, recipient: str, now: datetime) -> None:
    """Keep a step for a recipient's next digest; the same alert is kept once."""
    waits = select(Delivery.id).where(
        Delivery.alert_id == alert.id,
        Delivery.recipient == recipient,
        Delivery.state == DeliveryState.IN_DIGEST,
    )
    again = session.scalar(waits.limit(1)) is not None
    session.execute(
        insert(Delivery)
        .values(
            id=uuid4(),
            alert_id=alert.id,
            patient_id=alert.patient_id,
            step_id=step.id,
            recipient=recipient,
            channel=Channel.INBOX,
            severity=alert.severity,
            state=DeliveryState.CANCELLED if again else DeliveryState.IN_DIGEST,
            public_id=secrets.token_hex(5),
            attempts=0,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["alert_id", "step_id", "recipient", "channel"])
    )


def recipients(session: Session) -> Sequence[str]:
    """Return for whom something waits for a digest."""
    query = select(Delivery.recipient).where(Delivery.state == DeliveryState.IN_DIGEST)
    return session.scalars(query.distinct().order_by(Delivery.recipient)).all()


def waiting(session: Session, recipient: str) -> Sequence[tuple[Delivery, Alert]]:
    """Return what waits for a recipient's digest, with its alert, locked."""
    query = (
        select(Delivery, Alert)
        .join(Alert, Alert.id == Delivery.alert_id)
        .where(Delivery.recipient == recipient, Delivery.state == DeliveryState.IN_DIGEST)
        .order_by(Delivery.created_at, Delivery.id)
        .with_for_update(of=Delivery, skip_locked=True)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def open_digest(
    session: Session, practitioner_id: UUID, day: date, *, items: int, now: datetime
) -> UUID | None:
    """Write a person's digest of a day; None where they had it."""
    row = insert(Digest).values(
        id=uuid4(), practitioner_id=practitioner_id, day=day, items=items, created_at=now
    )
    return session.scalar(row.on_conflict_do_nothing().returning(Digest.id))


def had(session: Session, practitioner_id: UUID, day: date) -> bool:
    """Return whether a person had their digest of a day."""
    query = select(Digest.id).where(Digest.practitioner_id == practitioner_id, Digest.day == day)
    return session.scalar(query) is not None


def people_of(session: Session, digest_id: UUID) -> Sequence[UUID]:
    """Return of whom a digest is."""
    query = select(Alert.patient_id).join(Delivery, Delivery.alert_id == Alert.id)
    return session.scalars(query.where(Delivery.digest_id == digest_id).distinct()).all()


def live_items(session: Session, recipient: str) -> Sequence[UUID]:
    """Return the live alerts that a recipient is told of by digest, the oldest first."""
    query = (
        select(Alert.id)
        .join(Delivery, Delivery.alert_id == Alert.id)
        .where(
            Delivery.recipient == recipient,
            Alert.state.in_(LIVE),
            (Delivery.state == DeliveryState.IN_DIGEST) | Delivery.digest_id.is_not(None),
        )
        .group_by(Alert.id)
        .order_by(Alert.opened_at, Alert.id)
    )
    return session.scalars(query).all()
