"""Who is told what and when: a repeat, a RED, a review, a question each day; and who is not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import select

from alerts import service as alerting
from alerts.dailies import service as dailies
from alerts.outcomes import resolution
from alerts.patients import service as telling
from alerts.patients import wording
from alerts.patients.wording import Kind, Review, State, Why
from alerts.reviewing.service import after_review
from core.errors import InvalidError, NotFoundError
from core.outbox import Outbox, Topic
from core.vitals import Severity, Vital
from ingest.contacts.repository import contacts_of
from ingest.contacts.service import agree
from ingest.context.tables import PatientAbsence
from ingest.tables import Patient
from monitoring.asking.repository import waiting
from monitoring.phrases import read_phrase
from tests.alerts.conftest import NOW
from tests.told import (
    OWN,
    asked_again,
    messages_of,
    number_of,
    phone,
    raised,
    reachable,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from alerts.policy import Policy
    from tests.alerts.conftest import FindingMaker, Ward

CALLED = resolution("true-actionable", "call", "")


@pytest.fixture
def ward(session: Session, build: Callable[..., Ward]) -> Ward:
    ward = build(session)
    reachable(session, ward.patient, now=NOW, carer=True)
    return ward


def agreed(session: Session, ward: Ward) -> None:
    carer = number_of(session, ward.patient, carer=True, now=NOW)
    agree(session, ward.doctor, carer, agreed=True, now=NOW)


def test_a_request_to_measure_again_becomes_one_message_to_the_patient_al_20(
    session: Session, ward: Ward
) -> None:
    asked_again(session, ward.patient, Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP, now=NOW)
    telling.inform(session, ward.patient, now=NOW)  # the same judgement again

    (message,) = messages_of(session, ward.patient)

    assert (message.kind, message.state, message.reason) == (
        Kind.REPEAT,
        State.WAITING,
        Why.ASKED,
    )
    assert len(message.asks) == 2
    assert not message.carer
    work = session.scalars(select(Outbox).where(Outbox.subject_id == message.id)).all()
    assert [each.topic for each in work] == [Topic.TELL]


def test_what_is_asked_while_a_message_is_open_joins_it_and_says_so_al_20(
    session: Session, ward: Ward
) -> None:
    asked_again(session, ward.patient, Vital.BODY_WEIGHT, now=NOW)
    later = NOW + timedelta(minutes=4)
    asked_again(session, ward.patient, Vital.SPO2, now=later)

    first, second = messages_of(session, ward.patient)

    assert len(first.asks) == 2
    assert (second.state, second.reason) == (State.WITHHELD, Why.JOINED)


def test_what_is_asked_once_the_page_was_opened_is_a_message_of_its_own_al_20(
    session: Session, ward: Ward
) -> None:
    asked_again(session, ward.patient, Vital.BODY_WEIGHT, now=NOW)
    messages_of(session, ward.patient)[0].opened_at = NOW + timedelta(minutes=1)
    asked_again(session, ward.patient, Vital.SPO2, now=NOW + timedelta(minutes=4))

    first, second = messages_of(session, ward.patient)

    assert (len(first.asks), len(second.asks)) == (1, 1)
    assert (second.state, second.reason) == (State.WAITING, Why.ASKED)


def test_what_is_asked_joins_no_page_that_only_a_carer_can_open_al_20(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy
) -> None:
    agreed(session, ward)
    raised(session, ward.patient, finding(), policy, now=NOW)
    own, carer = messages_of(session, ward.patient)
    own.opened_at = NOW
    asked_again(session, ward.patient, Vital.SPO2, now=NOW + timedelta(minutes=4))

    (new,) = [m for m in messages_of(session, ward.patient) if m.kind == Kind.REPEAT]

    assert (new.carer, new.state) == (False, State.WAITING)
    assert carer.asks == []


def test_what_joined_a_red_that_was_called_off_is_asked_by_itself_al_20(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy
) -> None:
    raised(session, ward.patient, finding(), policy, now=NOW)
    asked_again(session, ward.patient, Vital.SPO2, now=NOW)
    instruction = next(m for m in messages_of(session, ward.patient) if m.state == State.WAITING)
    instruction.state, instruction.reason = State.CANCELLED, Why.OVER
    telling.ask_again(session, ward.patient, now=NOW + timedelta(minutes=1))

    waiting_now = [m for m in messages_of(session, ward.patient) if m.state == State.WAITING]

    assert [(each.kind, len(each.asks)) for each in waiting_now] == [(Kind.REPEAT, 1)]


def test_a_repeat_that_came_already_is_asked_of_nobody_al_20(session: Session, ward: Ward) -> None:
    asked_again(session, ward.patient, Vital.SPO2, now=NOW, minutes=-1)

    assert waiting(session, ward.patient, now=NOW) == []
    assert messages_of(session, ward.patient) == []


def test_a_doubtful_red_is_one_message_with_the_request_on_its_page_al_20(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy
) -> None:
    raised(session, ward.patient, finding(), policy, now=NOW)
    asked_again(session, ward.patient, Vital.BODY_WEIGHT, now=NOW)

    sent = [m for m in messages_of(session, ward.patient) if m.state == State.WAITING]

    assert [each.kind for each in sent] == [Kind.INSTRUCTION]
    assert len(sent[0].asks) == 1


def test_who_is_in_hospital_or_paused_is_asked_nothing_and_the_reason_stands_al_10(
    session: Session, ward: Ward
) -> None:
    session.add(
        PatientAbsence(
            id=uuid4(), patient_id=ward.patient, why="admitted", since=NOW - timedelta(hours=3)
        )
    )
    asked_again(session, ward.patient, Vital.SPO2, now=NOW)

    (message,) = messages_of(session, ward.patient)

    assert (message.state, message.reason) == (State.WITHHELD, Why.ABSENT)


def test_a_patient_without_a_number_is_not_told_and_the_reason_stands_al_06(
    session: Session, build: Callable[..., Ward]
) -> None:
    ward = build(session)
    asked_again(session, ward.patient, Vital.SPO2, now=NOW)

    (message,) = messages_of(session, ward.patient)

    assert (message.state, message.reason, message.recipient) == (
        State.WITHHELD,
        Why.NO_CONTACT,
        "nobody",
    )


def test_the_synthetic_person_of_the_watcher_is_told_nothing_rel_33(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy
) -> None:
    session.get_one(Patient, ward.patient).synthetic = True
    session.flush()
    raised(session, ward.patient, finding(), policy, now=NOW)
    asked_again(session, ward.patient, Vital.SPO2, now=NOW)

    assert messages_of(session, ward.patient) == []


def test_an_agreeing_carer_is_asked_in_place_of_a_patient_who_wants_no_messages(
    session: Session, ward: Ward
) -> None:
    agreed(session, ward)
    own = number_of(session, ward.patient, carer=False, now=NOW)
    agree(session, ward.doctor, own, agreed=False, now=NOW)
    asked_again(session, ward.patient, Vital.SPO2, now=NOW)

    patient, carer = messages_of(session, ward.patient)

    assert (patient.state, patient.reason) == (State.WITHHELD, Why.STOPPED)
    assert (carer.carer, carer.state) == (True, State.WAITING)


def test_consent_is_written_down_by_who_may_see_the_patient_only_sec_12(
    session: Session, ward: Ward, build: Callable[..., Ward]
) -> None:
    stranger = build(session, name="Somebody Else").doctor
    carer = number_of(session, ward.patient, carer=True, now=NOW)

    with pytest.raises(NotFoundError):
        agree(session, stranger, carer, agreed=True, now=NOW)
    with pytest.raises(NotFoundError):
        dailies.set_hour(session, stranger, ward.patient, "09:00", now=NOW)

    assert [each.agreed for each in contacts_of(session, ward.patient, now=NOW)] == [None, None]


def test_after_a_review_the_patient_reads_what_was_noticed_done_and_is_to_be_done(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy
) -> None:
    (alert,) = raised(session, ward.patient, finding(Severity.AMBER), policy, now=NOW)
    alerting.resolve(
        session, ward.doctor, alert, resolution("true-actionable", "call", ""), now=NOW
    )
    after_review(session, ward.doctor, alert, Review("spoken", "again"), now=NOW)

    message = messages_of(session, ward.patient)[0]

    assert message.kind == Kind.REVIEW
    assert message.sent_by == ward.manager
    assert [each["id"].partition(".")[0] for each in message.says] == [
        "Your weight has gone up {change} kg in {span} days",
        "A member of your care team has spoken with you about it",
        "Please measure again on the morning of {day}, at the same time",
        "At night nobody may read your messages",
    ]
    said = [read_phrase(each) for each in message.says]
    assert "on the morning of 11 Mar," in wording.spoken(said, "en", emergency="119")[2]
    assert wording.spoken(said, "ko", emergency="119")[2].startswith("3월 11일 아침")
    work = session.scalars(select(Outbox).where(Outbox.subject_id == message.id)).one()
    assert work.next_try_at == NOW + timedelta(seconds=10)


def test_a_review_that_is_undone_is_told_to_nobody(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy
) -> None:
    (alert,) = raised(session, ward.patient, finding(Severity.AMBER), policy, now=NOW)
    doctor = ward.doctor
    alerting.resolve(session, doctor, alert, CALLED, now=NOW)
    after_review(session, doctor, alert, Review("spoken", "again"), now=NOW)
    alerting.undo(session, doctor, alert, now=NOW + timedelta(seconds=5))

    with phone() as telephone:
        telephone.post(
            session, messages_of(session, ward.patient)[0], now=NOW + timedelta(seconds=10)
        )

    message = messages_of(session, ward.patient)[0]
    assert telephone.texts == []
    assert (message.state, message.reason) == (State.CANCELLED, Why.TAKEN_BACK)


def test_a_sentence_that_nobody_reviewed_is_not_sent(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy
) -> None:
    (alert,) = raised(session, ward.patient, finding(Severity.AMBER), policy, now=NOW)

    with pytest.raises(InvalidError, match="choose what was done"):
        after_review(session, ward.doctor, alert, Review("you will die", "again"), now=NOW)

    assert messages_of(session, ward.patient) == []


def test_a_number_that_is_sent_no_more_is_used_no_more_and_its_consent_stands(
    session: Session, ward: Ward
) -> None:
    agreed(session, ward)
    reachable(session, ward.patient, now=NOW, carer=False)
    without = contacts_of(session, ward.patient, now=NOW)
    reachable(session, ward.patient, now=NOW, carer=True)

    assert [each.address for each in without] == [OWN]
    assert [each.may_be_told for each in contacts_of(session, ward.patient, now=NOW)] == [
        True,
        True,
    ]
