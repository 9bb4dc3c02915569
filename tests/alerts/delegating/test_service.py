from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import select

from alerts import service
from alerts.tables import Alert, AlertEvent, Delivery
from alerts.wording.repository import words_of
from core.errors import ConflictError, InvalidError
from core.security import Role
from core.vitals import Severity
from ingest import tables as people

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from tests.alerts.conftest import FindingMaker, Raise, Ward

MINUTE = timedelta(minutes=1)
UNDO = timedelta(seconds=10)


def get(session: Session, alert_id: UUID) -> Alert:
    return session.get_one(Alert, alert_id, populate_existing=True)


def told(session: Session, alert_id: UUID, who: UUID) -> set[str]:
    """Return the channels by which somebody was told because an alert was passed on."""
    query = select(Delivery.channel).where(
        Delivery.alert_id == alert_id, Delivery.recipient.like(f"%{who}")
    )
    return set(session.scalars(query))


def test_a_delegate_owns_it_at_once_and_is_told_once_it_cannot_be_undone(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding())
    service.acknowledge(session, ward.doctor, alert_id, now=now)

    service.delegate(session, ward.doctor, alert_id, ward.nurse, now=now)

    alert = get(session, alert_id)
    assert (alert.state, alert.owner_id) == ("acknowledged", ward.nurse)
    service.escalate_due(session, now=now + UNDO - timedelta(seconds=1))
    assert told(session, alert_id, ward.nurse) == set()
    service.escalate_due(session, now=now + UNDO)
    assert told(session, alert_id, ward.nurse) == {"inbox", "email"}


def test_a_note_to_the_delegate_stands_on_the_timeline_and_in_no_message_ux_04(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding())

    service.delegate(session, ward.doctor, alert_id, ward.nurse, now=now, note=" Ring the son. ")

    service.escalate_due(session, now=now + UNDO)
    (event,) = session.scalars(
        select(AlertEvent).where(AlertEvent.alert_id == alert_id, AlertEvent.kind == "delegated")
    )
    assert words_of(session, event) == {"note": "Ring the son."}
    rows = session.execute(select(Delivery.__table__).where(Delivery.alert_id == alert_id)).all()
    assert rows
    assert "Ring the son" not in str([tuple(row) for row in rows])
    with pytest.raises(InvalidError, match="a note has at most"):
        service.delegate(session, ward.doctor, alert_id, ward.nurse, now=now, note="x" * 2001)


def test_a_delegate_accepts_by_taking_it_and_nothing_returns(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding())
    service.delegate(session, ward.doctor, alert_id, ward.nurse, now=now)
    nurse = ward.caller(ward.nurse, Role.NURSE)

    service.acknowledge(session, nurse, alert_id, now=now + 5 * MINUTE)
    service.escalate_due(session, now=now + 11 * MINUTE)

    alert = get(session, alert_id)
    assert (alert.owner_id, alert.delegated_by) == (ward.nurse, None)
    assert alert.ack_expires_at == now + 65 * MINUTE


def test_an_unanswered_delegation_goes_back_and_the_acknowledgement_ends_when_it_would_have(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding())
    service.acknowledge(session, ward.doctor, alert_id, now=now)
    service.delegate(session, ward.doctor, alert_id, ward.nurse, now=now + MINUTE)

    service.escalate_due(session, now=now + 11 * MINUTE)

    alert = get(session, alert_id)
    assert (alert.state, alert.owner_id) == ("acknowledged", ward.manager)
    reasons = select(AlertEvent.reason).where(AlertEvent.alert_id == alert_id)
    assert "delegation-not-answered" in set(session.scalars(reasons))
    service.escalate_due(session, now=now + 60 * MINUTE)
    assert get(session, alert_id).state == "open"


def test_a_team_is_asked_and_one_of_its_members_accepts(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding(Severity.AMBER))
    service.delegate(session, ward.doctor, alert_id, ward.team, now=now)
    service.escalate_due(session, now=now + UNDO)

    (row,) = service.inbox(session, ward.doctor, now=now)
    assert (row.owner_name, row.holding.asked_by_name) == ("Heart failure team", "Dr Ahn")
    assert told(session, alert_id, ward.team) == {"inbox"}
    service.acknowledge(session, ward.caller(ward.colleague), alert_id, now=now + MINUTE)

    alert = get(session, alert_id)
    assert (alert.owner_id, alert.owner_team_id) == (ward.colleague, None)


def test_only_who_was_asked_or_who_asked_may_take_it(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding())
    service.delegate(session, ward.doctor, alert_id, ward.nurse, now=now)

    with pytest.raises(ConflictError, match=r"^Dr Ahn delegated this 3 s ago$"):
        service.acknowledge(
            session, ward.caller(ward.colleague), alert_id, now=now + timedelta(seconds=3)
        )
    service.acknowledge(session, ward.doctor, alert_id, now=now + MINUTE)  # takes it back
    assert (get(session, alert_id).owner_id, get(session, alert_id).delegated_by) == (
        ward.manager,
        None,
    )


def test_nothing_is_delegated_to_nobody(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    """Neither to a stranger, nor to who has left, nor to oneself."""
    (alert_id,) = judged(session, ward.patient, finding())
    session.get_one(people.Practitioner, ward.colleague).active = False
    session.flush()

    for whom in (uuid4(), ward.colleague, ward.manager):
        with pytest.raises(InvalidError) as refusal:
            service.delegate(session, ward.doctor, alert_id, whom, now=now)
        assert refusal.value.field == "to"
    names = [each.name for each in service.candidates(session, ward.patient)]
    assert names == ["Heart failure team", "Dr Ahn", "Nurse Cho"]


def test_a_rise_takes_it_from_the_delegate(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding(Severity.AMBER))
    service.delegate(session, ward.doctor, alert_id, ward.nurse, now=now)

    judged(session, ward.patient, finding(Severity.RED, rule="HF-9"), at=now + MINUTE)
    service.escalate_due(session, now=now + 61 * MINUTE)

    alert = get(session, alert_id)
    assert (alert.state, alert.owner_id, alert.delegated_by) == ("open", None, None)
    assert alert.previous_owner_id == ward.nurse


def test_a_question_of_data_quality_stays_with_support(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    """alerting.md section 2: never the physician's."""
    (alert_id,) = judged(session, ward.patient, finding(Severity.DQ))

    with pytest.raises(ConflictError, match="support's"):
        service.delegate(session, ward.doctor, alert_id, ward.colleague, now=now)


def test_a_team_without_anybody_at_work_is_not_offered(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding())
    for who in (ward.manager, ward.colleague, ward.nurse):
        session.get_one(people.Practitioner, who).active = False
    session.flush()

    assert service.candidates(session, ward.patient) == []
    with pytest.raises(InvalidError):
        service.delegate(session, ward.doctor, alert_id, ward.team, now=now)
