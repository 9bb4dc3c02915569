"""Tell patient and carers what came of an alert, in sentences that were reviewed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.addressing.service import TO_READ, send
from alerts.patients import repository, wording
from alerts.patients.repository import Letter
from alerts.patients.wording import Kind, Why
from alerts.policy import thaw
from core.errors import InvalidError, NotFoundError
from ingest.contacts.repository import addressee
from monitoring.windows import zone_of

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.patients.wording import Review
    from core.security import Caller


def after_review(
    session: Session, caller: Caller, alert_id: UUID, told: Review, *, now: datetime
) -> None:
    """Tell patient and carers what was noticed, what was done, and what to do now.

    Sent once the act can no longer be undone. Whoever calls this has the alert in hand.

    Raises
    ------
    InvalidError
        For a sentence that is none of those reviewed.
    """
    if told.done not in wording.DONE or told.next not in wording.NEXT:
        raise InvalidError("choose what was done and what to do now", field="done")
    alert = repository.alert_of(session, alert_id)
    to = addressee(session, alert.patient_id) if alert else None
    if alert is None or to is None:
        raise NotFoundError("no such alert")
    says = repository.said_of(session, alert_id)
    today = now.astimezone(zone_of(to.zone)).date()
    letter = Letter(
        to=to,
        kind=Kind.REVIEW,
        key=f"review:{alert_id}:{alert.version}",
        why=Why.REVIEWED,
        until=now + TO_READ,
        alert_id=alert_id,
        says=wording.review(says, told, today=today),
        sent_by=caller.practitioner_id or caller.id,
        not_before=now + thaw(alert.policy).undo,
    )
    send(session, letter, now=now)
