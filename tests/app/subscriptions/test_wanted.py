from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from app.subscriptions.wanted import (
    CHANNEL,
    CONTENT,
    FILTER,
    HEARTBEAT,
    TIMEOUT,
    Wanted,
    read_wanted,
    topic_url,
)
from fhir.outcome import Refusal

BASE = "https://ward.example/fhir"


def wish(**channel: Any) -> dict[str, Any]:
    return {
        "resourceType": "Subscription",
        "status": "requested",
        "criteria": topic_url(BASE),
        "channel": {"type": "rest-hook", "endpoint": "https://there.example/hook"} | channel,
    }


def extended(url: str, name: str, value: object) -> dict[str, Any]:
    return {"extension": [{"url": url, name: value}]}


def test_the_least_that_is_asked_for_is_an_empty_payload_fhir_22() -> None:
    wanted = read_wanted(wish(), BASE)

    assert wanted == Wanted(
        topic="alert",
        status="requested",
        endpoint="https://there.example/hook",
        content="empty",
        payload="application/fhir+json",
    )


def test_everything_that_is_served_is_read_fhir_22() -> None:
    patient = uuid4()
    extensions = [
        {"url": HEARTBEAT, "valueUnsignedInt": 60},
        {"url": TIMEOUT, "valueUnsignedInt": 3},
    ]
    resource = wish(
        payload="application/json",
        _payload=extended(CONTENT, "valueCode", "id-only"),
        header=["Authorization: Bearer abc", "X-Site:  north "],
        extension=extensions,
    )
    resource["_criteria"] = extended(
        FILTER, "valueString", f"DetectedIssue?patient=Patient/{patient}"
    )
    resource["end"] = "2030-01-01T00:00:00+01:00"

    wanted = read_wanted(resource, BASE)

    assert isinstance(wanted, Wanted)
    assert (wanted.patient, wanted.content) == (patient, "id-only")
    assert (wanted.heartbeat, wanted.timeout) == (60, 3)
    assert wanted.headers == (("Authorization", "Bearer abc"), ("X-Site", "north"))
    assert wanted.end is not None
    assert wanted.end.isoformat() == "2029-12-31T23:00:00+00:00"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"criteria": "Observation?code=8867-4"}, "Subscription.criteria"),
        ({"criteria": f"{BASE}/SubscriptionTopic/weather"}, "Subscription.criteria"),
        (
            {"_criteria": extended(FILTER, "valueString", "DetectedIssue?severity=high")},
            "Subscription.criteria.extension",
        ),
        (
            {"_criteria": extended(FILTER, "valueString", "DetectedIssue?patient=" + "-" * 36)},
            "Subscription.criteria.extension",
        ),
        ({"channel": {"type": "email"}}, "Subscription.channel.type"),
        ({"channel": {"type": "websocket"}}, "Subscription.channel.type"),
        (
            {"channel": {"_type": extended(CHANNEL, "valueCoding", {"code": "zulip"})}},
            "Subscription.channel.type",
        ),
        ({"channel": {"payload": "application/fhir+xml"}}, "Subscription.channel.payload"),
        ({"channel": {"payload": "text/plain"}}, "Subscription.channel.payload"),
        (
            {"channel": {"_payload": extended(CONTENT, "valueCode", "full-resource")}},
            "Subscription.channel.payload.extension",
        ),
        (
            {"channel": extended(HEARTBEAT, "valueUnsignedInt", 1)},
            "Subscription.channel.extension",
        ),
        ({"channel": extended(TIMEOUT, "valueUnsignedInt", 600)}, "Subscription.channel.extension"),
        ({"channel": {"header": ["no header"]}}, "Subscription.channel.header"),
        ({"channel": {"header": ["Host: inside"]}}, "Subscription.channel.header"),
        ({"channel": {"header": ["webhook-signature: v1,x"]}}, "Subscription.channel.header"),
        ({"channel": {"header": ["A: b\r\nC: d"]}}, "Subscription.channel.header"),
        ({"status": "entered-in-error"}, "Subscription.status"),
        ({"end": "2030-01-01"}, "Subscription.end"),
    ],
)
def test_what_is_not_served_is_refused_by_its_element_fhir_22(
    change: dict[str, Any], path: str
) -> None:
    channel = change.pop("channel", {})
    refused = read_wanted(wish(**channel) | change, BASE)

    assert isinstance(refused, Refusal)
    assert refused.status == 422
    assert [issue.expression for issue in refused.issues] == [path]
    assert all(issue.text and issue.code == "not-supported" for issue in refused.issues)


def test_a_refused_topic_names_those_that_are_served_fhir_22() -> None:
    refused = read_wanted(wish() | {"criteria": "Patient?x=y"}, BASE)

    assert isinstance(refused, Refusal)
    assert topic_url(BASE) in refused.issues[0].text
