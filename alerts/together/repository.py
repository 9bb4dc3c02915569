"""Reads which alerts somebody took by their last act together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.lifecycle import State
from alerts.policy import thaw
from alerts.tables import Alert
from core.vitals import Severity
from ingest import repository as people

MOST = 50

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from core.security import Caller


def taken_last(session: Session, caller: Caller, *, now: datetime) -> Sequence[Alert]:
    """Return the YELLOW alerts that the caller took at one instant and may still give back."""
    who = caller.practitioner_id or caller.id
    mine = select(Alert).where(
        Alert.patient_id.in_(people.visible_to(caller)),
        Alert.state == State.ACKNOWLEDGED,
        Alert.severity == Severity.YELLOW,
        Alert.owner_id == who,
    )
    newest = mine.order_by(Alert.acknowledged_at.desc(), Alert.id).limit(MOST)
    held = session.scalars(newest).all()
    return [
        each
        for each in held
        if each.acknowledged_at == held[0].acknowledged_at and seconds_left(each, now=now) > 0
    ]


def seconds_left(alert: Alert, *, now: datetime) -> int:
    """Return for how many whole seconds the taking of an alert can still be undone."""
    if alert.acknowledged_at is None:
        return 0
    left = thaw(alert.policy).undo - (now - alert.acknowledged_at)
    return max(0, int(left.total_seconds()))
