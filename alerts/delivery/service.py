"""Hand messages over until they are taken, by another way where one fails (REL-12, REL-40)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts import escalation, pacing, routing
from alerts.circuits.service import HELD_BACK, through
from alerts.contacts import repository as contacts
from alerts.contacts import service as addressing
from alerts.delivery import repository as deliveries
from alerts.delivery.repository import DeliveryState
from alerts.detours import service as detours
from alerts.detours.service import Addresses, Case
from alerts.gathering.service import take_along
from alerts.notify.email import Notice
from alerts.notify.outlets import Letter
from alerts.policy import Channel, thaw
from alerts.reasons import Reason
from alerts.rosters.service import gone_of
from core import outbox
from core.vitals import Severity
from ingest import repository as people

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.notify.failure import DeliveryError
    from alerts.notify.outlets import Outlets

__all__ = ["Addresses", "deliver"]


def deliver(
    session: Session,
    delivery_id: UUID,
    *,
    now: datetime,
    outlets: Outlets,
    addresses: Addresses,
) -> None:
    """Hand one message over, in the transaction that closes its outbox row.

    The alert is locked meanwhile, so that nobody is told after an acknowledgement was
    answered (REL-16). A failure is a row with its next try, never an exception.
    """
    case = detours.held(session, delivery_id, outlets, addresses)
    if case is None or case.delivery.state != DeliveryState.WAITING:
        return
    lack = outlets.lack(case.channel)
    if case.step.fence != case.alert.fence:
        detours.end(session, case, DeliveryState.CANCELLED, Reason.STALE_STEP, now=now)
    elif lack is not None:
        detours.end(session, case, DeliveryState.FAILED, lack, now=now)
        detours.next_way(session, case, now=now)
    else:
        point, why = _address(session, case, now=now)
        if point is None:
            detours.reroute(session, case, why or Reason.NO_CHANNEL, now=now)
        else:
            _send(session, case, point, now=now)


def _address(
    session: Session, case: Case, *, now: datetime
) -> tuple[contacts.Point | None, Reason | None]:
    """Return where a recipient is reached as of now, or why not: who left is replaced (AL-13)."""
    key = case.delivery.recipient
    point = contacts.point(session, key, case.channel)
    if key.startswith("team:"):
        return point, Reason.NO_CHANNEL
    members = people.taking_part(session, case.alert.patient_id)
    to = routing.address(
        key,
        members,
        fallback=case.addresses.fallback_email,
        gone=gone_of(session, case.alert, members, at=now),
    )
    if to.why in (Reason.NO_RESPONSIBLE, *routing.GONE):
        return None, to.why
    if point is None and case.channel is Channel.EMAIL and to.key == key and to.email:
        point = contacts.Point(case.delivery.id, Channel.EMAIL, to.email, created_at=now)
    return point, to.why or Reason.NO_CHANNEL


def _send(session: Session, case: Case, point: contacts.Point, *, now: datetime) -> None:
    delivery, breaker = case.delivery, thaw(case.alert.policy).pacing.breaker
    error = through(
        session,
        case.outlets.provider(point),
        breaker,
        lambda: case.outlets.send(point, _letter(case), now=now),
        now=now,
    )
    if error is not None and error.code == HELD_BACK and delivery.attempts == 0:
        # Whoever has another way need not wait for this one at all.
        detours.other_way(session, case, delivery.recipient, now=now)
    if error is not None:
        _failed(session, case, error, now=now)
        return
    deliveries.add_attempt(session, delivery, now=now, code="", again=None)
    delivery.state, delivery.handed_over_at = DeliveryState.HANDED_OVER, now
    take_along(session, case.alert, delivery, now=now)


def _letter(case: Case) -> Letter:
    delivery = case.delivery
    return Letter(
        Notice(
            delivery_id=delivery.id,
            public_id=delivery.public_id,
            severity=Severity(delivery.severity),
            at=delivery.created_at,
            link=f"{case.addresses.base_url.rstrip('/')}/n/{delivery.public_id}",
        )
    )


def _failed(session: Session, case: Case, error: DeliveryError, *, now: datetime) -> None:
    """Plan the next try; where it comes too late for the alert, the alert goes on (REL-12)."""
    delivery, policy = case.delivery, thaw(case.alert.policy).pacing
    waits = () if error.gone else policy.of(delivery.channel)
    again = escalation.next_try(delivery.id, delivery.attempts + 1, waits, now=now)
    if again is not None and error.wait is not None:
        again = max(again, now + error.wait)
    deliveries.add_attempt(session, delivery, now=now, code=error.code, again=again)
    if again is not None:
        outbox.offer(
            session,
            outbox.Topic.DELIVER,
            delivery.id,
            now=now,
            priority=deliveries.priority(delivery.severity),
            not_before=again,
        )
    elif error.gone:
        addressing.end(session, delivery.recipient, case.channel, error.code, now=now, used_at=now)
        detours.end(session, case, DeliveryState.FAILED, Reason.ADDRESS_ENDED, now=now)
    else:
        detours.end(session, case, DeliveryState.FAILED, Reason.DELIVERY_FAILED, now=now)
    since = deliveries.began(session, case.alert, case.step, delivery)
    if delivery.moved_on_at is None and pacing.moves_on(policy, since=since, again=again):
        detours.move_on(session, case, gone=error.gone, now=now)
