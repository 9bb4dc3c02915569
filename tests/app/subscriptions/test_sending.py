from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import select
from standardwebhooks import Webhook

import alerts.service
from app.subscriptions import sending
from app.subscriptions.outcome import WAITS
from app.subscriptions.tables import SubscriptionAttempt, SubscriptionNotice
from app.subscriptions.wanted import HEARTBEAT
from core.outbox import Outbox, State, Topic
from core.outward import Outward
from core.security import SYSTEM
from ingest.tables import Client
from tests.app.subscriptions.conftest import FHIR, announce, subscribe, work
from tests.ward import MALSUN, RIVERSIDE, Ward, keep_alive

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.database import Database
    from tests.app.subscriptions.conftest import Receiver
    from tests.door import Clock, Gateway

LATER = timedelta(seconds=30)


@pytest.fixture(autouse=True)
def clean(database: Database, ward: Ward, clock: Clock) -> None:
    clock.now = ward.now - timedelta(days=10)  # before the alerts of the ward
    keep_alive(database, now=ward.now)


def parameters(body: bytes) -> dict[str, Any]:
    listed = json.loads(body)["entry"][0]["resource"]["parameter"]
    return {each["name"]: next(v for k, v in each.items() if k != "name") for each in listed}


def kinds(receiver: Receiver) -> list[str]:
    return [parameters(body)["type"] for _, body in receiver.came]


def status_of(gateway: Gateway, id_: str) -> str:
    return str(gateway.get(f"/fhir/Subscription/{id_}").json()["status"])


def an_alert(ward: Ward) -> UUID:
    return ward.alerts[MALSUN.name][0]


def test_a_handshake_makes_a_subscription_active_fhir_22(
    gateway: Gateway, receiver: Receiver, database: Database, clock: Clock
) -> None:
    id_, _ = subscribe(gateway, receiver.url)
    before = status_of(gateway, id_)

    work(database, now=clock.now)

    assert before == "requested"
    assert kinds(receiver) == ["handshake"]
    assert status_of(gateway, id_) == "active"


def test_a_handshake_that_fails_is_an_error_until_one_succeeds_fhir_22(
    gateway: Gateway, receiver: Receiver, database: Database, clock: Clock
) -> None:
    receiver.answers = [500]
    id_, _ = subscribe(gateway, receiver.url)
    work(database, now=clock.now)
    failed = gateway.get(f"/fhir/Subscription/{id_}").json()

    work(database, now=clock.now + LATER)

    assert (failed["status"], failed["error"]) == ("error", "http-500")
    assert status_of(gateway, id_) == "active"
    assert len({headers["webhook-id"] for headers, _ in receiver.came}) == 1


def test_what_happens_to_an_alert_is_sent_signed_and_says_nothing_about_anybody_fhir_22_sec_35(
    gateway: Gateway, receiver: Receiver, database: Database, ward: Ward, clock: Clock
) -> None:
    _, secret = subscribe(gateway, receiver.url, channel={"header": ["Authorization: Bearer abc"]})
    announce(database, an_alert(ward), now=clock.now)

    work(database, now=clock.now + LATER)

    headers, body = receiver.came[-1]
    # The ward's clock is the real one and the messages carry it: the tolerance is 5 minutes.
    stamped = Webhook(secret).sign(headers["webhook-id"], clock.now + LATER, body.decode())
    assert headers["webhook-signature"] == stamped
    assert headers["authorization"] == "Bearer abc"
    assert headers["content-type"] == "application/fhir+json"
    assert kinds(receiver)[:2] == ["handshake", "event-notification"]
    assert f"{FHIR}/DetectedIssue/{an_alert(ward)}" in body.decode()
    said = b"".join(each for _, each in receiver.came).decode()
    for person in RIVERSIDE:
        assert person.name not in said
        assert str(ward.patients[person.name]) not in said


def test_event_numbers_grow_by_one_for_each_subscription_fhir_22(
    gateway: Gateway, receiver: Receiver, database: Database, ward: Ward, clock: Clock
) -> None:
    subscribe(gateway, receiver.url)
    found = [id_ for ids in ward.alerts.values() for id_ in ids]
    for alert in (*found, *found):
        announce(database, alert, now=clock.now)

    work(database, now=clock.now + LATER)

    numbers = [
        next(part["valueString"] for part in parameters(body)["notification-event"])
        for _, body in receiver.came[1:]
    ]
    assert len(numbers) >= 3
    assert numbers == [str(n) for n in range(1, len(numbers) + 1)]


def test_a_filter_lets_only_one_patients_alerts_through_fhir_22(
    gateway: Gateway, receiver: Receiver, database: Database, ward: Ward, clock: Clock
) -> None:
    subscribe(gateway, receiver.url, patient=ward.patients[MALSUN.name])
    for ids in ward.alerts.values():
        for alert in ids:
            announce(database, alert, now=clock.now)

    work(database, now=clock.now + LATER)

    named = {
        entry["fullUrl"].rpartition("/")[2]
        for _, body in receiver.came
        for entry in json.loads(body)["entry"][1:]
    }
    assert named
    assert named <= {str(id_) for id_ in ward.alerts[MALSUN.name]}


def test_a_change_of_an_alert_becomes_work_in_its_own_transaction_fhir_22(
    database: Database, ward: Ward
) -> None:
    alert = ward.alerts[RIVERSIDE[2].name][0]
    with database.transaction() as session:
        alerts.service.acknowledge(session, SYSTEM, alert, now=ward.now)
        query = select(Outbox.topic).where(Outbox.subject_id == alert, Outbox.state == State.OPEN)

        assert list(session.scalars(query)) == [Topic.ANNOUNCE]


def test_a_receiver_that_fails_is_tried_again_later_with_the_same_id_rel_12(
    gateway: Gateway, receiver: Receiver, database: Database, ward: Ward, clock: Clock
) -> None:
    id_, _ = subscribe(gateway, receiver.url)
    work(database, now=clock.now)
    announce(database, an_alert(ward), now=clock.now)
    receiver.answers = [500] * 100
    now = clock.now + LATER
    states = []
    for wait in (timedelta(0), *WAITS):
        now += wait * 1.3
        work(database, now=now)
        states.append(status_of(gateway, id_))
    work(database, now=now + timedelta(days=30))

    tries = receiver.came[1:]
    assert len(tries) == len(WAITS) + 1
    assert len({headers["webhook-id"] for headers, _ in tries}) == 1
    assert len({headers["webhook-timestamp"] for headers, _ in tries}) == len(tries)
    assert states == ["active", "active", *["error"] * (len(WAITS) - 1)]
    with database.transaction() as session:
        rows = session.scalars(
            select(SubscriptionAttempt)
            .join(SubscriptionNotice)
            .where(SubscriptionNotice.subscription_id == UUID(id_), SubscriptionNotice.number == 1)
            .order_by(SubscriptionAttempt.number)
        ).all()
    assert [row.code for row in rows] == ["http-500"] * len(tries)
    assert [row.next_try_at is None for row in rows] == [*[False] * len(WAITS), True]


def test_an_owner_brings_a_failed_subscription_back_and_misses_nothing_fhir_22(
    gateway: Gateway, receiver: Receiver, database: Database, ward: Ward, clock: Clock
) -> None:
    id_, _ = subscribe(gateway, receiver.url)
    work(database, now=clock.now)
    announce(database, an_alert(ward), now=clock.now)
    receiver.answers = [404] * (len(WAITS) + 1)
    now = clock.now + LATER
    for wait in (timedelta(0), *WAITS):
        now += wait * 1.3
        work(database, now=now)
    clock.now = now
    resource = gateway.get(f"/fhir/Subscription/{id_}").json() | {"status": "requested"}
    resource.pop("error")
    receiver.came.clear()

    answer = gateway.http.put(
        f"/fhir/Subscription/{id_}", content=json.dumps(resource), headers=gateway.headers()
    )
    work(database, now=now)

    assert answer.status_code == 200, answer.text
    assert kinds(receiver)[:2] == ["handshake", "event-notification"]
    assert status_of(gateway, id_) == "active"


@pytest.mark.parametrize("ways", [Outward(), Outward(plain_loopback=True, seconds=0.2)])
def test_an_address_that_turned_inside_or_fell_silent_is_not_reached_sec_34(
    gateway: Gateway, receiver: Receiver, database: Database, clock: Clock, ways: Outward
) -> None:
    id_, _ = subscribe(gateway, receiver.url)
    if ways.plain_loopback:
        receiver.answers, receiver.said = [302], {"Location": receiver.url}

    work(database, now=clock.now, ways=ways)

    assert len(receiver.came) == int(ways.plain_loopback)
    shown = gateway.get(f"/fhir/Subscription/{id_}").json()
    assert shown["status"] == "error"
    assert shown["error"] == ("http-302" if ways.plain_loopback else "address-refused")


def test_a_quiet_receiver_gets_a_heartbeat_fhir_22(
    gateway: Gateway, receiver: Receiver, database: Database, clock: Clock
) -> None:
    extension = [{"url": HEARTBEAT, "valueUnsignedInt": 60}]
    subscribe(gateway, receiver.url, channel={"extension": extension})
    work(database, now=clock.now)
    for seconds in (59, 61, 62, 122):
        with database.transaction() as session:
            sending.keep_up(session, now=clock.now + timedelta(seconds=seconds))
        work(database, now=clock.now + timedelta(seconds=seconds))

    assert kinds(receiver) == ["handshake", "heartbeat", "heartbeat"]


def test_a_subscription_ends_with_its_time_and_with_its_client_fhir_22(
    register: Callable[[], Gateway], receiver: Receiver, database: Database, clock: Clock
) -> None:
    timed, disabled = register(), register()
    end = (clock.now + timedelta(hours=1)).isoformat()
    first, _ = subscribe(timed, receiver.url, end=end)
    subscribe(disabled, receiver.url)
    with database.transaction() as session:
        session.get_one(Client, disabled.client_id).disabled = True
        sending.keep_up(session, now=clock.now + timedelta(hours=1))

    work(database, now=clock.now)

    assert status_of(timed, first) == "off"
    assert receiver.came == []


def test_a_client_without_a_scope_for_alerts_any_more_is_not_told_sec_03(
    gateway: Gateway, receiver: Receiver, database: Database, ward: Ward, clock: Clock
) -> None:
    subscribe(gateway, receiver.url)
    with database.transaction() as session:
        session.get_one(Client, gateway.client_id).scopes = ["system/Subscription.cruds"]
    announce(database, an_alert(ward), now=clock.now)

    work(database, now=clock.now + LATER)

    assert kinds(receiver) == ["handshake"]


def test_a_renewed_secret_and_the_one_before_sign_side_by_side_sec_35(
    gateway: Gateway, receiver: Receiver, database: Database, clock: Clock
) -> None:
    id_, old = subscribe(gateway, receiver.url)
    answer = gateway.http.post(f"/fhir/Subscription/{id_}/$renew-secret", headers=gateway.headers())
    new = answer.json()["parameter"][0]["valueString"]

    work(database, now=clock.now)

    headers, body = receiver.came[0]
    signs = [Webhook(s).sign(headers["webhook-id"], clock.now, body.decode()) for s in (new, old)]
    assert headers["webhook-signature"] == " ".join(signs)
