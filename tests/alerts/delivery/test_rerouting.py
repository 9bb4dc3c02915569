from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, select, update

from alerts import service
from alerts.notify.outlets import Outlets
from alerts.service import Addresses
from alerts.tables import Delivery, Step
from ingest import tables as people
from tests.alerts.messages import HERE, NOWHERE, mails, reasons

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.notify.email import Mailer
    from tests.alerts.conftest import FindingMaker, Mailbox, Raise, Ward


def _no_team(session: Session, ward: Ward) -> None:
    session.execute(
        delete(people.CareTeamPatient).where(people.CareTeamPatient.patient_id == ward.patient)
    )


def _no_physician(session: Session, ward: Ward) -> None:
    session.execute(update(people.CareTeamPatient).values(care_manager_id=None))
    session.execute(
        delete(people.CareTeamParticipant).where(
            people.CareTeamParticipant.care_team_id == ward.team,
            people.CareTeamParticipant.role == "physician",
        )
    )


def _disabled(session: Session, ward: Ward) -> None:
    session.execute(
        update(people.Practitioner)
        .where(people.Practitioner.id == ward.manager)
        .values(active=False)
    )


def _no_address(session: Session, ward: Ward) -> None:
    session.execute(
        update(people.Practitioner).where(people.Practitioner.id == ward.manager).values(email=b"")
    )


WAYS = [
    (_no_team, "no-care-team"),
    (_no_physician, "no-responsible-physician"),
    (_disabled, "recipient-disabled"),
    (_no_address, "recipient-has-no-channel"),
]


@pytest.mark.parametrize(("harm", "reason"), WAYS)
def test_whom_nobody_answers_for_goes_to_the_fallback_team_and_says_so(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    mailbox: tuple[Mailbox, Mailer],
    harm: Callable[[Session, Ward], None],
    reason: str,
) -> None:
    """REL-40: each way to make the recipient unresolvable before the alert opens."""
    box, mailer = mailbox
    harm(session, ward)
    (alert_id,) = judged(session, ward.patient, finding())
    (mail,) = mails(session, alert_id)

    service.deliver(session, mail.id, now=now, outlets=Outlets(mailer), addresses=HERE)

    assert [recipients for recipients, _ in box.received] == [["on-call@example.org"]]
    assert reason in reasons(session, alert_id, "rerouted")


@pytest.mark.parametrize("harm", [_no_team, _no_physician, _disabled, _no_address])
def test_who_left_between_the_step_and_the_sending_is_replaced(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    mailbox: tuple[Mailbox, Mailer],
    harm: Callable[[Session, Ward], None],
) -> None:
    """REL-40, SEC-15, FT-30: resolved at send time."""
    box, mailer = mailbox
    (alert_id,) = judged(session, ward.patient, finding())
    (mail,) = mails(session, alert_id)
    harm(session, ward)
    session.expire_all()

    service.deliver(session, mail.id, now=now, outlets=Outlets(mailer), addresses=HERE)
    assert box.received == []
    replacement = next(m for m in mails(session, alert_id) if m.recipient == "fallback")
    service.deliver(session, replacement.id, now=now, outlets=Outlets(mailer), addresses=HERE)

    assert [recipients for recipients, _ in box.received] == [["on-call@example.org"]]
    assert len(reasons(session, alert_id, "delivery-rerouted")) == 1


def test_a_fallback_without_an_address_is_shown_in_the_inbox_and_says_so(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    """REL-40."""
    _no_team(session, ward)
    (alert_id,) = judged(session, ward.patient, finding())
    (mail,) = mails(session, alert_id)

    silent = Addresses("https://ward.example.org")
    service.deliver(session, mail.id, now=now, outlets=Outlets(NOWHERE), addresses=silent)

    assert reasons(session, alert_id, "delivery-rerouted") == ["fallback-has-no-address"]
    shown = session.scalars(
        select(Delivery.recipient).where(
            Delivery.alert_id == alert_id,
            Delivery.channel == "inbox",
            Delivery.state == "delivered",
        )
    )
    assert "fallback" in set(shown)


def test_mailboxes_that_are_gone_bring_no_repeat_before_its_time_rel_29(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    mailbox: tuple[Mailbox, Mailer],
) -> None:
    """FT-22: the chain is over at once, and then goes on every 15 minutes as it always does."""
    box, mailer = mailbox
    (alert_id,) = judged(session, ward.patient, finding())
    box.unknown = True

    for minute in range(60):
        at = now + timedelta(minutes=minute)
        service.escalate_due(session, now=at)
        for mail in mails(session, alert_id):
            service.deliver(session, mail.id, now=at, outlets=Outlets(mailer), addresses=HERE)

    repeats = select(Step.fired_at).where(
        Step.alert_id == alert_id, Step.kind == "repeat", Step.fired_at.is_not(None)
    )
    gaps = [at - now for at in session.scalars(repeats.order_by(Step.fired_at)) if at]
    assert gaps == [timedelta(minutes=minutes) for minutes in (18, 33, 48)]
