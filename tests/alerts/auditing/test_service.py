"""One planted breach of each promise is found at the next look, and repaired where it can be."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, select, update

from alerts import service
from alerts.auditing.service import audit
from alerts.tables import Alert, AlertEvent, Delivery, Step
from core.outbox import Outbox
from core.vitals import Severity

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from tests.alerts.conftest import FindingMaker, Raise, Ward

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def alone(session: Session) -> None:
    """Close what other tests left in the database, for as long as this one runs."""
    session.execute(update(Alert).values(state="withdrawn"))
    session.execute(update(Step).values(state="cancelled"))
    session.execute(update(Delivery).values(state="cancelled"))


def broken(session: Session, now: datetime) -> dict[str, tuple[int, int]]:
    return {each.invariant: (each.count, each.repaired) for each in audit(session, now=now)}


def waiting(session: Session, alert_id: UUID) -> set[str]:
    query = select(Step.kind).join(Alert, Alert.id == Step.alert_id)
    mine = (Step.alert_id == alert_id, Step.state == "waiting", Step.fence == Alert.fence)
    return set(session.scalars(query.where(*mine)))


def strand(session: Session, alert_id: UUID) -> None:
    session.execute(delete(Step).where(Step.alert_id == alert_id, Step.state == "waiting"))


def test_a_ward_in_order_is_clean_rel_18(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    judged(session, ward.patient, finding())

    assert broken(session, now) == {}


def test_an_open_alert_for_which_nothing_is_due_begins_its_chain_again_i5(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding())
    strand(session, alert_id)

    assert broken(session, now + HOUR) == {"I5": (1, 1)}
    assert broken(session, now + HOUR) == {}

    assert "notify" in waiting(session, alert_id)
    reasons = select(AlertEvent.reason).where(AlertEvent.alert_id == alert_id)
    assert "found-without-a-next-step" in set(session.scalars(reasons))


def test_an_owned_alert_gets_the_end_of_its_acknowledgement_back_i5(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding())
    service.acknowledge(session, ward.doctor, alert_id, now=now)
    strand(session, alert_id)

    assert broken(session, now) == {"I5": (1, 1)}
    assert waiting(session, alert_id) == {"remind", "expire"}


def test_a_snoozed_alert_wakes_when_it_would_have_i5(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding(Severity.AMBER))
    service.snooze(session, ward.doctor, alert_id, until=now + HOUR, reason="x", now=now)
    strand(session, alert_id)

    assert broken(session, now) == {"I5": (1, 1)}
    due = select(Step.due_at).where(Step.alert_id == alert_id, Step.state == "waiting")
    assert session.scalars(due).all() == [now + HOUR]


def test_an_acknowledged_alert_of_nobody_is_found(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding())
    service.acknowledge(session, ward.doctor, alert_id, now=now)
    session.get_one(Alert, alert_id).owner_id = None
    session.flush()

    assert broken(session, now) == {"I5-owner": (1, 0)}


def test_a_step_that_was_not_tried_within_five_minutes_is_found_al_14(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    judged(session, ward.patient, finding())

    assert "AL-14" not in broken(session, now + timedelta(minutes=20))
    late = broken(session, now + timedelta(minutes=20, seconds=1))
    assert late["AL-14"] == (2, 0)  # the backup's inbox and e-mail of the fifteenth minute


def test_a_message_that_nobody_sends_is_offered_again_i4(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding())
    mails = select(Delivery.id).where(Delivery.alert_id == alert_id, Delivery.state == "waiting")
    (mail,) = session.scalars(mails)
    session.execute(delete(Outbox).where(Outbox.subject_id == mail))

    found = broken(session, now + timedelta(minutes=6))

    assert found == {"I4": (1, 1)}
    rows = select(Outbox.priority).where(Outbox.subject_id == mail, Outbox.state == "open")
    assert session.scalars(rows).all() == [0]
    assert broken(session, now + timedelta(minutes=6)) == {}


def test_a_step_that_told_nobody_is_found_i4(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding())
    session.execute(delete(Delivery).where(Delivery.alert_id == alert_id))

    assert broken(session, now + timedelta(minutes=6)) == {"I4-told": (2, 0)}


def test_what_came_too_late_to_page_is_mended_and_pages_nobody_rel_20(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding(at=now - 48 * HOUR))
    strand(session, alert_id)

    assert broken(session, now + HOUR) == {"I5": (1, 1)}

    mails = select(Delivery.id).where(Delivery.alert_id == alert_id, Delivery.channel == "email")
    assert session.scalars(mails).all() == []
    assert waiting(session, alert_id)
