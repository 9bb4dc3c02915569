"""Another number of theirs is another sending; another channel is tried while one is away."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from alerts.arriving.service import note_receipt
from alerts.notify.gateway import Gateway, Kind
from alerts.patients.wording import State, Why
from alerts.posting.service import WAITS, Post
from alerts.receipts.service import Arrival, Receipt
from core.signing import secret_from
from core.vitals import Vital
from ingest.contacts.repository import contacts_of
from tests.alerts.conftest import NOW
from tests.alerts.posting.conftest import SECOND
from tests.provider import LOOPBACK, Reply, provider
from tests.told import BASE, BREAKER, OWN, Phone, asked_again, messages_of, reachable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from alerts.patients.tables import PatientMessage
    from tests.alerts.conftest import Ward
    from tests.provider import Provider

MOBILE = {"system": "phone", "use": "mobile"}
TWO = {"telecom": [MOBILE | {"value": OWN, "rank": 1}, MOBILE | {"value": SECOND, "rank": 2}]}
ACCOUNT = "canary-account"
CHAT = {"telecom": [MOBILE | {"value": OWN, "rank": 1}, {"system": "other", "value": ACCOUNT}]}


@pytest.fixture
def chat() -> Iterator[Provider]:
    with provider() as gateway:
        yield gateway


@pytest.fixture
def both(telephone: Phone, chat: Provider) -> Phone:
    """A person's telephone and their chat, each behind a gateway of its own."""
    secrets = [secret_from(b"k" * 32)]
    way = Gateway(kind=Kind.CHAT, url=chat.url, secrets=secrets, outward=LOOPBACK)
    ways = {**telephone.ways.ways, "chat": way}
    return Phone(telephone.gateway, Post(BASE, BREAKER, "en", ways))


def asked(session: Session, ward: Ward, numbers: dict[str, Any]) -> PatientMessage:
    reachable(session, ward.patient, now=NOW, resource=numbers)
    asked_again(session, ward.patient, Vital.SPO2, now=NOW, minutes=60 * 24)
    return messages_of(session, ward.patient)[0]


def test_another_number_is_sent_to_under_another_id_so_that_no_gateway_takes_it_for_sent(
    session: Session, ward: Ward, telephone: Phone
) -> None:
    telephone.gateway.script = [Reply(410), Reply(500)]
    message = asked(session, ward, TWO)
    for _ in range(3):
        telephone.post(session, message, now=NOW)

    ids = [UUID(str(each.said["id"])) for each in telephone.gateway.came]
    assert [each.said["to"] for each in telephone.gateway.came] == [OWN, SECOND, SECOND]
    assert ids[0] == message.id
    assert ids[1] == ids[2] != ids[0]


def test_a_receipt_is_of_the_number_that_its_id_went_to_rel_13(
    session: Session, ward: Ward, telephone: Phone
) -> None:
    telephone.gateway.script = [Reply(410)]
    message = asked(session, ward, TWO)
    for _ in range(2):
        telephone.post(session, message, now=NOW)
    first, second = (UUID(str(each.said["id"])) for each in telephone.gateway.came)
    late = note_receipt(session, Receipt(first, "sms", Arrival.FAILED, "unknown-recipient"), NOW)
    in_between = State(message.state)
    other = note_receipt(session, Receipt(second, "chat", Arrival.DELIVERED), NOW)
    ours = note_receipt(session, Receipt(second, "sms", Arrival.DELIVERED), NOW)

    refused = {each.address: each.refused for each in contacts_of(session, ward.patient, now=NOW)}
    assert (late, other, ours) == (True, False, True)
    assert (in_between, message.state) == (State.HANDED_OVER, State.DELIVERED)
    assert refused == {OWN: True, SECOND: False}


def test_while_one_gateway_is_away_the_other_one_is_tried_at_once_ft_24(
    session: Session, ward: Ward, both: Phone, chat: Provider
) -> None:
    both.gateway.always = Reply(500)
    chat.script = [Reply(500)] * 2
    message = asked(session, ward, CHAT)
    for second in range(3):
        both.post(session, message, now=NOW + timedelta(seconds=second))

    assert [each.said["to"] for each in both.gateway.came] == [OWN] * 3
    assert [each.said["to"] for each in chat.came] == [ACCOUNT] * 3
    assert (message.state, message.channel) == (State.HANDED_OVER, "chat")


def test_with_its_circuit_open_a_persons_other_channel_is_used_ft_24(
    session: Session, ward: Ward, both: Phone, chat: Provider
) -> None:
    both.gateway.always = Reply(500)
    stranger = asked(session, ward, {"telecom": [MOBILE | {"value": SECOND}]})
    for _ in range(BREAKER.failures):
        both.post(session, stranger, now=NOW)
    reachable(session, ward.patient, now=NOW, resource=CHAT)
    asked_again(session, ward.patient, Vital.BODY_WEIGHT, now=NOW + timedelta(seconds=1))
    message = messages_of(session, ward.patient)[1]
    both.post(session, message, now=NOW + timedelta(seconds=1))

    assert len(both.gateway.came) == BREAKER.failures
    assert [each.said["to"] for each in chat.came] == [ACCOUNT]
    assert message.state == State.HANDED_OVER


def test_two_channels_that_fail_use_up_one_wait_and_not_two_rel_12(
    session: Session, ward: Ward, both: Phone, chat: Provider
) -> None:
    chat.always = Reply(400)
    both.gateway.always = Reply(500)
    message = asked(session, ward, CHAT)
    message.until = NOW + timedelta(days=3)
    at, times = NOW, 0
    while message.state == State.WAITING:
        both.post(session, message, now=at)
        at, times = message.next_try_at or at, times + 1

    assert (times, message.reason) == (len(WAITS) + 1, Why.GIVEN_UP)
