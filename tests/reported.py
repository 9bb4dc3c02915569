"""What happened on a ward in its week: alerts taken, people reached, some put off, one away."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import select

from alerts.acts.service import Contact, acknowledge, note_contact, resolve
from alerts.outcomes import resolution
from alerts.spent.service import Spent, spend
from alerts.tables import Alert
from core.security import Caller, Role
from ingest.context.tables import PatientAbsence

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.database import Database
    from tests.ward import Ward


def doctor(ward: Ward) -> Caller:
    return Caller("user", ward.user_id, Role.PHYSICIAN, ward.practitioner_id)


def alerts_of(session: Session, ward: Ward, name: str) -> list[UUID]:
    query = select(Alert.id).where(Alert.patient_id == ward.patients[name])
    return list(session.scalars(query.order_by(Alert.opened_at, Alert.id)))


def happen(database: Database, ward: Ward) -> None:
    """Malsun is called and concluded, Insuk's was a false measurement, Dahye is in hospital."""
    caller, now = doctor(ward), ward.now
    with database.transaction() as session:
        for alert in alerts_of(session, ward, "Oh Malsun"):
            acknowledge(session, caller, alert, now=now + timedelta(minutes=5))
            note_contact(
                session, caller, alert, Contact.CALL, reached=True, now=now + timedelta(minutes=9)
            )
            done = resolution("true-actionable", "call", "")
            resolve(session, caller, alert, done, now=now + timedelta(minutes=30))
        patient = ward.patients["Oh Malsun"]
        spend(session, caller, patient, Spent(12, "call", live=True), now=now)
        for alert in alerts_of(session, ward, "Seo Insuk"):
            done = resolution("false-measurement", "technique", "")
            resolve(session, caller, alert, done, now=now + timedelta(hours=1))
        session.add(
            PatientAbsence(
                id=uuid4(),
                patient_id=ward.patients["Jung Dahye"],
                why="admitted",
                since=now - timedelta(days=1),
                until=now + timedelta(days=9),
            )
        )
