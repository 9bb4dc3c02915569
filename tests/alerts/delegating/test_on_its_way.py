"""What was on its way to somebody when a colleague passed the alert on still reaches them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from alerts import service
from alerts.notify.outlets import Outlets
from core.security import Role
from core.vitals import Severity
from tests.alerts.messages import HERE, mails

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.notify.email import Mailer
    from tests.alerts.conftest import FindingMaker, Mailbox, Raise, Ward

SECOND = timedelta(seconds=1)
LATER = timedelta(minutes=6)


def sent(session: Session, alert_id: UUID, mailer: Mailer, now: datetime) -> dict[str, str]:
    """Let what waits be handed over; return how each recipient's e-mail stands."""
    for each in mails(session, alert_id):
        service.deliver(session, each.id, now=now, outlets=Outlets(mailer), addresses=HERE)
    return {each.recipient: each.state for each in mails(session, alert_id)}


@pytest.mark.parametrize("taken", [False, True])
def test_whoever_was_escalated_to_hears_of_it_though_it_is_delegated(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    mailbox: tuple[Mailbox, Mailer],
    *,
    taken: bool,
) -> None:
    """AL-15: of what the acknowledgement made stale nothing goes out, of what came after all."""
    (alert_id,) = judged(session, ward.patient, finding())
    service.acknowledge(session, ward.doctor, alert_id, now=now)
    service.escalate(session, ward.doctor, alert_id, now=now + SECOND)

    service.delegate(session, ward.doctor, alert_id, ward.nurse, now=now + 2 * SECOND)
    if taken:
        service.escalate_due(session, now=now + LATER)  # the nurse is told, and takes it
        service.acknowledge(session, ward.caller(ward.nurse, Role.NURSE), alert_id, now=now + LATER)

    stands = sent(session, alert_id, mailbox[1], now + LATER)
    assert stands[f"practitioner:{ward.colleague}"] == "handed-over"
    assert len(mailbox[0].received) == 1


@pytest.mark.parametrize(("by", "stands"), [("nurse", "handed-over"), ("manager", "cancelled")])
def test_what_nobody_took_is_told_though_passed_on_but_not_to_who_passed_it_on(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    mailbox: tuple[Mailbox, Mailer],
    by: str,
    stands: str,
) -> None:
    (alert_id,) = judged(session, ward.patient, finding(Severity.AMBER))
    caller = ward.doctor if by == "manager" else ward.caller(ward.nurse, Role.NURSE)

    service.delegate(session, caller, alert_id, ward.colleague, now=now + SECOND)

    found = sent(session, alert_id, mailbox[1], now + LATER)
    assert found == {f"practitioner:{ward.manager}": stands}


def test_what_was_on_its_way_goes_out_after_the_delegation_is_undone(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    mailbox: tuple[Mailbox, Mailer],
) -> None:
    (alert_id,) = judged(session, ward.patient, finding())
    service.acknowledge(session, ward.doctor, alert_id, now=now)
    service.escalate(session, ward.doctor, alert_id, now=now + SECOND)
    service.delegate(session, ward.doctor, alert_id, ward.nurse, now=now + 2 * SECOND)

    service.undo(session, ward.doctor, alert_id, now=now + 3 * SECOND)

    stands = sent(session, alert_id, mailbox[1], now + LATER)
    assert stands[f"practitioner:{ward.colleague}"] == "handed-over"
