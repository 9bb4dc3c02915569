"""Tell whom a step reaches, and hand messages over until they are taken (REL-12, REL-40)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts import escalation, repository, routing
from alerts.delivery import repository as deliveries
from alerts.delivery.repository import DeliveryState
from alerts.notify.email import Notice
from alerts.notify.failure import DeliveryError
from alerts.policy import Channel, To, thaw
from alerts.reasons import Reason
from alerts.steps import repository as steps
from alerts.tables import Delivery, Step
from core import outbox
from core.security import SYSTEM
from core.vitals import Severity
from ingest import repository as people
from ingest.roster import Team
from ingest.synthetic.repository import is_synthetic

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.notify.email import Mailer
    from alerts.tables import Alert


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where this installation is found, and where the fallback team reads its mail."""

    base_url: str
    fallback_email: str = ""


def tell(session: Session, alert: Alert, step: Step, *, now: datetime) -> None:
    """Resolve whom a due step reaches, and write the delivery with its reason.

    The caller holds the alert's row lock.
    """
    recipient = routing.route(
        To(step.to_kind), Channel(step.channel), Severity(alert.severity), _roster(session, alert)
    )
    if is_synthetic(session, alert.patient_id):
        # Routed like any other, and then told to nobody: the test channel ends in a row.
        step.channel, recipient = deliveries.TEST_CHANNEL, routing.Recipient(routing.WATCHER)
    step.recipient = recipient.key
    if not deliveries.add(session, alert, step, recipient=recipient.key, now=now):
        return
    facts = {"to": recipient.key, "channel": step.channel, "step": step.position}
    if step.late_seconds:
        facts["late_seconds"] = round(step.late_seconds, 1)
    repository.note(session, alert, "notified", step.reason, now=now, after=facts)
    if recipient.why:
        repository.note(session, alert, "rerouted", recipient.why, now=now, after=facts)


def _roster(session: Session, alert: Alert) -> routing.Roster:
    responsible = people.responsible(session, alert.patient_id)
    if responsible:
        team: Team | None = Team(responsible[0].team_id, responsible[0].team_name)
    else:
        team = _team(session, alert.patient_id)
    return routing.Roster(responsible, team, alert.owner_id, alert.owner_team_id)


def _team(session: Session, patient_id: UUID) -> Team | None:
    for profile in people.profiles(session, people.visible_to(SYSTEM), [patient_id]):
        if profile.team_id is not None:
            return Team(profile.team_id, profile.team_name)
    return None


def deliver(
    session: Session,
    delivery_id: UUID,
    *,
    now: datetime,
    mailer: Mailer | None,
    addresses: Addresses,
) -> None:
    """Hand one e-mail over, in the transaction that closes its outbox row.

    The alert is locked meanwhile, so that nobody is told after an acknowledgement was
    answered (REL-16). A failure is a row with its next try, never an exception.
    """
    found = session.get(Delivery, delivery_id)
    alert = repository.locked(session, found.alert_id) if found else None
    delivery = session.get(Delivery, delivery_id, populate_existing=True, with_for_update=True)
    if alert is None or delivery is None or delivery.state != DeliveryState.WAITING:
        return
    step = session.get_one(Step, delivery.step_id)
    if step.fence != alert.fence:
        _end(session, alert, delivery, DeliveryState.CANCELLED, Reason.STALE_STEP, now=now)
    elif mailer is None:
        _end(session, alert, delivery, DeliveryState.FAILED, Reason.NO_MAIL, now=now)
        deliveries.show(session, alert, step, recipient=delivery.recipient, now=now)
    else:
        responsible = people.taking_part(session, alert.patient_id)
        to = routing.address(delivery.recipient, responsible, fallback=addresses.fallback_email)
        if to.why:
            _reroute(session, alert, delivery, to, now=now)
        else:
            _send(session, alert, delivery, _Post(mailer, to.email, addresses.base_url), now=now)


@dataclass(frozen=True, slots=True)
class _Post:
    mailer: Mailer
    to: str
    base_url: str


def _end(  # noqa: PLR0913 (how a delivery ended has this many facts)
    session: Session,
    alert: Alert,
    delivery: Delivery,
    state: DeliveryState,
    reason: Reason,
    *,
    now: datetime,
) -> None:
    delivery.state = state
    delivery.next_try_at = None
    facts = {"to": delivery.recipient, "channel": delivery.channel}
    repository.note(session, alert, f"delivery-{state}", reason, now=now, after=facts)


def _reroute(
    session: Session, alert: Alert, delivery: Delivery, to: routing.Recipient, *, now: datetime
) -> None:
    """Replace a recipient who cannot be reached; a fallback without address gets the inbox."""
    step = session.get_one(Step, delivery.step_id)
    reason = to.why or Reason.NO_CHANNEL
    _end(session, alert, delivery, DeliveryState.REROUTED, reason, now=now)
    if delivery.recipient != to.key and to.email:
        deliveries.add(session, alert, step, recipient=to.key, now=now)
    else:
        deliveries.show(session, alert, step, recipient=to.key, now=now)


def _send(
    session: Session, alert: Alert, delivery: Delivery, post: _Post, *, now: datetime
) -> None:
    notice = Notice(
        delivery_id=delivery.id,
        public_id=delivery.public_id,
        severity=Severity(delivery.severity),
        at=delivery.created_at,
        link=f"{post.base_url.rstrip('/')}/n/{delivery.public_id}",
    )
    try:
        post.mailer.send(post.to, notice)
    except DeliveryError as error:
        _failed(session, alert, delivery, error.code, now=now)
        return
    deliveries.add_attempt(session, delivery, now=now, code="", again=None)
    delivery.state = DeliveryState.HANDED_OVER
    delivery.handed_over_at = now


def _failed(
    session: Session, alert: Alert, delivery: Delivery, code: str, *, now: datetime
) -> None:
    """Plan the next try; after the last one the alert goes to its next step at once (REL-12)."""
    waits = thaw(alert.policy).waits
    again = escalation.next_try(delivery.id, delivery.attempts + 1, waits, now=now)
    deliveries.add_attempt(session, delivery, now=now, code=code, again=again)
    if again is not None:
        outbox.offer(
            session,
            outbox.Topic.DELIVER,
            delivery.id,
            now=now,
            priority=deliveries.priority(delivery.severity),
            not_before=again,
        )
        return
    _end(session, alert, delivery, DeliveryState.FAILED, Reason.DELIVERY_FAILED, now=now)
    steps.hasten(session, alert, reason=Reason.DELIVERY_FAILED, now=now)
    step = session.get_one(Step, delivery.step_id)
    deliveries.show(session, alert, step, recipient=delivery.recipient, now=now)
