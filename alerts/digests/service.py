"""Keep to a person's daily budget, and tell them of the rest together, once a day (AL-17)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from alerts import budget, repository, routing
from alerts.contacts import repository as contacts
from alerts.delivery.repository import DeliveryState
from alerts.digests import repository as rows
from alerts.lifecycle import State
from alerts.notify.email import Notice
from alerts.notify.outlets import Letter
from alerts.policy import Channel, To, thaw
from alerts.reasons import Reason
from alerts.tables import Digest
from core import outbox
from core.apart import kept_apart
from core.vitals import Severity
from ingest import repository as people
from ingest.presence import clock_of
from ingest.teams.repository import email_of
from ingest.weekly import wall

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.detours.service import Addresses
    from alerts.notify.outlets import Outlets
    from alerts.policy import Policy
    from alerts.routing import Recipient, Roster
    from alerts.tables import Alert, Delivery, Step
    from ingest.presence import Post


def over_budget(
    session: Session,
    alert: Alert,
    step: Step,
    to: tuple[Recipient, Roster],
    *,
    now: datetime,
) -> Reason | None:
    """Return where a step goes because its recipient was told of enough today, or None.

    Two alerts at one instant may pass the budget by one: nobody waits for a count.
    """
    recipient, roster = to
    policy, severity = thaw(alert.policy), Severity(alert.severity)
    kind, _, identity = recipient.key.partition(":")
    asked = step.reason == Reason.ESCALATED  # by a person, who knows why
    if kind != "practitioner" or asked or To(step.to_kind) not in budget.PERSONAL:
        return None
    if severity not in policy.budget:
        return None
    person = roster.member(UUID(identity))
    zone = clock_of(person.posts if person else (), policy.site.clock)
    since = budget.midnight(now, zone)
    told = rows.told_since(session, recipient.key, severity, since=since)
    return budget.over(severity, alert.id, told, policy.budget)


def put_by(session: Session, alert: Alert, step: Step, *, recipient: str, now: datetime) -> None:
    """Keep a step for the digest, and say so on the timeline."""
    rows.put_by(session, alert, step, recipient=recipient, now=now)
    facts = {"to": recipient, "channel": "digest", "step": step.position}
    repository.note(session, alert, "not-notified", Reason.BUDGET_DIGEST, now=now, after=facts)


def compose_due(session: Session, *, now: datetime, policy: Policy) -> int:
    """Make the digests whose hour has come in the zone of their person; return how many.

    What is wrong with one person's keeps nobody else from theirs (REL-27).
    """
    made = 0
    for key in rows.recipients(session):
        who = UUID(key.partition(":")[2])
        with kept_apart(session, "a digest cannot be made", who):
            made += _compose(session, key, who, now=now, policy=policy)
    return made


def _compose(session: Session, key: str, who: UUID, *, now: datetime, policy: Policy) -> bool:
    items = rows.waiting(session, key)
    if not items:
        return False
    zone = clock_of(_posts(session, who, items[-1][1]), thaw(items[-1][1].policy).site.clock)
    day = now.astimezone(zone).date()
    if now < wall(day, policy.digest_at, zone) or rows.had(session, who, day):
        return False
    live = [(each, alert) for each, alert in items if not State(alert.state).ended]
    for each, alert in items:
        if State(alert.state).ended:
            each.state = DeliveryState.CANCELLED
    digest_id = rows.open_digest(session, who, day, items=len(live), now=now) if live else None
    if digest_id is None:
        return False
    for each, alert in live:
        _tell(session, each, alert, digest_id, now=now)
    outbox.offer(session, outbox.Topic.DIGEST, digest_id, now=now)
    return True


def _posts(session: Session, who: UUID, alert: Alert) -> tuple[Post, ...]:
    members = people.taking_part(session, alert.patient_id)
    return next((each.posts for each in members if each.practitioner_id == who), ())


def _tell(
    session: Session, each: Delivery, alert: Alert, digest_id: UUID, *, now: datetime
) -> None:
    each.state, each.delivered_at, each.digest_id = DeliveryState.DELIVERED, now, digest_id
    facts = {"to": each.recipient, "channel": "digest"}
    repository.note(session, alert, "notified", Reason.IN_DIGEST, now=now, after=facts)


def send(
    session: Session, digest_id: UUID, *, now: datetime, outlets: Outlets, addresses: Addresses
) -> None:
    """Announce a digest by one e-mail that names no patient; the list stands in the inbox anyway.

    A mail server that does not take it raises `DeliveryError`: the work is tried again, and in
    the end waits for a person among what was given up.
    """
    digest = session.get(Digest, digest_id, with_for_update=True)
    if digest is None or digest.mailed_at is not None:
        return
    if not _takes_part(session, digest):
        digest.not_mailed = Reason.DISABLED
        return
    point = _mail(session, digest)
    lack = outlets.lack(Channel.EMAIL)
    if point is None or lack is not None:
        digest.not_mailed = lack or Reason.NO_CHANNEL
        return
    link = f"{addresses.base_url.rstrip('/')}/digest"
    notice = Notice(digest.id, digest.id.hex[:10], Severity.YELLOW, digest.created_at, link)
    outlets.send(point, Letter(notice), now=now)
    digest.mailed_at = now


def _takes_part(session: Session, digest: Digest) -> bool:
    """Return whether somebody looks after anybody of their digest still (SEC-15)."""
    return any(
        member.active and member.practitioner_id == digest.practitioner_id
        for patient in rows.people_of(session, digest.id)
        for member in people.taking_part(session, patient)
    )


def _mail(session: Session, digest: Digest) -> contacts.Point | None:
    key = routing.practitioner(digest.practitioner_id)
    point = contacts.point(session, key, Channel.EMAIL)
    address = email_of(session, digest.practitioner_id) if point is None else ""
    return contacts.Point(digest.id, Channel.EMAIL, address) if address else point
