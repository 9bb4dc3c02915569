from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.subscriptions.tables import Subscription
from core.audit import AuditEvent
from fhir.outcome import Refusal
from fhir.strict import check, decode
from tests.app.subscriptions.conftest import announce, subscribe, subscription, work
from tests.ward import MALSUN, Ward, keep_alive

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.database import Database
    from tests.app.subscriptions.conftest import Receiver
    from tests.door import Clock, Gateway

HOOK = "http://127.0.0.1:9/hook"


@pytest.fixture(autouse=True)
def clean(database: Database, ward: Ward, clock: Clock) -> None:
    clock.now = ward.now - timedelta(days=1)
    keep_alive(database, now=ward.now)


def put(gateway: Gateway, id_: str, resource: dict[str, Any], **headers: str) -> int:
    answer = gateway.http.put(
        f"/fhir/Subscription/{id_}",
        content=json.dumps(resource),
        headers=gateway.headers(**headers),
    )
    return answer.status_code


def test_what_was_asked_for_is_read_back_without_its_headers_fhir_22(gateway: Gateway) -> None:
    wish = subscription(HOOK, channel={"header": ["Authorization: Bearer abc"]})
    created = gateway.post(wish)

    read = gateway.get(f"/fhir/Subscription/{created.json()['id']}")

    assert created.headers["Location"].endswith(f"/fhir/Subscription/{created.json()['id']}")
    assert created.headers["Webhook-Secret"].startswith("whsec_")
    assert created.headers["ETag"] == 'W/"1"'
    assert read.json() == created.json()
    assert read.json()["channel"]["endpoint"] == HOOK
    assert "Bearer abc" not in read.text
    assert "Webhook-Secret" not in read.headers
    strict = decode(read.content)
    assert isinstance(strict, dict)
    assert not isinstance(check(strict), Refusal)


def test_nothing_of_a_receiver_is_readable_in_the_database_sec_27(
    gateway: Gateway, database: Database
) -> None:
    id_, secret = subscribe(
        gateway, f"{HOOK}?key=k3y", channel={"header": ["Authorization: Bearer abc"]}
    )

    with database.transaction() as session:
        query = select(Subscription).where(Subscription.client_id == gateway.client_id)
        (row,) = session.scalars(query)
    stored = b"".join(str(value).encode() for value in vars(row).values()) + row.sealed
    assert str(row.id) == id_
    for told in (b"k3y", b"Bearer abc", secret.encode(), b"Ines Vale"):
        assert told not in stored


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"criteria": "Observation?code=8867-4"}, "Subscription.criteria"),
        ({"content": "full-resource"}, "Subscription.channel.payload.extension"),
        ({"channel": {"type": "sms"}}, "Subscription.channel.type"),
        ({"channel": {"payload": "text/plain"}}, "Subscription.channel.payload"),
        ({"channel": {"endpoint": "https://10.0.0.1/"}}, "Subscription.channel.endpoint"),
        ({"channel": {"endpoint": "no-url"}}, "Subscription.channel.endpoint"),
        ({"channel": {"endpoint": "https://169.254.169.254/"}}, "Subscription.channel.endpoint"),
        ({"patient": uuid4()}, "Subscription.criteria.extension"),
        ({"end": "2001-01-01T00:00:00Z"}, "Subscription.end"),
    ],
)
def test_what_cannot_be_had_is_422_by_its_element_fhir_22_sec_34(
    gateway: Gateway, change: dict[str, Any], path: str
) -> None:
    answer = gateway.post(subscription(HOOK, **change))

    assert answer.status_code == 422
    (issue,) = answer.json()["issue"]
    assert issue["expression"] == [path]
    assert issue["diagnostics"]


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"resourceType":"Patient"}', b'{"resourceType":"Subscription"}']
)
def test_what_is_no_subscription_is_400_fhir_09(gateway: Gateway, body: bytes) -> None:
    answer = gateway.http.post("/fhir/Subscription", content=body, headers=gateway.headers())

    assert answer.status_code == 400
    assert answer.json()["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize(
    "scopes",
    [("system/Subscription.r",), ("system/Subscription.c",), ("system/DetectedIssue.rs",)],
)
def test_subscribing_needs_scopes_for_it_and_for_what_is_told_sec_03(
    register: Callable[..., Gateway], scopes: tuple[str, ...]
) -> None:
    answer = register(*scopes).post(subscription(HOOK))

    assert answer.status_code == 403


def test_another_clients_subscription_does_not_exist_sec_12(
    register: Callable[..., Gateway], gateway: Gateway
) -> None:
    id_, _ = subscribe(gateway, HOOK)
    stranger = register()
    path = f"/fhir/Subscription/{id_}"

    assert stranger.get(path).status_code == 404
    assert stranger.get(f"{path}/$status").status_code == 404
    assert stranger.get(f"{path}/$events").status_code == 404
    assert put(stranger, id_, subscription(HOOK)) == 404
    assert stranger.http.delete(path, headers=stranger.headers()).status_code == 404
    assert stranger.get("/fhir/Subscription").json()["total"] == 0


def test_a_subscription_is_found_by_state_and_status_tells_of_it_fhir_22(gateway: Gateway) -> None:
    first, _ = subscribe(gateway, HOOK)
    second, _ = subscribe(gateway, HOOK, status="off")

    by_state = gateway.get("/fhir/Subscription?status=off").json()
    asked = {"resourceType": "Parameters", "parameter": [{"name": "id", "valueId": first}]}
    by_body = gateway.http.post(
        "/fhir/Subscription/$status", content=json.dumps(asked), headers=gateway.headers()
    ).json()

    assert [entry["resource"]["id"] for entry in by_state["entry"]] == [second]
    assert gateway.get("/fhir/Subscription/$status").json()["total"] == 2
    assert by_body == gateway.get(f"/fhir/Subscription/{first}/$status").json()
    (entry,) = by_body["entry"]
    assert {"name": "status", "valueCode": "requested"} in entry["resource"]["parameter"]
    assert gateway.get("/fhir/Subscription?criteria=x").status_code == 400


def test_an_update_needs_the_version_it_was_made_for_fhir_22(gateway: Gateway) -> None:
    id_, _ = subscribe(gateway, HOOK)

    assert put(gateway, id_, subscription(HOOK, status="off"), If_Match='W/"1"') == 200
    assert put(gateway, id_, subscription(HOOK), If_Match='W/"1"') == 412
    assert gateway.get(f"/fhir/Subscription/{id_}").json()["status"] == "off"


def test_a_deleted_subscription_is_gone_and_nothing_more_is_sent_fhir_22(
    gateway: Gateway, receiver: Receiver, database: Database, ward: Ward, clock: Clock
) -> None:
    id_, _ = subscribe(gateway, receiver.url)
    path = f"/fhir/Subscription/{id_}"

    deleted = gateway.http.delete(path, headers=gateway.headers())
    announce(database, ward.alerts[MALSUN.name][0], now=clock.now)
    work(database, now=clock.now)

    assert deleted.status_code == 204
    assert gateway.get(path).status_code == 410
    assert receiver.came == []


def test_events_that_were_missed_are_asked_for_by_number_fhir_22(
    gateway: Gateway, receiver: Receiver, database: Database, ward: Ward, clock: Clock
) -> None:
    id_, _ = subscribe(gateway, receiver.url, content="empty")
    for ids in ward.alerts.values():
        for alert in ids:
            announce(database, alert, now=clock.now)
    path = f"/fhir/Subscription/{id_}/$events"

    some = gateway.get(f"{path}?eventsSinceNumber=2&eventsUntilNumber=3&content=id-only")

    status = some.json()["entry"][0]["resource"]["parameter"]
    numbers = [each["part"][0]["valueString"] for each in status if "part" in each]
    assert numbers == ["2", "3"]
    assert len(some.json()["entry"]) > 1
    assert len(gateway.get(path).json()["entry"]) == 1
    assert gateway.get(f"{path}?eventsSinceNumber=many").status_code == 400
    assert gateway.get(f"{path}?content=full-resource").status_code == 422


def test_a_subscription_leaves_an_audit_row_sec_16(gateway: Gateway, database: Database) -> None:
    id_, _ = subscribe(gateway, HOOK)
    gateway.get(f"/fhir/Subscription/{id_}")

    with database.transaction() as session:
        query = select(AuditEvent.action, AuditEvent.entity).where(
            AuditEvent.caller_id == gateway.client_id
        )
        rows = session.execute(query.order_by(AuditEvent.id)).all()
    assert [tuple(row) for row in rows] == [("C", "Subscription"), ("R", "Subscription")]


def test_what_is_declared_is_served_fhir_01(gateway: Gateway) -> None:
    statement = gateway.get("/fhir/metadata").json()
    (declared,) = [
        each for each in statement["rest"][0]["resource"] if each["type"] == "Subscription"
    ]

    assert {each["code"] for each in declared["interaction"]} == {
        "create", "read", "update", "delete", "search-type",
    }  # fmt: skip
    assert {each["name"] for each in declared["operation"]} == {"status", "events"}
    assert gateway.get("/fhir/Subscription?_id=x&status=active").status_code == 200


def test_what_can_be_subscribed_to_is_declared_fhir_22(gateway: Gateway) -> None:
    statement = gateway.get("/fhir/metadata").json()
    (declared,) = [
        each for each in statement["rest"][0]["resource"] if each["type"] == "Subscription"
    ]

    (topic,) = declared["extension"]
    assert topic["url"].endswith("capabilitystatement-subscriptiontopic-canonical")
    assert gateway.post(subscription(HOOK, criteria=topic["valueCanonical"])).status_code == 201
    assert not isinstance(check(statement), Refusal)
