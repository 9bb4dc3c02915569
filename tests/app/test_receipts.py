"""A gateway tells what became of a message: over HTTP, signed, and once."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import select
from standardwebhooks import Webhook

from alerts.contacts import repository as contacts
from alerts.contacts.repository import NewPoint
from alerts.delivery import repository as deliveries
from alerts.delivery.repository import Target
from alerts.policy import Channel
from alerts.tables import Alert, AlertEvent, Delivery, Step
from app import receipts
from core.settings import Environment, Settings
from core.signing import secret_from
from tests.door import Clock
from tests.ward import Ward, open_ward

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from core.database import Database

OLD, NEW = secret_from(b"o" * 32), secret_from(b"n" * 32)
SETTINGS = Settings(
    environment=Environment.TEST,
    secret_key=SecretStr("k" * 40),
    sms_gateway_url="https://sms.example/send",
    sms_gateway_secret=SecretStr(f"{NEW},{OLD}"),
)
OWNER = "fallback"


@pytest.fixture(scope="module")
def ward(database: Database) -> Ward:
    return open_ward(database)


@pytest.fixture(scope="module")
def gateway(database: Database, ward: Ward) -> Iterator[TestClient]:
    web = FastAPI()
    web.include_router(receipts.router(database, SETTINGS, lambda: ward.now))
    with TestClient(web) as client:
        yield client


@pytest.fixture
def message(database: Database, ward: Ward) -> UUID:
    """A text message about a live alert, handed over."""
    with database.transaction() as session:
        of_the_ward = Alert.patient_id.in_(ward.patients.values())
        red = select(Alert).where(Alert.state == "open", Alert.paged == "RED", of_the_ward)
        alert = session.scalars(red.limit(1)).one()
        step = Step(
            alert_id=alert.id,
            position=900 + int(uuid4()) % 10**6,
            kind="notify",
            due_at=ward.now,
            fence=alert.fence,
            state="fired",
            to_kind="fallback",
            channel="sms",
            reason="first-notification",
        )
        session.add(step)
        session.flush()
        new = NewPoint(OWNER, Channel.SMS, "+491701234567")
        contacts.add(session, new, now=ward.now)
        deliveries.add(session, alert, step, Target(OWNER, "sms"), now=ward.now)
        row = session.scalars(select(Delivery).where(Delivery.step_id == step.id)).one()
        row.state, row.handed_over_at = "handed-over", ward.now
        return row.id


@pytest.fixture
def tell(gateway: TestClient, ward: Ward) -> Callable[..., int]:
    """Post a receipt as an independent library signs it."""

    def post(
        said: dict[str, Any] | bytes,
        *,
        secret: str = NEW,
        receipt: str = "",
        age: timedelta = timedelta(),
        kind: str = "sms",
        altered: bytes = b"",
    ) -> int:
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        receipt, at = receipt or str(uuid4()), ward.now - age
        headers = {
            "webhook-id": receipt,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret).sign(receipt, at, body.decode()),
        }
        sent = gateway.post(f"/gateways/{kind}/receipts", content=body + altered, headers=headers)
        return sent.status_code

    return post


def known(database: Database, message: UUID) -> tuple[str, datetime | None, datetime | None]:
    with database.transaction() as session:
        row = session.get_one(Delivery, message)
        return row.state, row.delivered_at, row.seen_at


def test_what_was_delivered_is_known_and_nothing_else_is_inferred_rel_13(
    database: Database, message: UUID, ward: Ward, tell: Callable[..., int]
) -> None:
    assert known(database, message) == ("handed-over", None, None)

    assert tell({"id": str(message), "state": "delivered"}) == 204

    assert known(database, message) == ("delivered", ward.now, None)


def test_while_a_secret_is_replaced_a_receipt_may_be_signed_with_either_sec_35(
    message: UUID, tell: Callable[..., int]
) -> None:
    said = {"id": str(message), "state": "delivered"}

    assert [tell(said, secret=each) for each in (OLD, NEW)] == [204, 204]


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": secret_from(b"x" * 32)},
        {"altered": b" "},
        {"age": timedelta(minutes=6)},
        {"age": -timedelta(minutes=6)},
        {"receipt": "r" * 300},
    ],
    ids=["secret", "altered", "old", "early", "id"],
)
def test_a_receipt_that_is_not_the_gateways_is_refused_sec_35(
    database: Database, message: UUID, tell: Callable[..., int], wrong: dict[str, Any]
) -> None:
    assert tell({"id": str(message), "state": "delivered"}, **wrong) == 401
    assert known(database, message)[0] == "handed-over"


def test_a_receipt_that_is_replayed_is_refused_sec_35(
    message: UUID, tell: Callable[..., int]
) -> None:
    said = {"id": str(message), "state": "delivered"}

    assert [tell(said, receipt="r-1"), tell(said, receipt="r-1")] == [204, 409]


def test_a_receipt_is_refused_for_as_long_as_its_time_is_right_sec_35(
    database: Database, message: UUID, ward: Ward, tell: Callable[..., int]
) -> None:
    """SEC-35: stamped five minutes ahead, it stays right for ten; by any process, and whenever
    what is old is forgotten meanwhile."""
    said, ahead = {"id": str(message), "state": "delivered"}, -timedelta(minutes=4.9)
    assert tell(said, receipt="r-ahead", age=ahead) == 204

    stamp, body = ward.now - ahead, json.dumps(said)
    headers = {
        "webhook-id": "r-ahead",
        "webhook-timestamp": str(int(stamp.timestamp())),
        "webhook-signature": Webhook(NEW).sign("r-ahead", stamp, body),
    }
    for minutes in (0, 5, 9.8):
        clock = Clock(ward.now + timedelta(minutes=minutes))
        web = FastAPI()
        web.include_router(receipts.router(database, SETTINGS, clock))
        with TestClient(web) as other:
            again = other.post("/gateways/sms/receipts", content=body, headers=headers)
        assert again.status_code == 409, minutes


@pytest.mark.parametrize(
    "said",
    [b"{", b"[]", b"[" * 15_000, {"id": "x", "state": "delivered"}, {"id": str(uuid4())}],
    ids=["no json", "no object", "deep", "id", "state"],
)
def test_a_receipt_that_cannot_be_read_is_refused_naming_the_field(
    tell: Callable[..., int], said: dict[str, Any] | bytes
) -> None:
    assert tell(said) == 400


def test_a_receipt_of_no_message_or_for_no_gateway_is_404(
    message: UUID, tell: Callable[..., int]
) -> None:
    assert tell({"id": str(uuid4()), "state": "delivered"}) == 404
    assert tell({"id": str(message), "state": "delivered"}, kind="chat") == 404
    assert tell({"id": str(message), "state": "delivered"}, kind="fax") == 404


def test_a_receipt_that_is_too_long_is_not_read(tell: Callable[..., int]) -> None:
    assert tell(b" " * (20 << 10)) == 413


def test_an_unknown_number_that_is_found_out_later_is_switched_off_too_ft_24(
    database: Database, message: UUID, tell: Callable[..., int]
) -> None:
    said = {"id": str(message), "state": "failed", "code": "unknown-recipient"}

    assert tell(said) == 204

    assert known(database, message)[0] == "failed"
    with database.transaction() as session:
        assert contacts.ways(session, [OWNER]) == {}
        alert_id = session.get_one(Delivery, message).alert_id
        reasons = select(AlertEvent.reason).where(AlertEvent.alert_id == alert_id)
        assert "address-takes-no-messages" in session.scalars(reasons).all()


def test_an_address_that_was_written_down_after_the_message_left_stays_ft_24(
    database: Database, message: UUID, ward: Ward, tell: Callable[..., int]
) -> None:
    with database.transaction() as session:
        new = NewPoint(OWNER, Channel.SMS, "+491709999999")
        contacts.add(session, new, now=ward.now + timedelta(seconds=1))

    assert tell({"id": str(message), "state": "failed", "code": "unknown-recipient"}) == 204

    with database.transaction() as session:
        point = contacts.point(session, OWNER, Channel.SMS)
        assert point is not None
        assert point.address == "+491709999999"


def test_a_failure_of_a_message_whose_answer_was_lost_lets_the_alert_go_on_rel_12(
    database: Database, message: UUID, ward: Ward, tell: Callable[..., int]
) -> None:
    with database.transaction() as session:
        row = session.get_one(Delivery, message)
        row.state, row.handed_over_at = "waiting", None
        row.next_try_at = ward.now + timedelta(seconds=5)

    assert tell({"id": str(message), "state": "failed"}) == 204

    with database.transaction() as session:
        row = session.get_one(Delivery, message)
        assert (row.state, row.next_try_at, row.moved_on_at) == ("failed", None, ward.now)


def test_a_message_that_was_not_delivered_lets_the_alert_go_on_rel_12(
    database: Database, message: UUID, ward: Ward, tell: Callable[..., int]
) -> None:
    assert tell({"id": str(message), "state": "failed", "code": "CANARY"}) == 204

    with database.transaction() as session:
        row = session.get_one(Delivery, message)
        assert (row.state, row.moved_on_at) == ("failed", ward.now)
        hastened = select(Step.due_at).where(
            Step.alert_id == row.alert_id, Step.state == "waiting", Step.due_at <= ward.now
        )
        assert session.scalars(hastened).all()


def test_a_word_of_failure_after_one_of_delivery_changes_nothing_rel_13(
    database: Database, message: UUID, ward: Ward, tell: Callable[..., int]
) -> None:
    tell({"id": str(message), "state": "delivered"})

    assert tell({"id": str(message), "state": "failed"}) == 204
    assert known(database, message) == ("delivered", ward.now, None)
