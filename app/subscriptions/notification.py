"""What is sent for a subscription, and what `$status` and `$events` answer (R5 backport, R4).

Nothing in here is about anybody: numbers, instants, and at most ids of our own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.subscriptions.wanted import GUIDE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

BUNDLE_PROFILE = f"{GUIDE}backport-subscription-notification-r4"
STATUS_PROFILE = f"{GUIDE}backport-subscription-status-r4"


@dataclass(frozen=True, slots=True)
class Standing:
    """A subscription as a status tells of it; `events` is the number of the last event."""

    id: UUID
    base: str
    topic: str  # canonical address
    status: str
    content: str
    events: int
    error: str = ""

    @property
    def url(self) -> str:
        """Return the absolute address of the subscription."""
        return f"{self.base}/Subscription/{self.id}"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: the `number` grows by one with each."""

    number: int
    at: datetime
    focus: str  # Type/id


def status(standing: Standing, kind: str, events: Sequence[Event] = ()) -> dict[str, Any]:
    """Return the SubscriptionStatus, which is a Parameters resource in R4.

    `kind` is handshake, heartbeat, event-notification, query-status or query-event. With an
    empty payload neither the topic nor any reference is named.
    """
    told = standing.content != "empty" or kind.startswith("query")
    parameters: list[dict[str, Any]] = [
        {"name": "subscription", "valueReference": {"reference": standing.url}}
    ]
    if told:
        parameters.append({"name": "topic", "valueCanonical": standing.topic})
    parameters += [
        {"name": "status", "valueCode": standing.status},
        {"name": "type", "valueCode": kind},
        {"name": "events-since-subscription-start", "valueString": str(standing.events)},
    ]
    parameters += [
        {"name": "notification-event", "part": _parts(standing, each)} for each in events
    ]
    if standing.error:
        parameters.append({"name": "error", "valueCodeableConcept": {"text": standing.error}})
    return {
        "resourceType": "Parameters",
        "meta": {"profile": [STATUS_PROFILE]},
        "parameter": parameters,
    }


def _parts(standing: Standing, event: Event) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = [
        {"name": "event-number", "valueString": str(event.number)},
        {"name": "timestamp", "valueInstant": event.at.isoformat()},
    ]
    if standing.content == "id-only":
        reference = {"reference": f"{standing.base}/{event.focus}"}
        parts.append({"name": "focus", "valueReference": reference})
    return parts


def notification(
    standing: Standing, kind: str, events: Sequence[Event] = (), *, id_: UUID, now: datetime
) -> dict[str, Any]:
    """Return the history Bundle that is sent; its first entry is the status."""
    first = {
        "fullUrl": f"urn:uuid:{id_}",
        "resource": status(standing, kind, events),
        "request": {"method": "GET", "url": f"{standing.url}/$status"},
        "response": {"status": "200"},
    }
    named = events if standing.content == "id-only" else ()
    return {
        "resourceType": "Bundle",
        "id": str(id_),
        "meta": {"profile": [BUNDLE_PROFILE]},
        "type": "history",
        "timestamp": now.isoformat(),
        "entry": [first, *_named(standing, named)],
    }


def _named(standing: Standing, events: Iterable[Event]) -> list[dict[str, Any]]:
    return [
        {
            "fullUrl": f"{standing.base}/{focus}",
            "request": {"method": "GET", "url": focus},
            "response": {"status": "200"},
        }
        for focus in dict.fromkeys(each.focus for each in events)
    ]


def statuses(standings: Iterable[Standing]) -> dict[str, Any]:
    """Return what `$status` answers."""
    entries = [
        {
            "fullUrl": f"{each.url}/$status",
            "resource": status(each, "query-status"),
            "search": {"mode": "match"},
        }
        for each in standings
    ]
    found: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": len(entries)}
    return found | ({"entry": entries} if entries else {})
