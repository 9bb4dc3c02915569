"""Undo: the same person takes their last act back, within seconds, before anything was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, select

from alerts import repository
from alerts.acts.repository import restored, take_up
from alerts.lifecycle import State
from alerts.reasons import Reason
from alerts.steps import repository as steps
from alerts.tables import AlertEvent, Delivery
from core.errors import ConflictError
from monitoring import repository as judgements
from monitoring.findings import Problem

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.security import Caller


def undo(session: Session, caller: Caller, alert_id: UUID, *, now: datetime) -> None:
    """Bring an alert back to where it stood before the caller's last act; both stay written.

    Raises
    ------
    NotFoundError
        Where the caller may not see the patient.
    ConflictError
        Where the last change is not the caller's own, is older than the policy allows, has been
        sent to somebody already, or where the same problem has been opened anew meanwhile.
    """
    hands = take_up(session, caller, alert_id, now=now)
    alert, act = hands.alert, repository.last_change(session, hands.alert)
    if act is None or act.kept is None or act.actor_id != hands.who:
        raise ConflictError("the last change of this alert is not one that you can take back")
    if now - act.at > hands.policy.undo:
        seconds = hands.policy.undo.total_seconds()
        raise ConflictError(f"an act can be taken back for {seconds:.0f} seconds only")
    if _sent(session, alert.id, act):
        raise ConflictError("a message has gone out already; act on the alert instead")
    ended = alert.closed_at
    if ended and repository.live(session, alert.patient_id, Problem(alert.problem)):
        raise ConflictError("the same problem has been opened anew meanwhile")
    steps.cancel_steps(session, alert)
    for name, value in restored(act.kept).items():
        setattr(alert, name, value)
    alert.version += 1
    claimed = State(alert.state) is State.CLAIMED
    steps.revive(session, alert, act.kept["fence"], lapses=claimed)
    if ended:
        judgements.refreeze(session, alert.patient_id, Problem(alert.problem), ended)
    hands.note("undone", Reason.UNDONE, act=act.kind, of=act.at.isoformat())
    hands.audit()


def _sent(session: Session, alert_id: UUID, act: AlertEvent) -> bool:
    """Return whether anybody was told anything since the act."""
    told = exists().where(Delivery.alert_id == alert_id, Delivery.created_at > act.at)
    return bool(session.scalar(select(told)))
