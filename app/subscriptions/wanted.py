"""What a posted Subscription asks for, and whether it can be had; the rest is refused by name.

R4 subscriptions in the form of the R5 backport guide (STU 1.1): a topic stands in `criteria`,
its filters and the content of the payload in extensions. No patient data leaves by push, so a
payload is empty or names our own ids.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from fhir.outcome import Issue, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

GUIDE = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"
FILTER = f"{GUIDE}backport-filter-criteria"
CONTENT = f"{GUIDE}backport-payload-content"
HEARTBEAT = f"{GUIDE}backport-heartbeat-period"
TIMEOUT = f"{GUIDE}backport-timeout"
CHANNEL = f"{GUIDE}backport-channel-type"
TOPICS = {"alert": "DetectedIssue"}  # what a topic is about, and what a filter may name
CONTENTS = ("empty", "id-only")
PAYLOADS = ("application/fhir+json", "application/json")
STATUSES = {"requested": "requested", "active": "requested", "error": "requested", "off": "off"}
SHORTEST_HEARTBEAT, LONGEST_HEARTBEAT = 30, 86_400
LONGEST_WAIT = 10
MOST_HEADERS = 10
_FILTER = re.compile(r"DetectedIssue\?(?:patient|subject)=(?:Patient/)?([0-9a-fA-F-]{36})")
_HEADER = re.compile(r"([A-Za-z0-9-]{1,64}):[ \t]*([ -~]{1,2000})")
_OURS = re.compile(
    r"webhook-.*|content-.*|host|connection|transfer-encoding|te|trailer|upgrade|expect|proxy-.*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A subscription that can be served; times in seconds, `headers` as (name, value)."""

    topic: str
    status: str
    endpoint: str
    content: str
    payload: str
    patient: UUID | None = None
    heartbeat: int | None = None
    timeout: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    end: datetime | None = None


def topic_url(base: str, topic: str = "alert") -> str:
    """Return the canonical address of a topic."""
    return f"{base}/SubscriptionTopic/{topic}"


def read_wanted(resource: Mapping[str, Any], base: str) -> Wanted | Refusal:
    """Return what a structurally valid R4 Subscription asks for, or all that is not served."""
    issues = list(_faults(resource, base))
    if issues:
        return Refusal(422, tuple(issues))
    channel = resource["channel"]
    filters = list(_said(resource.get("_criteria"), FILTER, "valueString"))
    matched = _FILTER.fullmatch(filters[0]) if filters else None
    return Wanted(
        topic=next(name for name in TOPICS if resource["criteria"] == topic_url(base, name)),
        status=STATUSES[resource["status"]],
        endpoint=channel["endpoint"],
        content=_one(channel.get("_payload"), CONTENT, "valueCode") or "empty",
        payload=channel.get("payload", PAYLOADS[0]),
        patient=UUID(matched[1]) if matched else None,
        heartbeat=_one(channel, HEARTBEAT, "valueUnsignedInt"),
        timeout=_one(channel, TIMEOUT, "valueUnsignedInt"),
        headers=tuple(_headers(channel)),
        end=_instant(resource["end"]) if "end" in resource else None,
    )


def _faults(resource: Mapping[str, Any], base: str) -> Iterator[Issue]:
    if resource.get("status") not in STATUSES:
        yield _no("Subscription.status", "a subscription is asked for as requested")
    topics = [topic_url(base, name) for name in TOPICS]
    if resource.get("criteria") not in topics:
        yield _no("Subscription.criteria", f"criteria must be one of the topics {_list(topics)}")
    yield from _filter_faults(resource)
    yield from _channel_faults(resource.get("channel", {}))
    if "end" in resource and _instant(resource["end"]) is None:
        yield _no("Subscription.end", "end must be an instant with its zone")


def _filter_faults(resource: Mapping[str, Any]) -> Iterator[Issue]:
    filters = list(_said(resource.get("_criteria"), FILTER, "valueString"))
    good = all(isinstance(f, str) and _FILTER.fullmatch(f) for f in filters)
    if len(filters) > 1 or not good or not all(_is_uuid(f) for f in filters):
        path = "Subscription.criteria.extension"
        yield _no(path, "one filter is served: DetectedIssue?patient=Patient/<id of ours>")


def _is_uuid(text: str) -> bool:
    try:
        return bool(UUID(text[-36:]))
    except ValueError:
        return False


def _channel_faults(channel: Mapping[str, Any]) -> Iterator[Issue]:
    path = "Subscription.channel"
    other = list(_said(channel.get("_type"), CHANNEL, "valueCoding"))
    if channel.get("type") != "rest-hook" or other:
        yield _no(f"{path}.type", "the only channel is rest-hook")
    if "endpoint" not in channel:
        yield _no(f"{path}.endpoint", "endpoint must be the https address to call")
    if channel.get("payload", PAYLOADS[0]) not in PAYLOADS:
        yield _no(f"{path}.payload", f"payload must be one of {_list(PAYLOADS)}")
    contents = list(_said(channel.get("_payload"), CONTENT, "valueCode"))
    if len(contents) > 1 or any(each not in CONTENTS for each in contents):
        text = f"the content must be one of {_list(CONTENTS)}: no patient data is pushed"
        yield _no(f"{path}.payload.extension", text)
    yield from _number_faults(channel, HEARTBEAT, SHORTEST_HEARTBEAT, LONGEST_HEARTBEAT)
    yield from _number_faults(channel, TIMEOUT, 1, LONGEST_WAIT)
    headers = channel.get("header", [])
    if len(headers) > MOST_HEADERS or len(list(_headers(channel))) < len(headers):
        text = f"at most {MOST_HEADERS} headers as 'Name: value', and none that HTTP or we set"
        yield _no(f"{path}.header", text)


def _number_faults(channel: Mapping[str, Any], url: str, least: int, most: int) -> Iterator[Issue]:
    said = list(_said(channel, url, "valueUnsignedInt"))
    fits = [isinstance(each, int) and least <= each <= most for each in said]
    if len(said) > 1 or not all(fits):
        name = url.removeprefix(GUIDE)
        yield _no("Subscription.channel.extension", f"{name} is {least} to {most} seconds, once")


def _headers(channel: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for each in channel.get("header", []):
        found = _HEADER.fullmatch(each)
        if found and not _OURS.fullmatch(found[1]):
            yield found[1], found[2].rstrip()


def _said(element: Mapping[str, Any] | None, url: str, name: str) -> Iterator[Any]:
    for extension in (element or {}).get("extension", []):
        if extension.get("url") == url:
            yield extension.get(name)


def _one(element: Mapping[str, Any] | None, url: str, name: str) -> Any:
    return next(_said(element, url, name), None)


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else None


def _no(path: str, text: str) -> Issue:
    return Issue("error", "not-supported", text, path)


def _list(values: object) -> str:
    return ", ".join(values) if isinstance(values, list | tuple) else str(values)
