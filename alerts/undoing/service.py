"""Undo: the same person takes their last act back, within seconds, before anything was sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import exists, select

from alerts import repository
from alerts.acts.repository import restored, take_up
from alerts.delivery import repository as deliveries
from alerts.lifecycle import State
from alerts.reasons import Reason
from alerts.spent.service import withdraw
from alerts.steps import repository as steps
from alerts.tables import AlertEvent, Delivery
from alerts.visit import BOOKED
from alerts.visits.service import reopen, take_back
from alerts.wording import repository as wording
from core.errors import ConflictError
from monitoring import repository as judgements
from monitoring.findings import Problem

if TYPE_CHECKING:
    from collections.abc import Collection
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
    alert = hands.alert
    act = repository.last_change(session, alert, noted_by=hands.who)
    if act is None or not _takes_back(act) or act.actor_id != hands.who:
        raise ConflictError("the last change of this alert is not one that you can take back")
    if now - act.at > hands.policy.undo:
        seconds = int(hands.policy.undo.total_seconds())
        raise ConflictError(
            "an act can be taken back for {seconds} seconds only", facts={"seconds": seconds}
        )
    if act.kept is None:
        if act.kind == BOOKED:
            take_back(hands, at=act.at)
        hands.note("undone", Reason.UNDONE, act=act.kind, of=act.at.isoformat())
        hands.audit()
        return
    if _sent(session, alert.id, act):
        raise ConflictError("a message has gone out already; act on the alert instead")
    ended = alert.closed_at
    if ended and repository.live(session, alert.patient_id, Problem(alert.problem)):
        raise ConflictError("the same problem has been opened anew meanwhile")
    steps.cancel_steps(session, alert)
    for name, value in restored(act.kept).items():
        setattr(alert, name, value)
    wording.write(session, alert, wording.before(session, act))
    alert.version += 1
    claimed = State(alert.state) is State.CLAIMED
    steps.revive(session, alert, act.kept["fence"], lapses=claimed)
    told = steps.carry(session, alert, act.kept["fence"])
    deliveries.send_again(session, alert, told, now=now)
    if ended:
        judgements.refreeze(session, alert.patient_id, Problem(alert.problem), ended)
    withdraw(session, caller, alert.id, at=act.at, now=now)
    reopen(hands, at=act.at)
    hands.note("undone", Reason.UNDONE, act=act.kind, of=act.at.isoformat())
    hands.audit()


@dataclass(frozen=True, slots=True)
class Undone:
    """How many of several alerts are as they were, and how many had to stay as they are."""

    back: int
    left: int


def undo_together(
    session: Session, caller: Caller, alerts: Collection[UUID], *, now: datetime
) -> Undone:
    """Bring back those alerts that the caller took together and can still take back.

    What was done to one of them since, by anybody, stays: only the taking is undone.

    Raises
    ------
    NotFoundError
        Where the caller may not see one of them (SEC-12): then none is undone.
    """
    back = 0
    for alert_id in sorted(alerts):
        hands = take_up(session, caller, alert_id, now=now)
        act = repository.last_change(session, hands.alert, noted_by=hands.who)
        if act is None or act.kind != "acknowledged":
            continue
        try:
            undo(session, caller, alert_id, now=now)
        except ConflictError:  # it refuses before it changes anything
            continue
        back += 1
    return Undone(back, len(alerts) - back)


def _takes_back(act: AlertEvent) -> bool:
    """Return whether an act leaves something to take back; a note or a booking stands beside it."""
    return act.kept is not None or act.kind in repository.BESIDE


def _sent(session: Session, alert_id: UUID, act: AlertEvent) -> bool:
    """Return whether anybody was told anything since the act."""
    told = exists().where(Delivery.alert_id == alert_id, Delivery.created_at > act.at)
    return bool(session.scalar(select(told)))
