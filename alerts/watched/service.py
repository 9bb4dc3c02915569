"""Receives what the test channel delivers: keeps it as a row, and ends the alert behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select, update

from alerts import repository
from alerts.delivery import repository as deliveries
from alerts.delivery.repository import TEST_CHANNEL, DeliveryState
from alerts.episodes.service import close
from alerts.lifecycle import LIVE, State
from alerts.reasons import Reason
from alerts.tables import Alert, AlertEvent, AlertFinding, Delivery, DeliveryAttempt, Step
from ingest.synthetic.repository import synthetic_people

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


def arrived(session: Session, delivery_id: UUID, *, now: datetime) -> bool:
    """Take a delivery of the test channel; return whether it was one.

    The alert ends with it, so that the next synthetic reading opens, routes and delivers anew.
    """
    found = session.get(Delivery, delivery_id)
    if found is None or found.channel != TEST_CHANNEL:
        return False
    alert = repository.locked(session, found.alert_id)
    delivery = session.get(Delivery, delivery_id, populate_existing=True, with_for_update=True)
    if alert is not None and delivery is not None and delivery.state == DeliveryState.WAITING:
        deliveries.add_attempt(session, delivery, now=now, code="", again=None)
        delivery.state, delivery.delivered_at = DeliveryState.DELIVERED, now
        delivery.handed_over_at = now
        _end(session, alert, now=now)
    return True


def _end(session: Session, alert: Alert, *, now: datetime) -> None:
    if alert.state not in LIVE:
        return
    before = repository.facts(alert)
    close(session, alert, State.RESOLVED, now=now)
    facts = repository.facts(alert)
    repository.note(session, alert, "resolved", Reason.WATCHED, now=now, before=before, after=facts)


def came_through(session: Session, *, since: datetime) -> datetime | None:
    """Return when a synthetic reading taken since an instant first reached the test channel."""
    query = (
        select(func.min(Delivery.delivered_at))
        .join(Alert, Alert.id == Delivery.alert_id)
        .where(
            Delivery.channel == TEST_CHANNEL,
            Delivery.created_at >= since,  # the index by which these few are found
            Delivery.delivered_at >= since,
            Alert.last_seen_at >= since,
        )
    )
    return session.scalar(query)


def without_alerts(session: Session, people: Collection[UUID]) -> set[UUID]:
    """Return those of some people who have no alert, ended or not."""
    have = select(Alert.patient_id).where(Alert.patient_id.in_(people))
    return set(people) - set(session.scalars(have))


def forget(session: Session, *, before: datetime) -> None:
    """Delete the synthetic person's alerts that ended long ago, with all that hangs on them."""
    old = select(Alert.id).where(Alert.patient_id.in_(synthetic_people()), Alert.closed_at < before)
    ids = session.scalars(old.limit(5000)).all()
    if not ids:
        return
    session.execute(update(Alert).where(Alert.previous_id.in_(ids)).values(previous_id=None))
    sent = select(Delivery.id).where(Delivery.alert_id.in_(ids))
    session.execute(delete(DeliveryAttempt).where(DeliveryAttempt.delivery_id.in_(sent)))
    for table in (Delivery, Step, AlertFinding, AlertEvent):
        session.execute(delete(table).where(table.alert_id.in_(ids)))
    session.execute(delete(Alert).where(Alert.id.in_(ids)))
