"""Finds why nobody is paged for a person, and the alerts that are held for it.

A system-wide fall in arrivals is such a reason for what says that a person is silent (REL-34).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.incidents.repository import spoken_for
from alerts.inhibition import absent
from alerts.lifecycle import LIVE
from alerts.policy import thaw
from alerts.reasons import Reason
from alerts.tables import Alert
from ingest.repository import everybody, stays_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


def absence(session: Session, alert: Alert, *, now: datetime) -> Reason | None:
    """Return why nobody is paged for an alert's person at this moment (AL-10)."""
    return absences(session, [alert], now=now)[alert.id]


def absences(
    session: Session, alerts: Sequence[Alert], *, now: datetime
) -> dict[UUID, Reason | None]:
    """Return by alert why nobody is paged for its person, with two queries for all of them."""
    records = everybody(session, {alert.patient_id for alert in alerts})
    found = stays_of(session, {each for person in records.values() for each in person})
    whys = {
        alert.id: absent(
            [stay for each in records[alert.patient_id] for stay in found.get(each, ())],
            now=now,
            longest=thaw(alert.policy).absence,
        )
        for alert in alerts
    }
    spoken = dict.fromkeys(spoken_for(session, alerts), Reason.ARRIVALS_FELL)
    return {id_: why or spoken.get(id_) for id_, why in whys.items()}


def back(session: Session, *, now: datetime) -> list[UUID]:
    """Return the live alerts that are held no longer, in the order they are locked in."""
    query = select(Alert).where(Alert.held.is_not(None), Alert.state.in_(LIVE))
    held = session.scalars(query.order_by(Alert.id)).all()
    whys = absences(session, held, now=now) if held else {}
    return [id_ for id_, why in whys.items() if why is None]
