"""Which number a message goes to: the person's own, of whom a no counts for all of theirs."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.arriving.service import note_receipt
from alerts.patients.wording import State, Why
from alerts.receipts.service import Arrival, Receipt
from core.security import SYSTEM
from core.vitals import Vital
from ingest.contacts.repository import contacts_of
from ingest.contacts.service import agree
from ingest.merging.service import merge, unmerge
from tests.alerts.conftest import NOW
from tests.alerts.posting.conftest import SECOND
from tests.provider import Reply
from tests.told import OWN, asked_again, messages_of, number_of, reachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from tests.alerts.conftest import Ward
    from tests.told import Phone


def test_a_no_is_the_persons_so_that_their_second_and_their_new_number_are_not_used_sec_47(
    session: Session, ward: Ward, telephone: Phone
) -> None:
    mobile = {"system": "phone", "use": "mobile"}
    numbers = [mobile | {"value": OWN, "rank": 1}, mobile | {"value": SECOND, "rank": 2}]
    reachable(session, ward.patient, now=NOW, resource={"telecom": numbers})
    asked_again(session, ward.patient, Vital.SPO2, now=NOW)
    own = number_of(session, ward.patient, carer=False, now=NOW)
    agree(session, ward.doctor, own, agreed=False, now=NOW)
    message = messages_of(session, ward.patient)[0]
    telephone.post(session, message, now=NOW)
    reachable(session, ward.patient, now=NOW, resource={"telecom": numbers[1:]})
    asked_again(session, ward.patient, Vital.BODY_WEIGHT, now=NOW)

    assert telephone.texts == []
    assert {each.reason for each in messages_of(session, ward.patient)} == {Why.STOPPED}


def test_a_no_counts_for_the_merged_record_and_not_for_another_person_sec_28_sec_47(
    session: Session, ward: Ward, build: Callable[..., Ward]
) -> None:
    other = build(session, name="Canary Other")
    mobile = {"system": "phone", "use": "mobile", "value": SECOND}
    reachable(session, other.patient, now=NOW, resource={"telecom": [mobile]})
    own = number_of(session, ward.patient, carer=False, now=NOW)
    agree(session, ward.doctor, own, agreed=False, now=NOW)
    merge(session, SYSTEM, ward.patient, other.patient, reason="one person", now=NOW)
    together = [each.may_be_told for each in contacts_of(session, other.patient, now=NOW)]
    unmerge(session, SYSTEM, other.patient, now=NOW)
    alone = [each.may_be_told for each in contacts_of(session, other.patient, now=NOW)]

    assert (together, alone) == ([False, False], [True])


def test_after_an_unmerge_nothing_goes_to_the_other_persons_number_sec_28(
    session: Session, ward: Ward, build: Callable[..., Ward], telephone: Phone
) -> None:
    other = build(session, name="Canary Other")
    mobile = {"system": "phone", "use": "mobile", "value": SECOND}
    reachable(session, other.patient, now=NOW, resource={"telecom": [mobile]})
    reachable(session, ward.patient, now=NOW, resource={"telecom": []})
    merge(session, SYSTEM, ward.patient, other.patient, reason="one person", now=NOW)
    asked_again(session, ward.patient, Vital.SPO2, now=NOW)
    unmerge(session, SYSTEM, other.patient, now=NOW)
    message = messages_of(session, ward.patient)[0]
    telephone.post(session, message, now=NOW)

    assert message.contact_id is not None
    assert telephone.texts == []
    assert (message.state, message.reason) == (State.WITHHELD, Why.NO_CONTACT)


def test_after_an_unmerge_nobody_is_told_of_what_the_other_record_asked_sec_28(
    session: Session, ward: Ward, build: Callable[..., Ward], telephone: Phone
) -> None:
    other = build(session, name="Canary Other")
    merge(session, SYSTEM, ward.patient, other.patient, reason="one person", now=NOW)
    asked_again(session, other.patient, Vital.SPO2, now=NOW)
    unmerge(session, SYSTEM, other.patient, now=NOW)
    message = messages_of(session, ward.patient)[0]
    telephone.post(session, message, now=NOW)

    assert telephone.texts == []
    assert (message.state, message.reason) == (State.CANCELLED, Why.PARTED)


def test_a_number_that_was_replaced_while_a_message_waited_is_left_for_the_new_one(
    session: Session, ward: Ward, telephone: Phone
) -> None:
    asked_again(session, ward.patient, Vital.SPO2, now=NOW)
    mobile = {"system": "phone", "use": "mobile", "value": SECOND}
    reachable(session, ward.patient, now=NOW, resource={"telecom": [mobile]})
    telephone.post(session, messages_of(session, ward.patient)[0], now=NOW)

    assert [each.said["to"] for each in telephone.gateway.came] == [SECOND]


@pytest.mark.parametrize("told", ["at once", "later"])
def test_who_told_the_provider_to_stop_is_sent_nothing_by_any_number_sec_47(
    session: Session, ward: Ward, telephone: Phone, told: str
) -> None:
    mobile = {"system": "phone", "use": "mobile"}
    numbers = [mobile | {"value": OWN, "rank": 1}, mobile | {"value": SECOND, "rank": 2}]
    reachable(session, ward.patient, now=NOW, resource={"telecom": numbers})
    telephone.gateway.script = (
        [Reply(410, body=b'{"code": "opted-out"}')] if told == "at once" else []
    )
    asked_again(session, ward.patient, Vital.SPO2, now=NOW)
    message = messages_of(session, ward.patient)[0]
    telephone.post(session, message, now=NOW)
    if told == "later":
        note_receipt(session, Receipt(message.id, "sms", Arrival.DELIVERED), NOW)
        note_receipt(session, Receipt(message.id, "sms", Arrival.FAILED, "opted-out"), NOW)
    telephone.post(session, message, now=NOW)
    reachable(session, ward.patient, now=NOW, resource={"telecom": numbers})  # sent anew
    asked_again(session, ward.patient, Vital.BODY_WEIGHT, now=NOW + timedelta(minutes=1))

    assert [each.said["to"] for each in telephone.gateway.came] == [OWN]
    assert [each.may_be_told for each in contacts_of(session, ward.patient, now=NOW)] == [False] * 2
