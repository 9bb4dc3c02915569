"""A review leaves once its act cannot be undone, and only an undo of that act keeps it back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from alerts import service as alerting
from alerts.outcomes import Label, Resolution
from alerts.patients.wording import Kind, Review, State, Why
from alerts.reviewing.service import after_review
from core.vitals import Severity
from tests.alerts.conftest import NOW
from tests.told import messages_of, phone, raised

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from alerts.policy import Policy
    from tests.alerts.conftest import FindingMaker, Ward

SECOND = timedelta(seconds=1)
TOLD = Review("spoken", "usual")


def test_an_undo_of_another_act_keeps_no_review_back(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy
) -> None:
    (alert,) = raised(session, ward.patient, finding(Severity.AMBER), policy, now=NOW)
    call = alerting.Contact.CALL
    alerting.note_contact(session, ward.doctor, alert, call, reached=True, now=NOW)
    after_review(session, ward.doctor, alert, TOLD, now=NOW)
    alerting.acknowledge(session, ward.doctor, alert, now=NOW + SECOND)
    alerting.undo(session, ward.doctor, alert, now=NOW + 2 * SECOND)
    with phone() as telephone:
        for each in messages_of(session, ward.patient):
            telephone.post(session, each, now=NOW + policy.undo)

    (message,) = messages_of(session, ward.patient)
    assert (message.kind, message.state) == (Kind.REVIEW, State.HANDED_OVER)


def test_an_undo_of_its_own_act_keeps_a_review_back_also_after_others(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy
) -> None:
    (alert,) = raised(session, ward.patient, finding(Severity.AMBER), policy, now=NOW)
    alerting.claim(session, ward.doctor, alert, now=NOW)
    alerting.undo(session, ward.doctor, alert, now=NOW)
    done = Resolution(Label.UNSURE)
    alerting.resolve(session, ward.doctor, alert, done, now=NOW + SECOND)
    after_review(session, ward.doctor, alert, TOLD, now=NOW + SECOND)
    alerting.undo(session, ward.doctor, alert, now=NOW + 2 * SECOND)
    with phone() as telephone:
        for each in messages_of(session, ward.patient):
            telephone.post(session, each, now=NOW + policy.undo)

    (message,) = messages_of(session, ward.patient)
    assert (message.state, message.reason) == (State.CANCELLED, Why.TAKEN_BACK)
