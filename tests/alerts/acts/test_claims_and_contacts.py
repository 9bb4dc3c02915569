from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from alerts import service
from alerts.notify.outlets import Outlets
from alerts.service import Contact
from alerts.tables import Alert, AlertEvent, Step
from core.errors import ConflictError
from core.vitals import Severity
from tests.alerts.messages import HERE, mails

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.notify.email import Mailer
    from tests.alerts.conftest import FindingMaker, Mailbox, Raise, Ward

MINUTE = timedelta(minutes=1)


def get(session: Session, alert_id: UUID) -> Alert:
    return session.get_one(Alert, alert_id, populate_existing=True)


def kinds(session: Session, alert_id: UUID) -> list[str]:
    query = select(AlertEvent.kind).where(AlertEvent.alert_id == alert_id)
    return list(session.scalars(query.order_by(AlertEvent.id)))


def told(session: Session, alert_id: UUID) -> list[tuple[str, str]]:
    """Return (kind of recipient, reason) of the steps that acted, in their order."""
    query = select(Step.to_kind, Step.reason).where(
        Step.alert_id == alert_id, Step.state == "fired", Step.channel == "inbox"
    )
    return [
        (r.to_kind, r.reason)
        for r in session.execute(query.order_by(Step.fired_at, Step.fence, Step.position))
    ]


def test_a_claim_is_seen_by_others_and_its_escalation_goes_on(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding())

    service.claim(session, ward.doctor, alert_id, now=now)

    (row,) = service.inbox(session, ward.caller(ward.colleague), now=now)
    assert (row.state, row.holding.claimed_by_name) == ("claimed", "Dr Ahn")
    assert (row.next_step, row.next_step_at) == ("backup physician", now + 15 * MINUTE)
    service.escalate_due(session, now=now + 15 * MINUTE)
    assert ("backup", "not-acknowledged") in told(session, alert_id)


def test_a_claim_lapses_by_itself_after_ten_minutes(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding(Severity.AMBER))
    service.claim(session, ward.doctor, alert_id, now=now)

    service.escalate_due(session, now=now + 9 * MINUTE)
    assert get(session, alert_id).state == "claimed"
    service.escalate_due(session, now=now + 10 * MINUTE)

    assert (get(session, alert_id).state, get(session, alert_id).claimed_by) == ("open", None)
    assert kinds(session, alert_id)[-1] == "unclaimed"
    service.claim(session, ward.caller(ward.colleague), alert_id, now=now + 11 * MINUTE)
    assert get(session, alert_id).claimed_by == ward.colleague


def test_the_second_to_claim_is_told_who_was_first_ux_05(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding())
    service.claim(session, ward.doctor, alert_id, now=now)
    service.claim(session, ward.doctor, alert_id, now=now)  # pressing twice changes nothing

    with pytest.raises(ConflictError, match=r"^Dr Ahn claimed this 5 s ago$"):
        service.claim(
            session, ward.caller(ward.colleague), alert_id, now=now + timedelta(seconds=5)
        )
    assert kinds(session, alert_id).count("claimed") == 1


def test_who_saw_the_claim_may_take_the_alert_and_who_did_not_is_told_first(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    """UX-05: a claim is no lock; a RED need not wait ten minutes for it."""
    (alert_id,) = judged(session, ward.patient, finding())
    seen = get(session, alert_id).version
    service.claim(session, ward.doctor, alert_id, now=now)
    colleague = ward.caller(ward.colleague)

    with pytest.raises(ConflictError, match=r"^Dr Ahn claimed this 0 s ago; look again"):
        service.acknowledge(session, colleague, alert_id, now=now, version=seen)
    service.acknowledge(session, colleague, alert_id, now=now, version=seen + 1)

    alert = get(session, alert_id)
    assert (alert.state, alert.owner_id, alert.claimed_by) == (
        "acknowledged",
        ward.colleague,
        None,
    )


def test_a_rise_drops_the_claim(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding(Severity.AMBER))
    service.claim(session, ward.doctor, alert_id, now=now)
    judged(session, ward.patient, finding(Severity.RED, rule="HF-9"), at=now + MINUTE)

    alert = get(session, alert_id)
    assert (alert.state, alert.severity, alert.highest) == ("open", "RED", "RED")
    service.escalate_due(session, now=now + 10 * MINUTE)  # its old end does nothing
    assert "unclaimed" not in kinds(session, alert_id)


def test_an_acknowledgement_lasts_from_the_contact_that_was_made_al_12(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding())
    service.acknowledge(session, ward.doctor, alert_id, now=now)

    missed = now + 10 * MINUTE
    service.note_contact(session, ward.doctor, alert_id, Contact.CALL, reached=False, now=missed)
    assert get(session, alert_id).ack_expires_at == now + 60 * MINUTE
    assert get(session, alert_id).contacted_at is None

    reached = now + 20 * MINUTE
    service.note_contact(session, ward.doctor, alert_id, Contact.VISIT, reached=True, now=reached)

    alert = get(session, alert_id)
    assert (alert.contacted_at, alert.ack_expires_at) == (reached, reached + 60 * MINUTE)
    service.escalate_due(session, now=now + 60 * MINUTE)
    assert get(session, alert_id).state == "acknowledged"
    service.escalate_due(session, now=reached + 60 * MINUTE)
    assert get(session, alert_id).state == "open"


def test_a_contact_keeps_nobody_from_hearing_of_an_escalation(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    mailbox: tuple[Mailbox, Mailer],
) -> None:
    (alert_id,) = judged(session, ward.patient, finding())
    service.acknowledge(session, ward.doctor, alert_id, now=now)
    service.escalate(session, ward.doctor, alert_id, now=now + MINUTE)

    service.note_contact(
        session, ward.doctor, alert_id, Contact.CALL, reached=True, now=now + MINUTE
    )

    outlets = Outlets(mailbox[1])
    for each in mails(session, alert_id):
        service.deliver(session, each.id, now=now + MINUTE, outlets=outlets, addresses=HERE)
    stands = {each.recipient: each.state for each in mails(session, alert_id)}
    backup = f"practitioner:{ward.colleague}"
    assert (len(stands), stands[backup]) == (2, "handed-over")
    assert len(mailbox[0].received) == 1  # what the acknowledgement made stale stays so


def test_a_person_may_ask_for_the_next_step_now_whoever_owns_the_alert(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    """alerting.md section 3: the next step of the frozen chain is due at once."""
    (alert_id,) = judged(session, ward.patient, finding())
    service.acknowledge(session, ward.doctor, alert_id, now=now)

    for _ in range(3):
        service.escalate(session, ward.doctor, alert_id, now=now + MINUTE)

    reached = [to for to, reason in told(session, alert_id) if reason == "escalated-by-a-person"]
    assert reached == ["backup", "fallback", "fallback"]
    assert get(session, alert_id).state == "acknowledged"
    assert get(session, alert_id).ack_expires_at == now + 60 * MINUTE


def test_escalating_an_open_alert_hastens_what_waits_and_the_chain_goes_on(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding())

    service.escalate(session, ward.caller(ward.nurse), alert_id, now=now + MINUTE)
    service.escalate_due(session, now=now + 30 * MINUTE)

    assert told(session, alert_id) == [
        ("responsible", "first-notification"),
        ("backup", "escalated-by-a-person"),
        ("fallback", "not-acknowledged"),
    ]


def test_escalating_just_after_passing_on_goes_up_the_chain_and_not_to_who_was_asked(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding())
    service.delegate(session, ward.doctor, alert_id, ward.nurse, now=now)

    service.escalate(session, ward.doctor, alert_id, now=now)

    assert told(session, alert_id)[-1] == ("backup", "escalated-by-a-person")
