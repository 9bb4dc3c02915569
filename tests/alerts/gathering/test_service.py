"""What arrives together about one person leaves as one message (AL-09)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from alerts import service
from alerts.delivery import repository as deliveries
from alerts.delivery.repository import Target
from alerts.notify.outlets import Outlets
from alerts.reasons import Reason
from alerts.tables import Alert, Step
from core.outbox import Outbox, Topic
from core.vitals import Severity
from monitoring.findings import Problem
from tests.alerts.messages import HERE, mail, mails, reasons

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.notify.email import Mailer
    from alerts.tables import Delivery
    from tests.alerts.conftest import FindingMaker, Mailbox, Raise, Ward

AMBER, RED = Severity.AMBER, Severity.RED
MINUTE = timedelta(minutes=1)


def due(session: Session, delivery: Delivery) -> datetime:
    query = select(Outbox.next_try_at).where(
        Outbox.topic == Topic.DELIVER, Outbox.subject_id == delivery.id
    )
    return session.scalars(query).one()


def test_an_amber_is_in_the_inbox_at_once_and_its_message_waits_five_minutes_al_09(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert,) = judged(session, ward.patient, finding(AMBER))

    assert due(session, mail(session, alert)) == now + 5 * MINUTE
    assert reasons(session, alert, "gathering") == ["waits-for-what-else-arrives"]
    assert [row.patient_id for row in service.inbox(session, ward.doctor, now=now)] == [
        ward.patient
    ]


def test_two_ambers_of_one_person_leave_as_one_message_and_both_say_so_al_09(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    mailbox: tuple[Mailbox, Mailer],
) -> None:
    box, mailer = mailbox
    (first,) = judged(session, ward.patient, finding(AMBER))
    later = now + MINUTE
    (second,) = judged(
        session, ward.patient, finding(AMBER), finding(AMBER, problem=Problem.RHYTHM), at=later
    )
    leaves = now + 5 * MINUTE

    for alert in (first, second):
        service.deliver(
            session, mail(session, alert).id, now=leaves, outlets=Outlets(mailer), addresses=HERE
        )

    assert len(box.received) == 1
    assert mail(session, first).public_id.encode() in box.received[0][1]
    assert {each.state for each in mails(session, first, second)} == {"handed-over"}
    assert mail(session, second).sent_with == mail(session, first).id
    assert reasons(session, second, "joined") == ["sent-as-one-message"]


def test_a_red_takes_what_waits_along_at_once_al_09(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    mailbox: tuple[Mailbox, Mailer],
) -> None:
    box, mailer = mailbox
    (amber,) = judged(session, ward.patient, finding(AMBER))
    both = [finding(AMBER), finding(RED, problem=Problem.RHYTHM)]
    (red,) = judged(session, ward.patient, *both, at=now + MINUTE)

    assert due(session, mail(session, red)) == now + MINUTE
    service.deliver(
        session, mail(session, red).id, now=now + MINUTE, outlets=Outlets(mailer), addresses=HERE
    )

    assert len(box.received) == 1
    assert b"Severity: RED" in box.received[0][1]
    assert mail(session, amber).sent_with == mail(session, red).id


def test_a_red_sends_on_what_waits_for_somebody_else_al_09(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (amber,) = judged(session, ward.patient, finding(AMBER))
    mail(session, amber).recipient = "practitioner:somebody-else"
    session.flush()

    judged(session, ward.patient, finding(RED, problem=Problem.RHYTHM), at=now + MINUTE)

    assert due(session, mail(session, amber)) == now + MINUTE


@pytest.mark.parametrize(
    ("leaves", "after"), [(Severity.YELLOW, MINUTE), (AMBER, 5 * MINUTE), (RED, 5 * MINUTE)]
)
def test_what_leaves_at_once_sends_on_whatever_it_cannot_take_along_al_09(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    leaves: Severity,
    after: timedelta,
) -> None:
    """A YELLOW that was escalated takes no AMBER along, though both go to one mailbox."""
    (amber,) = judged(session, ward.patient, finding(AMBER))
    waits = mail(session, amber)
    both = [finding(AMBER), finding(Severity.YELLOW, problem=Problem.RHYTHM)]
    (other,) = judged(session, ward.patient, *both)
    alert = session.get_one(Alert, other)
    alert.severity = leaves
    step = session.scalars(select(Step).where(Step.alert_id == other)).all()[0]
    step.reason = Reason.ESCALATED

    to = Target(waits.recipient, waits.channel)
    deliveries.add(session, alert, step, to, now=now + MINUTE)

    assert due(session, waits) == now + after


def test_an_amber_that_leaves_first_does_not_take_a_red_along_al_09(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    mailbox: tuple[Mailbox, Mailer],
) -> None:
    """AL-10: its message says AMBER, so the RED would be hidden behind it."""
    box, mailer = mailbox
    (amber,) = judged(session, ward.patient, finding(AMBER))
    leaves = now + 5 * MINUTE
    both = [finding(AMBER), finding(RED, problem=Problem.RHYTHM)]
    (red,) = judged(session, ward.patient, *both, at=leaves)

    for alert in (amber, red):
        service.deliver(
            session, mail(session, alert).id, now=leaves, outlets=Outlets(mailer), addresses=HERE
        )

    assert [b"Severity: RED" in content for _, content in box.received] == [False, True]
    assert mail(session, red).sent_with is None


@pytest.mark.parametrize("fails", [True, False])
def test_what_is_acknowledged_or_another_persons_is_not_taken_along_al_09(
    session: Session,
    build: Callable[..., Ward],
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    mailbox: tuple[Mailbox, Mailer],
    *,
    fails: bool,
) -> None:
    box, mailer = mailbox
    ward, other = build(session), build(session)
    (mine,) = judged(session, ward.patient, finding(AMBER))
    (theirs,) = judged(session, other.patient, finding(AMBER))
    mail(session, theirs).recipient = mail(session, mine).recipient
    service.acknowledge(session, ward.doctor, mine, now=now)
    both = [finding(AMBER), finding(RED, problem=Problem.RHYTHM)]
    (red,) = judged(session, ward.patient, *both, at=now + MINUTE)
    box.refusal = "450 later" if fails else ""

    service.deliver(
        session, mail(session, red).id, now=now + MINUTE, outlets=Outlets(mailer), addresses=HERE
    )

    assert len(box.received) == (0 if fails else 1)
    assert {each.state for each in mails(session, mine, theirs)} == {"waiting"}


def test_a_message_that_failed_leaves_the_others_waiting_to_go_by_themselves_al_09(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    mailbox: tuple[Mailbox, Mailer],
) -> None:
    box, mailer = mailbox
    two = [finding(AMBER), finding(AMBER, problem=Problem.RHYTHM)]
    first, second = judged(session, ward.patient, *two)
    box.refusal = "450 later"
    leaves = now + 5 * MINUTE
    service.deliver(
        session, mail(session, first).id, now=leaves, outlets=Outlets(mailer), addresses=HERE
    )
    waits = mail(session, second).state

    box.refusal = ""
    service.deliver(
        session, mail(session, second).id, now=leaves, outlets=Outlets(mailer), addresses=HERE
    )

    assert waits == "waiting"
    assert mail(session, second).state == "handed-over"
    assert mail(session, first).sent_with is None
