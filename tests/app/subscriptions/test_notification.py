from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.subscriptions.notification import Event, Standing, notification, statuses
from fhir.outcome import Refusal
from fhir.strict import check

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ID = UUID(int=7)
BASE = "https://ward.example/fhir"
HAPPENED = Event(3, NOW, "DetectedIssue/1")


def standing(content: str) -> Standing:
    topic = f"{BASE}/SubscriptionTopic/alert"
    return Standing(ID, BASE, topic, "active", content, 3)


def told(bundle: dict[str, Any]) -> dict[str, Any]:
    parameters = bundle["entry"][0]["resource"]["parameter"]
    return {
        each["name"]: next((v for k, v in each.items() if k != "name"), None) for each in parameters
    }


@pytest.mark.parametrize("content", ["empty", "id-only"])
@pytest.mark.parametrize("kind", ["handshake", "heartbeat", "event-notification", "query-event"])
def test_a_notification_is_a_valid_history_bundle_led_by_its_status_fhir_22(
    content: str, kind: str
) -> None:
    events = [HAPPENED] if "event" in kind else []

    bundle = notification(standing(content), kind, events, id_=uuid4(), now=NOW)

    assert not isinstance(check(bundle), Refusal)
    assert bundle["type"] == "history"
    assert all({"request", "response"} <= set(entry) for entry in bundle["entry"])
    assert bundle["entry"][0]["request"]["url"] == f"{BASE}/Subscription/{ID}/$status"
    assert told(bundle)["type"] == kind
    assert told(bundle)["events-since-subscription-start"] == "3"


def test_an_empty_payload_names_neither_topic_nor_resource_fhir_22() -> None:
    bundle = notification(standing("empty"), "event-notification", [HAPPENED], id_=uuid4(), now=NOW)

    assert "DetectedIssue" not in str(bundle)
    assert "SubscriptionTopic" not in str(bundle)
    assert len(bundle["entry"]) == 1
    assert [part["name"] for part in told(bundle)["notification-event"]] == [
        "event-number",
        "timestamp",
    ]


def test_an_id_only_payload_names_the_resource_without_its_content_fhir_22() -> None:
    bundle = notification(
        standing("id-only"), "event-notification", [HAPPENED], id_=uuid4(), now=NOW
    )

    focus = told(bundle)["notification-event"][-1]
    assert focus == {
        "name": "focus",
        "valueReference": {"reference": f"{BASE}/DetectedIssue/1"},
    }
    assert [entry.get("fullUrl") for entry in bundle["entry"][1:]] == [f"{BASE}/DetectedIssue/1"]
    assert all("resource" not in entry for entry in bundle["entry"][1:])


def test_a_status_query_is_a_searchset_of_statuses_fhir_22() -> None:
    found = statuses([standing("empty")])

    assert not isinstance(check(found), Refusal)
    assert found["type"] == "searchset"
    assert told(found)["type"] == "query-status"
    assert not isinstance(check(statuses([])), Refusal)
