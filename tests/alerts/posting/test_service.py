"""What leaves for a patient's telephone, how often it is tried, and when it is not sent at all."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import select

from alerts.answering.service import open_link
from alerts.arriving.service import note_receipt
from alerts.circuit import Record
from alerts.patients.repository import link_secret
from alerts.patients.tables import PatientMessage, PatientMessageAttempt
from alerts.patients.wording import State, Why
from alerts.posting.service import WAITS, Post
from alerts.receipts.repository import record_of
from alerts.receipts.service import Arrival, Receipt
from core.outbox import Outbox
from core.vitals import Vital
from ingest.contacts.repository import contacts_of
from ingest.contacts.service import agree
from ingest.contacts.tables import PatientNumber
from tests.alerts.conftest import NOW
from tests.alerts.posting.conftest import SECOND
from tests.provider import Reply
from tests.told import (
    BREAKER,
    LINK,
    OWN,
    asked_again,
    messages_of,
    number_of,
    reachable,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.alerts.conftest import Ward
    from tests.told import Phone

WORDS = {
    "en": "You have a message from your care team.",
    "ko": "담당 의료진이 보낸 메시지가 있습니다.",
}


@pytest.mark.parametrize("language", WORDS)
def test_what_leaves_is_one_constant_sentence_and_a_link_sec_23(
    session: Session, ward: Ward, telephone: Phone, language: str
) -> None:
    reachable(session, ward.patient, now=NOW, language=language, carer=True)
    asked_again(session, ward.patient, Vital.SPO2, now=NOW)
    (message,) = messages_of(session, ward.patient)
    telephone.post(session, message, now=NOW)

    (came,) = telephone.gateway.came

    assert came.said["to"] == OWN
    assert LINK.sub("<link>", str(came.said["text"])) == f"{WORDS[language]} <link>"
    assert set(came.said) <= {"id", "to", "text", "receipts"}
    for canary in (b"Canary", b"Daughter", str(ward.patient).encode(), b"spo2", b"SpO2"):
        assert canary not in came.body


def test_of_the_link_only_a_digest_is_kept_and_of_the_number_nothing_that_can_be_read_sec_27(
    session: Session, ward: Ward, telephone: Phone
) -> None:
    asked_again(session, ward.patient, Vital.SPO2, now=NOW)
    telephone.post(session, messages_of(session, ward.patient)[0], now=NOW)
    secret = telephone.secret()

    stored = str(
        [
            session.execute(select(table.__table__)).mappings().all()
            for table in (PatientMessage, PatientMessageAttempt, PatientNumber, Outbox)
        ]
    )

    assert len(secret) * 6 >= 128
    assert secret not in stored
    assert OWN not in stored
    assert OWN[-8:] not in stored


def test_a_link_that_is_followed_before_its_sending_has_ended_opens(
    session: Session, ward: Ward
) -> None:
    asked_again(session, ward.patient, Vital.SPO2, now=NOW)
    (message,) = messages_of(session, ward.patient)

    assert message.state == State.WAITING
    assert open_link(session, link_secret(session, message.id), now=NOW) is not None


def test_a_message_that_an_older_version_wrote_has_a_link_that_opens_too(
    session: Session, ward: Ward, telephone: Phone
) -> None:
    asked_again(session, ward.patient, Vital.SPO2, now=NOW)
    (message,) = messages_of(session, ward.patient)
    message.link_digest = None
    telephone.post(session, message, now=NOW)

    assert open_link(session, telephone.secret(), now=NOW) is not None


def test_every_try_says_the_same_under_the_same_id_rel_12(
    session: Session, ward: Ward, telephone: Phone
) -> None:
    telephone.gateway.script = [Reply(500), Reply(503, {"Retry-After": "7200"})]
    asked_again(session, ward.patient, Vital.SPO2, now=NOW, minutes=600)
    message = messages_of(session, ward.patient)[0]
    telephone.post(session, message, now=NOW)
    first = message.next_try_at
    telephone.post(session, message, now=NOW + timedelta(seconds=5))
    second = message.next_try_at
    telephone.post(session, message, now=NOW + timedelta(hours=2, seconds=5))

    assert len({each.body for each in telephone.gateway.came}) == 1
    assert len(telephone.gateway.came) == 3
    assert first is not None
    assert first - NOW < timedelta(seconds=10)
    assert second == NOW + timedelta(hours=2, seconds=5)  # as the provider asked
    assert (message.state, message.attempts) == (State.HANDED_OVER, 3)
    tries = select(PatientMessageAttempt.code).order_by(PatientMessageAttempt.number)
    mine = tries.where(PatientMessageAttempt.message_id == message.id)
    assert list(session.scalars(mine)) == ["http-500", "http-503", ""]


def test_after_the_last_try_it_is_given_up_with_its_reason_and_nothing_waits_rel_12(
    session: Session, ward: Ward, telephone: Phone
) -> None:
    telephone.gateway.always = Reply(500)
    asked_again(session, ward.patient, Vital.SPO2, now=NOW, minutes=60 * 24)
    message = messages_of(session, ward.patient)[0]
    message.until = NOW + timedelta(days=3)
    at = NOW
    for _ in range(len(WAITS) + 1):
        telephone.post(session, message, now=at)
        at = message.next_try_at or at

    assert (message.state, message.reason) == (State.FAILED, Why.GIVEN_UP)
    assert message.next_try_at is None
    assert message.attempts == len(WAITS) + 1


def test_a_provider_that_keeps_failing_is_left_alone_whoever_the_message_is_for_ft_24(
    session: Session, ward: Ward, telephone: Phone
) -> None:
    telephone.gateway.always = Reply(500)
    asked_again(session, ward.patient, Vital.SPO2, now=NOW, minutes=60 * 24)
    message = messages_of(session, ward.patient)[0]
    for second in range(BREAKER.failures + 2):
        telephone.post(session, message, now=NOW + timedelta(seconds=second))
    tried = len(telephone.gateway.came)
    telephone.gateway.always = Reply()
    telephone.post(session, message, now=NOW + timedelta(seconds=40))

    codes = select(PatientMessageAttempt.code).order_by(PatientMessageAttempt.number)
    mine = codes.where(PatientMessageAttempt.message_id == message.id)
    assert tried == BREAKER.failures
    assert list(session.scalars(mine)) == ["http-500"] * 3 + ["circuit-open"] * 2 + [""]
    assert record_of(session, "sms") == Record()


def test_a_number_that_the_provider_does_not_know_is_left_for_another_of_theirs(
    session: Session, ward: Ward, telephone: Phone
) -> None:
    mobile = {"system": "phone", "use": "mobile"}
    numbers = [mobile | {"value": OWN, "rank": 1}, mobile | {"value": SECOND, "rank": 2}]
    reachable(session, ward.patient, now=NOW, resource={"telecom": numbers})
    telephone.gateway.script = [Reply(410)]
    asked_again(session, ward.patient, Vital.SPO2, now=NOW)
    message = messages_of(session, ward.patient)[0]
    telephone.post(session, message, now=NOW)
    telephone.post(session, message, now=NOW)

    assert [each.said["to"] for each in telephone.gateway.came] == [OWN, SECOND]
    assert message.state == State.HANDED_OVER


def test_without_another_number_it_says_that_the_provider_knows_none(
    session: Session, ward: Ward, telephone: Phone
) -> None:
    telephone.gateway.script = [Reply(410)]
    asked_again(session, ward.patient, Vital.SPO2, now=NOW)
    message = messages_of(session, ward.patient)[0]
    telephone.post(session, message, now=NOW)
    telephone.post(session, message, now=NOW)

    assert len(telephone.gateway.came) == 1
    assert (message.state, message.reason) == (State.WITHHELD, Why.NUMBER_REFUSED)


def test_consent_that_ended_while_a_message_waited_stops_it_sec_47(
    session: Session, ward: Ward, telephone: Phone
) -> None:
    asked_again(session, ward.patient, Vital.SPO2, now=NOW)
    own = number_of(session, ward.patient, carer=False, now=NOW)
    agree(session, ward.doctor, own, agreed=False, now=NOW)
    message = messages_of(session, ward.patient)[0]
    telephone.post(session, message, now=NOW)

    assert telephone.texts == []
    assert (message.state, message.reason) == (State.WITHHELD, Why.STOPPED)


def test_a_request_whose_time_is_over_is_not_sent(
    session: Session, ward: Ward, telephone: Phone
) -> None:
    asked_again(session, ward.patient, Vital.SPO2, now=NOW, minutes=30)
    message = messages_of(session, ward.patient)[0]
    telephone.post(session, message, now=NOW + timedelta(minutes=31))

    assert telephone.texts == []
    assert (message.state, message.reason) == (State.CANCELLED, Why.TOO_LATE)


def test_without_a_gateway_nothing_leaves_and_the_reason_stands_al_06(
    session: Session, ward: Ward, telephone: Phone
) -> None:
    asked_again(session, ward.patient, Vital.SPO2, now=NOW)
    message = messages_of(session, ward.patient)[0]
    nothing = type(telephone)(telephone.gateway, Post("", BREAKER))
    nothing.post(session, message, now=NOW)

    assert (message.state, message.reason) == (State.WITHHELD, Why.NO_GATEWAY)


def test_a_message_that_was_taken_is_not_sent_again_rel_10(
    session: Session, ward: Ward, telephone: Phone
) -> None:
    asked_again(session, ward.patient, Vital.SPO2, now=NOW)
    message = messages_of(session, ward.patient)[0]
    for _ in range(3):
        telephone.post(session, message, now=NOW)

    assert len(telephone.texts) == 1
    waiting = select(Outbox).where(Outbox.subject_id == message.id)
    assert len(session.scalars(waiting).all()) == 1


def test_a_receipt_says_delivered_and_nothing_more_rel_13(
    session: Session, ward: Ward, telephone: Phone
) -> None:
    asked_again(session, ward.patient, Vital.SPO2, now=NOW)
    message = messages_of(session, ward.patient)[0]
    telephone.post(session, message, now=NOW)
    later = NOW + timedelta(seconds=9)
    ours = note_receipt(session, Receipt(message.id, "sms", Arrival.DELIVERED), later)
    stranger = note_receipt(session, Receipt(uuid4(), "sms", Arrival.DELIVERED), later)

    assert (ours, stranger) == (True, False)
    assert (message.state, message.handed_over_at, message.delivered_at) == (
        State.DELIVERED,
        NOW,
        later,
    )
    assert message.opened_at is None


def test_a_receipt_of_failure_ends_a_message_that_nobody_opened(
    session: Session, ward: Ward, telephone: Phone
) -> None:
    asked_again(session, ward.patient, Vital.SPO2, now=NOW)
    message = messages_of(session, ward.patient)[0]
    telephone.post(session, message, now=NOW)
    note_receipt(session, Receipt(message.id, "sms", Arrival.FAILED, "unknown-recipient"), NOW)

    assert (message.state, message.reason) == (State.FAILED, Why.GIVEN_UP)
    (own,) = contacts_of(session, ward.patient, now=NOW)
    assert own.refused
