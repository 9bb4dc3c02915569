"""The auditor looks at alerts: a broken promise is found, and repaired if it can be (AL-14)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts import escalation, repository
from alerts.auditing import repository as rows
from alerts.delivery import repository as deliveries
from alerts.lifecycle import State
from alerts.reasons import Reason
from alerts.steps import repository as steps
from alerts.steps.service import hold, start_chain, tier_of
from core import outbox

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.tables import Alert

TRIED_WITHIN = timedelta(minutes=5)  # AL-14: each due step was tried within five minutes


@dataclass(frozen=True, slots=True)
class Breach:
    """A promise that is broken: its name, in how many places, and how many were repaired."""

    invariant: str
    what: str
    count: int
    repaired: int = 0


def audit(session: Session, *, now: datetime) -> list[Breach]:
    """Return what is broken, having repaired what can be; an empty list is a clean verdict."""
    late = now - TRIED_WITHIN
    stranded, unsent = rows.stranded(session), rows.unsent(session, before=late)
    found = [
        Breach(
            "I5",
            "alerts had nobody's next step",
            len(stranded),
            sum(_again(session, alert_id, now=now) for alert_id in stranded),
        ),
        Breach("I5-owner", "acknowledged alerts have no owner", rows.unaddressed(session)),
        Breach("AL-14", "steps are overdue", rows.untried(session, before=late)),
        Breach(
            "I4",
            "messages waited and nobody sent them",
            len(unsent),
            sum(_send(session, *each, now=now) for each in unsent),
        ),
        Breach("I4-told", "steps told nobody", rows.untold(session, before=late)),
    ]
    return [each for each in found if each.count]


def _again(session: Session, alert_id: UUID, *, now: datetime) -> bool:
    """Give an alert that nothing is due for what its state asks for; leave it if it is held."""
    alert = repository.locked(session, alert_id, wait=False)
    if alert is None or not rows.stranded(session, alert_id):
        return False
    _plan(session, alert, now=now)
    facts = repository.facts(alert)
    repository.note(session, alert, "repaired", Reason.REPAIRED, now=now, after=facts)
    return True


def _plan(session: Session, alert: Alert, *, now: datetime) -> None:
    if alert.state == State.ACKNOWLEDGED:
        hold(session, alert, now=now)
    elif alert.state == State.SNOOZED:
        steps.plan(session, alert, [escalation.waking(at=alert.snoozed_until or now)])
    else:
        # What was late, or is held for an absence, pages nobody because it is mended (REL-20).
        start_chain(session, alert, tier_of(alert), reason=Reason.REPAIRED, now=now)


def _send(session: Session, delivery_id: UUID, severity: str, *, now: datetime) -> bool:
    priority = deliveries.priority(severity)
    outbox.offer(session, outbox.Topic.DELIVER, delivery_id, now=now, priority=priority)
    return True
