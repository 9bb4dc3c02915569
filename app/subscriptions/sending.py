"""Finds out whom a changed alert concerns, and sends what is due to each subscription.

Sending holds no row: while a slow receiver keeps us waiting, events go on being numbered and
the owner can switch the subscription off.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.tables import Alert
from app.replay import FHIR_SEVERITY
from app.subscriptions import repository
from app.subscriptions.notification import notification
from app.subscriptions.outcome import FAILURES, WAITS, Reply, after_failure
from app.subscriptions.tables import Subscription
from core import outbox
from core.errors import InvalidError
from core.outbox import Topic
from core.outward import SECONDS, OutwardError
from core.scopes import allows
from core.security import Caller
from core.signing import signed
from core.vitals import Severity
from ingest.repository import may_see
from ingest.tables import Client

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from app.subscriptions.tables import SubscriptionNotice
    from core.outward import Outward

BUSY_FOR = timedelta(seconds=2)


def may_be_told(scopes: frozenset[str]) -> bool:
    """Return whether scopes permit to know of alerts at all."""
    return allows(scopes, "DetectedIssue", "r") or allows(scopes, "DetectedIssue", "s")


def announce(session: Session, alert_id: UUID, *, now: datetime) -> None:
    """Give what happened to an alert its number in each subscription whose owner may see it."""
    alert = session.get(Alert, alert_id)
    if alert is None or Severity(alert.severity) not in FHIR_SEVERITY:
        return
    for row, client in repository.concerned(session, alert):
        if _may_see(session, client, alert):
            for event in repository.untold(session, row, alert):
                repository.add_event(session, row, event, now=now)


def _may_be_sent(session: Session, row: Subscription, notice: SubscriptionNotice) -> bool:
    """Return whether the owner may know of an event still: it may have waited for days."""
    if notice.alert_id is None:
        return True
    alert, client = session.get(Alert, notice.alert_id), session.get(Client, row.client_id)
    return alert is not None and client is not None and _may_see(session, client, alert)


def _may_see(session: Session, client: Client, alert: Alert) -> bool:
    scopes = frozenset(str(scope) for scope in client.scopes)
    caller = Caller("client", client.id, scopes=scopes)
    permitted = not client.disabled and may_be_told(scopes)
    return permitted and may_see(session, caller, alert.patient_id)


@dataclass(frozen=True, slots=True)
class Post:
    """How this installation sends: the way out, and the address it is known by."""

    outward: Outward
    base: str


def send(session: Session, subscription_id: UUID, post: Post, *, now: datetime) -> None:
    """Send the next thing that is due; whatever comes of it is a row, never an exception."""
    row = session.get(Subscription, subscription_id)
    if row is None or row.status not in repository.LIVE:
        return
    notice = repository.next_due(session, row)
    if notice is None or notice.attempts > len(WAITS):
        return  # nothing is due, or its owner has to ask for it again
    if row.next_try_at is not None and now < row.next_try_at:
        _again(session, row, now=now, at=row.next_try_at)
    elif not repository.claim(session, row.id):
        _again(session, row, now=now, at=now + BUSY_FOR)
    elif not _may_be_sent(session, row, notice):
        repository.forget(session, notice)
        _again(session, row, now=now, at=now)
    else:
        _attempt(session, row, notice, post, now=now)


def _attempt(
    session: Session, row: Subscription, notice: SubscriptionNotice, post: Post, *, now: datetime
) -> None:
    version = row.version
    reply = _send(session, row, notice, post, now=now)
    session.refresh(row, with_for_update=True)
    if row.version != version:
        # Its owner changed it meanwhile: the reply says nothing about what it is now.
        _again(session, row, now=now, at=now)
        return
    attempt = repository.add_attempt(session, notice, reply, now=now)
    row.last_try_at = now
    if reply.taken:
        _taken(session, row, notice, now=now)
    else:
        row.failures = max(row.failures + 1, FAILURES * (notice.kind == "handshake"))
        follows = after_failure(
            reply, id_=notice.id, attempts=notice.attempts, failures=row.failures, now=now
        )
        attempt.next_try_at = row.next_try_at = follows.again
        row.status, row.error, row.updated_at = follows.status, reply.code, now
        if follows.again is not None:
            _again(session, row, now=now, at=follows.again)


def _taken(
    session: Session, row: Subscription, notice: SubscriptionNotice, *, now: datetime
) -> None:
    notice.sent_at = now
    if row.status != "active":
        row.status, row.updated_at = "active", now
    row.failures, row.next_try_at, row.error = 0, None, ""
    session.flush()
    repository.forget_signals(session, row)
    if repository.next_due(session, row) is not None:
        _again(session, row, now=now, at=now)


def _again(session: Session, row: Subscription, *, now: datetime, at: datetime) -> None:
    outbox.offer(session, Topic.NOTIFY, row.id, now=now, not_before=at)


def _send(
    session: Session, row: Subscription, notice: SubscriptionNotice, post: Post, *, now: datetime
) -> Reply:
    opened = repository.unseal(session, row)
    told = [repository.event_of(row, notice)] if notice.number is not None else []
    said = notification(
        repository.standing(row, post.base), notice.kind, told, id_=notice.id, now=now
    )
    body = json.dumps(said).encode()
    headers = dict(opened.headers) | {"Content-Type": row.payload}
    headers |= signed(body, opened.signing(now), id_=str(notice.id), now=now)
    seconds = float(row.timeout_seconds or SECONDS)
    try:
        answer = post.outward.within(seconds).send(
            "POST", opened.endpoint, headers=headers, body=body
        )
    except InvalidError:
        return Reply(0, "address-refused")
    except OutwardError as error:
        return Reply(0, error.code)
    return Reply(answer.status, retry_after=answer.headers.get("retry-after", ""))


def keep_up(session: Session, *, now: datetime) -> None:
    """End what is over, and make heartbeats due where nothing was sent for long enough."""
    for row in repository.ended(session, now=now):
        over = row.ends_at is not None and row.ends_at <= now
        row.status, row.updated_at = "off", now
        row.error = "" if over else "client-disabled"
        row.version += 1
    session.flush()
    for row in repository.quiet(session, now=now):
        repository.add_signal(session, row, "heartbeat", now=now)
