"""Take another way where a message does not get through, and say so (REL-12, REL-40)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts import reaching, repository, routing
from alerts.delivery import repository as deliveries
from alerts.delivery.repository import DeliveryState, Target
from alerts.policy import Channel
from alerts.reasons import Reason
from alerts.steps import repository as steps
from alerts.tables import Delivery, Step
from alerts.telling.service import BY_MAIL, ways_to

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.notify.outlets import Outlets
    from alerts.tables import Alert

LANES = (routing.FALLBACK, routing.SUPPORT)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where this installation is found, and where the fallback team reads its mail."""

    base_url: str
    fallback_email: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One delivery with what it belongs to, all of it locked, and the ways out."""

    alert: Alert
    delivery: Delivery
    step: Step
    outlets: Outlets
    addresses: Addresses

    @property
    def channel(self) -> Channel:
        """Return by what it is sent."""
        return Channel(self.delivery.channel)


def held(
    session: Session, delivery_id: UUID, outlets: Outlets, addresses: Addresses
) -> Case | None:
    """Return a delivery with what it belongs to, the alert locked first and then it."""
    found = session.get(Delivery, delivery_id)
    alert = repository.locked(session, found.alert_id) if found else None
    delivery = session.get(Delivery, delivery_id, populate_existing=True, with_for_update=True)
    if alert is None or delivery is None:
        return None
    return Case(alert, delivery, session.get_one(Step, delivery.step_id), outlets, addresses)


def end(
    session: Session, case: Case, state: DeliveryState, reason: Reason, *, now: datetime
) -> None:
    """Write down how a delivery ended, and why."""
    delivery = case.delivery
    delivery.state, delivery.next_try_at = state, None
    facts = {"to": delivery.recipient, "channel": delivery.channel}
    repository.note(session, case.alert, f"delivery-{state}", reason, now=now, after=facts)


def reroute(session: Session, case: Case, reason: Reason, *, now: datetime) -> None:
    """Replace an address that is not there: by the recipient's next way, then by the fallback."""
    end(session, case, DeliveryState.REROUTED, reason, now=now)
    left = reason in (Reason.NO_RESPONSIBLE, *routing.GONE)
    key = case.delivery.recipient
    if not left and other_way(session, case, key, now=now):
        return
    if key in LANES or not other_way(session, case, routing.FALLBACK, now=now):
        to = key if key in LANES else routing.FALLBACK
        deliveries.show(session, case.alert, case.step, recipient=to, now=now)


def next_way(session: Session, case: Case, *, now: datetime) -> bool:
    """Tell the same recipient by the next channel they have, or in the inbox; say which."""
    key = case.delivery.recipient
    found = other_way(session, case, key, now=now)
    if not found:
        deliveries.show(session, case.alert, case.step, recipient=key, now=now)
    return found


def other_way(session: Session, case: Case, key: str, *, now: datetime) -> bool:
    """Tell somebody of the step by the first channel that was not tried for it."""
    ways = [
        way
        for way in ways_to(session, case.alert, key)
        if case.outlets.lack(way.channel) is None and not _nowhere(case, key, way)
    ]
    tried = deliveries.used(session, case.step, key)
    for told in reaching.next_way(ways, tried=tried):
        deliveries.add(session, case.alert, case.step, Target(key, told.channel), now=now)
        facts = {"to": key, "channel": told.channel}
        repository.note(session, case.alert, "rerouted", Reason.NEXT_WAY, now=now, after=facts)
        return True
    return False


def _nowhere(case: Case, key: str, way: reaching.Way) -> bool:
    """Return whether a lane's mail has no address: what a lane has of its own, it has."""
    mail = key in LANES and way is BY_MAIL
    return mail and not case.addresses.fallback_email


def move_on(session: Session, case: Case, *, gone: bool, now: datetime) -> None:
    """Let the alert go on without this message: another way, the inbox, and its next step.

    Where an address was gone at once and another way is there, no time was lost. Past the end
    of the chain there is no next step: its repeat keeps its time.
    """
    case.delivery.moved_on_at = now
    found = next_way(session, case, now=now)
    if not (found and gone):
        steps.hasten(session, case.alert, reason=Reason.DELIVERY_FAILED, now=now)
