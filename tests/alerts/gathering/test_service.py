"""What arrives together about one person leaves as one message (AL-09)."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, text

from alerts import repository as rows
from alerts import service
from alerts.notify.outlets import Outlets
from alerts.receipts import service as receipts
from alerts.receipts.service import Arrival, Receipt
from alerts.service import Addresses
from alerts.tables import AlertEvent, Delivery, Step
from core.outbox import Outbox, Topic
from core.vitals import Severity
from monitoring import repository as judgements
from monitoring.findings import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.notify.email import Mailer
    from core.database import Database
    from tests.alerts.conftest import FindingMaker, Mailbox, Raise, Ward

HERE = Addresses("https://ward.example.org/", "on-call@example.org")
AMBER, RED = Severity.AMBER, Severity.RED
MINUTE = timedelta(minutes=1)


def mails(session: Session, *alerts: UUID) -> Sequence[Delivery]:
    query = select(Delivery).where(Delivery.alert_id.in_(alerts), Delivery.channel == "email")
    return session.scalars(query.execution_options(populate_existing=True)).all()


def mail(session: Session, alert: UUID) -> Delivery:
    (found,) = mails(session, alert)
    return found


def due(session: Session, delivery: Delivery) -> datetime:
    query = select(Outbox.next_try_at).where(
        Outbox.topic == Topic.DELIVER, Outbox.subject_id == delivery.id
    )
    return session.scalars(query).one()


def said(session: Session, alert: UUID, kind: str) -> list[str]:
    query = select(AlertEvent.reason).where(AlertEvent.alert_id == alert, AlertEvent.kind == kind)
    return list(session.scalars(query))


def test_an_amber_is_in_the_inbox_at_once_and_its_message_waits_five_minutes_al_09(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert,) = judged(session, ward.patient, finding(AMBER))

    assert due(session, mail(session, alert)) == now + 5 * MINUTE
    assert said(session, alert, "gathering") == ["waits-for-what-else-arrives"]
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
    assert said(session, second, "joined") == ["sent-as-one-message"]


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


@pytest.mark.parametrize("arrival", Arrival)
def test_what_is_told_of_a_message_holds_for_every_alert_that_left_with_it_al_09(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    mailbox: tuple[Mailbox, Mailer],
    arrival: Arrival,
) -> None:
    """REL-12: an alert whose message did not arrive goes on, whichever message it left with."""
    outlets = Outlets(mailbox[1])
    both = [finding(AMBER), finding(AMBER, problem=Problem.RHYTHM)]
    first, second = judged(session, ward.patient, *both)
    carrier, other = mail(session, first), mail(session, second)
    service.deliver(session, carrier.id, now=now, outlets=outlets, addresses=HERE)

    receipts.note(
        session,
        Receipt(carrier.id, "email", arrival),
        now=now + MINUTE,
        outlets=outlets,
        addresses=HERE,
    )

    assert mail(session, second).sent_with == carrier.id
    assert (carrier.state, other.state) == (arrival, arrival)
    failed = arrival is Arrival.FAILED
    assert (other.delivered_at, other.moved_on_at) == (
        (None, now + MINUTE) if failed else (now + MINUTE, None)
    )
    waits = select(func.min(Step.due_at)).where(Step.alert_id == second, Step.state == "waiting")
    assert session.scalar(waits) == now + (MINUTE if failed else timedelta(hours=4))


def blocked(session: Session) -> bool:
    return bool(session.scalar(text("select exists (select from pg_locks where not granted)")))


def test_a_receipt_and_a_judgement_of_one_person_never_wait_for_each_other_al_09(
    database: Database,
    committed: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    mailbox: tuple[Mailbox, Mailer],
) -> None:
    """REL-27: each of them locks both alerts, and a deadlock would end one of the two."""
    outlets = Outlets(mailbox[1])
    both = [finding(AMBER), finding(AMBER, problem=Problem.RHYTHM)]
    with database.transaction() as session:
        first, second = judged(session, committed.patient, *both)
        carrier = mail(session, first).id
        service.deliver(session, carrier, now=now, outlets=outlets, addresses=HERE)

    def receive() -> bool:
        receipt = Receipt(carrier, "email", Arrival.DELIVERED)
        with database.transaction() as other:
            return receipts.note(other, receipt, now=now, outlets=outlets, addresses=HERE)

    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as session:
            judgements.lock(session, [committed.patient])
            rows.locked(session, second)
            noted = pool.submit(receive)
            while not blocked(session):
                time.sleep(0.01)
            judged(session, committed.patient, *both, at=now + MINUTE)
        assert noted.result(timeout=30)

    with database.transaction() as session:
        assert {each.state for each in mails(session, first, second)} == {"delivered"}


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
