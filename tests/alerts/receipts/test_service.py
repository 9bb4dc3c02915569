"""What a provider tells of a message holds for every alert whose message left with it (AL-09)."""

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
from alerts.tables import Step
from core.vitals import Severity
from monitoring import repository as judgements
from monitoring.findings import Problem
from tests.alerts.messages import HERE, mail, mails

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.notify.email import Mailer
    from core.database import Database
    from tests.alerts.conftest import FindingMaker, Mailbox, Raise, Ward

AMBER = Severity.AMBER
MINUTE = timedelta(minutes=1)


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
