"""A video visit is booked once, told of once it stands, and what became of it is a contact."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import select

from alerts import service as alerting
from alerts.outcomes import Label, Resolution
from alerts.patients.service import page_of
from alerts.patients.wording import NO_VISIT, VISIT_OVER, Kind, State, Why
from alerts.spent.tables import TimeSpent
from alerts.tables import Alert, AlertEvent
from alerts.visit import Span, Status
from alerts.visits import service as visits
from alerts.visits.repository import visits_of
from alerts.visits.tables import Appointment
from core.audit import Action, AuditEvent
from core.errors import ConflictError, InvalidError, NotFoundError
from core.security import Caller, Role
from core.vitals import Severity
from tests.alerts.conftest import NOW
from tests.alerts.patients.conftest import ward
from tests.told import messages_of, phone, raised

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.policy import Policy
    from tests.alerts.conftest import FindingMaker, Ward

__all__ = ["ward"]  # the fixture, of somebody with a telephone
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
SOON = Span(NOW + 30 * MINUTE, NOW + 50 * MINUTE)


@pytest.fixture
def alert(session: Session, ward: Ward, finding: FindingMaker, policy: Policy) -> UUID:
    (alert,) = raised(session, ward.patient, finding(Severity.AMBER), policy, now=NOW)
    return alert


def row(session: Session, visit: UUID) -> Appointment:
    return session.get_one(Appointment, visit, populate_existing=True)


def send_all(session: Session, ward: Ward, *, now: datetime) -> list[str]:
    with phone() as telephone:
        for each in messages_of(session, ward.patient):
            telephone.post(session, each, now=now)
        return telephone.texts


def lines(session: Session, alert: UUID) -> list[str]:
    query = select(AlertEvent.kind).where(AlertEvent.alert_id == alert)
    return list(session.scalars(query.order_by(AlertEvent.id)))


def test_a_booked_visit_is_on_the_timeline_audited_and_told_after_the_undo(
    session: Session, ward: Ward, alert: UUID, policy: Policy
) -> None:
    doctor = ward.doctor
    id_ = visits.book(session, doctor, alert, SOON, now=NOW)

    texts = send_all(session, ward, now=NOW + policy.undo + SECOND)

    (message,) = messages_of(session, ward.patient)
    visit = row(session, id_)
    (shown,) = visits_of(session, [ward.patient], since=NOW)
    assert (visit.status, visit.practitioner_id) == (Status.BOOKED, ward.manager)
    assert (message.kind, message.state, message.until) == (
        Kind.VISIT,
        State.HANDED_OVER,
        SOON.end,
    )
    assert len(texts) == 1
    assert shown.room not in texts[0]
    assert len(shown.room) == 32
    assert shown.room.encode() not in visit.room  # sealed
    assert "video-visit-booked" in lines(session, alert)
    audited = select(AuditEvent.action).where(AuditEvent.entity_id == id_)
    assert list(session.scalars(audited)) == [Action.CREATE]


def test_the_second_who_books_is_told_who_was_first_ux_05(
    session: Session, ward: Ward, alert: UUID
) -> None:
    visits.book(session, ward.doctor, alert, SOON, now=NOW)

    with pytest.raises(ConflictError, match=r"booked a video visit about this alert 3 s ago"):
        visits.book(session, ward.caller(ward.colleague), alert, SOON, now=NOW + 3 * SECOND)


def test_an_undo_takes_a_booking_back_before_anybody_is_told(
    session: Session, ward: Ward, alert: UUID, policy: Policy
) -> None:
    doctor = ward.doctor
    id_ = visits.book(session, doctor, alert, SOON, now=NOW)
    alerting.undo(session, doctor, alert, now=NOW + 5 * SECOND)

    texts = send_all(session, ward, now=NOW + policy.undo + SECOND)

    (message,) = messages_of(session, ward.patient)
    assert texts == []
    assert row(session, id_).status == Status.CANCELLED
    assert (message.state, message.reason) == (State.CANCELLED, Why.VISIT_OVER)
    visits.book(session, doctor, alert, SOON, now=NOW + MINUTE)  # and another may be booked


def test_nobody_undoes_a_booking_of_another_or_after_ten_seconds(
    session: Session, ward: Ward, alert: UUID, policy: Policy
) -> None:
    visits.book(session, ward.doctor, alert, SOON, now=NOW)
    with pytest.raises(ConflictError):
        alerting.undo(session, ward.caller(ward.colleague), alert, now=NOW + SECOND)
    with pytest.raises(ConflictError, match="seconds"):
        alerting.undo(session, ward.doctor, alert, now=NOW + policy.undo + SECOND)


def test_a_visit_that_took_place_is_a_contact_with_live_minutes_and_an_undo_reopens_it(
    session: Session, ward: Ward, alert: UUID
) -> None:
    doctor, at = ward.doctor, SOON.start + 15 * MINUTE
    id_ = visits.book(session, doctor, alert, SOON, now=NOW)
    visits.hold(session, doctor, alert, id_, minutes=14, now=at)
    (spent,) = session.scalars(select(TimeSpent).where(TimeSpent.alert_id == alert))

    assert row(session, id_).status == Status.FULFILLED
    assert (spent.minutes, spent.work, spent.live) == (14, "video-visit", True)
    assert session.get_one(Alert, alert).contacted_at == at
    assert lines(session, alert)[-2:] == ["video-visit-held", "contacted"]
    alerting.undo(session, doctor, alert, now=at + SECOND)
    assert row(session, id_).status == Status.BOOKED
    assert session.get_one(Alert, alert).contacted_at is None


def test_who_did_not_come_was_not_reached_and_only_once_it_has_begun(
    session: Session, ward: Ward, alert: UUID
) -> None:
    doctor = ward.doctor
    id_ = visits.book(session, doctor, alert, SOON, now=NOW)
    with pytest.raises(InvalidError, match="not begun"):
        visits.miss(session, doctor, alert, id_, now=NOW + MINUTE)
    visits.miss(session, doctor, alert, id_, now=SOON.end)

    last = session.scalars(
        select(AlertEvent).where(AlertEvent.alert_id == alert).order_by(AlertEvent.id.desc())
    ).first()
    assert last is not None
    assert last.after["reached"] is False
    assert row(session, id_).status == Status.NO_SHOW
    with pytest.raises(ConflictError, match="video visit missed by"):
        visits.hold(session, doctor, alert, id_, minutes=None, now=SOON.end + MINUTE)


def test_a_cancelled_visit_is_told_to_who_was_told_of_it_and_its_page_says_so(
    session: Session, ward: Ward, alert: UUID
) -> None:
    doctor = ward.doctor
    id_ = visits.book(session, doctor, alert, SOON, now=NOW)
    send_all(session, ward, now=NOW + MINUTE)
    visits.cancel(session, doctor, alert, id_, now=NOW + 2 * MINUTE)
    send_all(session, ward, now=NOW + 3 * MINUTE)

    first, second = messages_of(session, ward.patient)
    assert (second.kind, second.state) == (Kind.VISIT_OFF, State.HANDED_OVER)
    assert [page_of(session, each)[0].id for each in (first, second)] == [NO_VISIT, NO_VISIT]


def test_a_visit_cancelled_before_anybody_was_told_tells_nobody(
    session: Session, ward: Ward, alert: UUID
) -> None:
    id_ = visits.book(session, ward.doctor, alert, SOON, now=NOW)
    visits.cancel(session, ward.doctor, alert, id_, now=NOW + SECOND)

    assert send_all(session, ward, now=NOW + MINUTE) == []
    assert len(messages_of(session, ward.patient)) == 1


def test_a_visit_outlives_its_alert_and_then_ends_without_a_contact(
    session: Session, ward: Ward, alert: UUID
) -> None:
    doctor = ward.doctor
    id_ = visits.book(session, doctor, alert, SOON, now=NOW)
    alerting.resolve(session, doctor, alert, Resolution(Label.UNSURE), now=NOW + MINUTE)
    with pytest.raises(ConflictError):
        visits.book(session, doctor, alert, SOON, now=NOW + MINUTE)
    visits.hold(session, doctor, alert, id_, minutes=12, now=SOON.end)

    assert row(session, id_).status == Status.FULFILLED
    assert lines(session, alert)[-1] == "video-visit-held"
    message = messages_of(session, ward.patient)[0]
    assert page_of(session, message)[0].id == VISIT_OVER


def test_another_team_can_neither_book_nor_end_a_visit_sec_11(
    session: Session, ward: Ward, alert: UUID
) -> None:
    id_ = visits.book(session, ward.doctor, alert, SOON, now=NOW)
    stranger = Caller("user", uuid4(), Role.PHYSICIAN, uuid4())

    with pytest.raises(NotFoundError):
        visits.book(session, stranger, alert, SOON, now=NOW)
    with pytest.raises(NotFoundError):
        visits.cancel(session, stranger, alert, id_, now=NOW)
    with pytest.raises(NotFoundError):
        visits.cancel(session, ward.doctor, alert, uuid4(), now=NOW)
