"""Resolve whom a due step reaches, by which channels, and write it down (REL-40, AL-18)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts import reaching, repository, routing
from alerts.contacts import repository as contacts
from alerts.delivery import repository as deliveries
from alerts.delivery.repository import Target
from alerts.digests.service import over_budget, put_by
from alerts.policy import Channel, To
from alerts.reaching import Told, Way
from alerts.reasons import Reason
from alerts.rosters.service import roster_of
from core.vitals import Severity
from ingest import repository as people
from ingest.synthetic.repository import is_synthetic

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.tables import Alert, Step

BY_MAIL = Way(Channel.EMAIL)


def tell(session: Session, alert: Alert, step: Step, *, now: datetime) -> None:
    """Resolve whom a due step reaches, and write its deliveries with their reasons.

    The caller holds the alert's row lock.
    """
    severity, named = Severity(alert.severity), Channel(step.channel)
    roster = roster_of(session, alert, at=now)
    recipient = routing.route(To(step.to_kind), named, severity, roster)
    if is_synthetic(session, alert.patient_id):
        # Routed like any other, and then told to nobody: the test channel ends in a row.
        step.channel, recipient = deliveries.TEST_CHANNEL, routing.Recipient(routing.WATCHER)
    over = over_budget(session, alert, step, (recipient, roster), now=now)
    if over is Reason.BUDGET_DIGEST:
        step.recipient = recipient.key
        put_by(session, alert, step, recipient=recipient.key, now=now)
        return
    if over is not None:
        step.channel, recipient = Channel.INBOX, routing.for_team(roster, why=over)
    step.recipient = recipient.key
    facts: dict[str, object] = {"to": recipient.key, "step": step.position}
    if step.late_seconds:
        facts["late_seconds"] = round(step.late_seconds, 1)
    told = _ways(session, alert, step)
    written = [way for way in told if _write(session, alert, step, way, facts, now=now)]
    if not written:
        deliveries.show(session, alert, step, recipient=recipient.key, now=now)
    if recipient.why and (written or over):
        after = {**facts, "channel": step.channel if over else written[0].channel}
        repository.note(session, alert, "rerouted", recipient.why, now=now, after=after)


def _ways(session: Session, alert: Alert, step: Step) -> tuple[Told, ...]:
    """Return how a step's recipient is told of it.

    Nobody knows yet how a team is reached that has no address: the delivery finds out.
    """
    if step.channel == deliveries.TEST_CHANNEL:
        return (Told(deliveries.TEST_CHANNEL),)
    ways = ways_to(session, alert, str(step.recipient))
    named = Channel(step.channel)
    return reaching.told_by(named, Severity(alert.severity), ways) or (Told(named),)


def _write(  # noqa: PLR0913 (what is told of whom by which channel, and when)
    session: Session,
    alert: Alert,
    step: Step,
    way: Told,
    facts: Mapping[str, object],
    *,
    now: datetime,
) -> bool:
    """Write one delivery, unless the same is told by a step that was due together with this."""
    to = Target(str(step.recipient), way.channel)
    after = {**facts, "channel": way.channel}
    if deliveries.told_just_now(session, step, to):
        repository.note(session, alert, "not-notified", Reason.SAME_WAY, now=now, after=after)
        return False
    if deliveries.add(session, alert, step, to, now=now):
        repository.note(session, alert, "notified", step.reason, now=now, after=after)
        if (leaves := deliveries.leaves_at(alert, step, way.channel, now=now)) > now:
            waits = {**after, "until": leaves.isoformat()}
            repository.note(session, alert, "gathering", Reason.GATHERING, now=now, after=waits)
        if way.why:
            repository.note(session, alert, "rerouted", way.why, now=now, after=after)
    return True


def ways_to(session: Session, alert: Alert, key: str) -> list[Way]:
    """Return every channel on which somebody has an address, besides the inbox."""
    own = contacts.ways(session, [key]).get(key, [])
    mailed = key in (routing.FALLBACK, routing.SUPPORT) or any(
        person.email and routing.practitioner(person.practitioner_id) == key
        for person in people.taking_part(session, alert.patient_id)
    )
    has_rule = any(way.channel is Channel.EMAIL for way in own)
    return [*own, BY_MAIL] if mailed and not has_rule else own
