"""What must be true after every fault, read from the database of the running system.

I3 against a second system that never failed is `tests.faults.twin`; I6 has no chain to verify yet.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from alerts.auditing import repository as auditing
from alerts.tables import Alert, Delivery, Step
from core.database import now_of
from core.outbox import Outbox, State, Topic
from ingest.numbers.repository import called
from ingest.tables import StoredReading
from monitoring.tables import LastJudged

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from email.message import Message
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.database import Database

OVERDUE = timedelta(seconds=5)  # REL-15: so long a due step may wait for the timers' next look


def breaches(database: Database, *, mrns: set[str], letters: Sequence[Message] = ()) -> list[str]:
    """Return what is broken: readings doubled or not judged, alerts doubled or missing, work left.

    The people are those of one test; what is asked of everybody's rows is asked of all tests'.
    """
    with database.transaction() as session:
        people = {mrn: called(session, None, mrn) for mrn in mrns}
        now = now_of(session)
        return [
            *_readings_once(session),
            *_judged(session, {who for each in people.values() for who in each}),
            *_one_red_alert_each(session, people),
            *_told_once(session, letters, now=now),
            *_next_step(session, now=now),
            *_nothing_left(session),
        ]


def _readings_once(session: Session) -> list[str]:
    same = (StoredReading.patient_id, StoredReading.vital, StoredReading.effective)
    lives = StoredReading.superseded.is_(False)
    query = select(*same).where(lives).group_by(*same).having(func.count() > 1)
    doubled = session.execute(query).all()
    return [f"I1: {len(doubled)} readings stored twice"] if doubled else []


def _judged(session: Session, people: set[UUID]) -> list[str]:
    """Return who has a reading that no judgement has read."""
    query = (
        select(StoredReading.patient_id)
        .distinct()
        .outerjoin(LastJudged, LastJudged.patient_id == StoredReading.patient_id)
        .where(
            StoredReading.patient_id.in_(people),
            LastJudged.at.is_(None) | (LastJudged.at < StoredReading.received_at),
        )
    )
    left = session.scalars(query).all()
    return [f"I2: {len(left)} people have readings that nobody judged"] if left else []


def _one_red_alert_each(session: Session, people: dict[str, set[UUID]]) -> list[str]:
    red = select(func.count(Alert.id)).where(Alert.severity == "RED")
    numbers = {
        mrn: session.scalar(red.where(Alert.patient_id.in_(patients)))
        for mrn, patients in people.items()
        if patients
    }
    counted = {mrn: count for mrn, count in numbers.items() if count != 1}
    return [f"I2/I3: RED alerts per person are not one each: {counted}"] if counted else []


def _told_once(session: Session, letters: Sequence[Message], *, now: datetime) -> list[str]:
    key = (Delivery.alert_id, Delivery.step_id, Delivery.recipient, Delivery.channel)
    doubled = session.execute(select(*key).group_by(*key).having(func.count() > 1)).all()
    untold = auditing.untold(session, before=now - OVERDUE)
    handed = session.scalars(
        select(Delivery.id).where(
            Delivery.channel == "email", Delivery.handed_over_at < now - OVERDUE
        )
    )
    arrived = Counter(str(each["Message-ID"]).strip("<>").partition("@")[0] for each in letters)
    lost = [each for each in handed if letters and not arrived[str(each)]]
    return [
        *([f"I4: {len(doubled)} deliveries doubled"] if doubled else []),
        *([f"I4: {untold} steps told nobody"] if untold else []),
        *([f"I4: {len(lost)} letters were handed over and never came"] if lost else []),
    ]


def _next_step(session: Session, *, now: datetime) -> list[str]:
    silent = session.scalars(
        select(Alert.id).where(
            Alert.severity == "RED", ~select(Step.id).where(Step.alert_id == Alert.id).exists()
        )
    ).all()
    stranded = auditing.stranded(session)
    overdue = auditing.untried(session, before=now - OVERDUE)
    return [
        *([f"I5: {len(silent)} alerts without a step"] if silent else []),
        *([f"I5: {len(stranded)} alerts without a next step"] if stranded else []),
        *([f"I5: {overdue} steps are overdue"] if overdue else []),
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


def repeated(letters: Sequence[Message]) -> int:
    """Return how many letters came again under another id: a second effect of one delivery."""
    ids = Counter((str(each["To"]), each.get_payload()) for each in letters)
    by_id = Counter(str(each["Message-ID"]) for each in letters)
    return sum(ids.values()) - len(ids) - (sum(by_id.values()) - len(by_id))
