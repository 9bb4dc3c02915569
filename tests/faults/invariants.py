"""What must be true after every fault, read from the database of the running system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from alerts.tables import Alert, Delivery, Step
from core.outbox import Outbox, State, Topic
from ingest.numbers.repository import called
from ingest.tables import StoredReading

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.database import Database


def breaches(database: Database, *, mrns: set[str]) -> list[str]:
    """Return what is broken: readings doubled or lost, alerts doubled or missing, work left."""
    with database.transaction() as session:
        return [
            *_readings_once(session),
            *_one_red_alert_each(session, mrns),
            *_told_once(session),
            *_nothing_left(session),
        ]


def _readings_once(session: Session) -> list[str]:
    same = (StoredReading.patient_id, StoredReading.vital, StoredReading.effective)
    doubled = session.execute(select(*same).group_by(*same).having(func.count() > 1)).all()
    return [f"I1: {len(doubled)} readings stored twice"] if doubled else []


def _one_red_alert_each(session: Session, mrns: set[str]) -> list[str]:
    known = {mrn: called(session, None, mrn) for mrn in mrns}
    red = select(func.count(Alert.id)).where(Alert.severity == "RED")
    numbers = {
        mrn: session.scalar(red.where(Alert.patient_id.in_(patients)))
        for mrn, patients in known.items()
        if patients
    }
    counted = {mrn: count for mrn, count in numbers.items() if count != 1}
    return [f"I2/I3: RED alerts per person are not one each: {counted}"] if counted else []


def _told_once(session: Session) -> list[str]:
    key = (Delivery.alert_id, Delivery.step_id, Delivery.recipient, Delivery.channel)
    doubled = session.execute(select(*key).group_by(*key).having(func.count() > 1)).all()
    silent = session.scalars(
        select(Alert.id).where(
            Alert.severity == "RED", ~select(Step.id).where(Step.alert_id == Alert.id).exists()
        )
    ).all()
    return [
        *([f"I4: {len(doubled)} deliveries doubled"] if doubled else []),
        *([f"I5: {len(silent)} alerts without a step"] if silent else []),
    ]


def _nothing_left(session: Session) -> list[str]:
    left = session.execute(
        select(Outbox.topic, Outbox.state, func.count())
        # What waits for a repeat of a value (AL-20) is due later, and is no work left.
        .where(
            Outbox.state != State.DONE,
            Outbox.topic != Topic.PROBE,
            Outbox.next_try_at <= func.now(),
        )
        .group_by(Outbox.topic, Outbox.state)
    ).all()
    return [f"I7: outbox rows left: {[tuple(row) for row in left]}"] if left else []
