"""Finds why nobody is paged for a person, and the alerts that are held for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.inhibition import absent
from alerts.lifecycle import LIVE
from alerts.policy import thaw
from alerts.tables import Alert
from ingest.repository import one_person, stays_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.reasons import Reason


def absence(session: Session, alert: Alert, *, now: datetime) -> Reason | None:
    """Return why nobody is paged for an alert's person at this moment (AL-10)."""
    found = stays_of(session, one_person(session, alert.patient_id))
    stays = [stay for each in found.values() for stay in each]
    return absent(stays, now=now, longest=thaw(alert.policy).absence)


def held(session: Session) -> Sequence[UUID]:
    """Return the live alerts that are held, in the order they are locked in."""
    query = select(Alert.id).where(Alert.held.is_not(None), Alert.state.in_(LIVE))
    return session.scalars(query.order_by(Alert.id)).all()
