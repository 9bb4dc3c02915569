"""Finds why nobody is paged for a person, and the alerts that are held for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.inhibition import absent
from alerts.lifecycle import LIVE
from alerts.policy import thaw
from alerts.tables import Alert
from ingest.repository import everybody, stays_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.reasons import Reason


def absence(session: Session, alert: Alert, *, now: datetime) -> Reason | None:
    """Return why nobody is paged for an alert's person at this moment (AL-10)."""
    return absences(session, [alert], now=now)[alert.id]


def absences(
    session: Session, alerts: Sequence[Alert], *, now: datetime
) -> dict[UUID, Reason | None]:
    """Return by alert why nobody is paged for its person, with two queries for all of them."""
    records = everybody(session, {alert.patient_id for alert in alerts})
    found = stays_of(session, {each for person in records.values() for each in person})
    return {
        alert.id: absent(
            [stay for each in records[alert.patient_id] for stay in found.get(each, ())],
            now=now,
            longest=thaw(alert.policy).absence,
        )
        for alert in alerts
    }


def back(session: Session, *, now: datetime) -> list[UUID]:
    """Return the live alerts that are held no longer, in the order they are locked in."""
    query = select(Alert).where(Alert.held.is_not(None), Alert.state.in_(LIVE))
    held = session.scalars(query.order_by(Alert.id)).all()
    whys = absences(session, held, now=now) if held else {}
    return [id_ for id_, why in whys.items() if why is None]
