"""Who is in hospital, or paused, is judged all the same; nobody is paged until it ends (AL-10)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import select

from alerts import service
from alerts.tables import Alert, AlertEvent, Delivery
from core.vitals import Severity
from ingest.context.tables import PatientAbsence

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from tests.alerts.conftest import FindingMaker, Raise, Ward

HOUR = timedelta(hours=1)


def away(
    session: Session, patient: UUID, since: datetime, until: datetime | None, why: str = "admitted"
) -> PatientAbsence:
    row = PatientAbsence(id=uuid4(), patient_id=patient, why=why, since=since, until=until)
    session.add(row)
    session.flush()
    return row


def get(session: Session, alert_id: UUID) -> Alert:
    return session.get_one(Alert, alert_id, populate_existing=True)


def mails(session: Session, alert_id: UUID) -> int:
    query = select(Delivery.id).where(Delivery.alert_id == alert_id, Delivery.channel == "email")
    return len(session.scalars(query).all())


def reasons(session: Session, alert_id: UUID) -> set[str]:
    query = select(AlertEvent.reason).where(AlertEvent.alert_id == alert_id)
    return set(session.scalars(query))


@pytest.mark.parametrize(
    ("why", "reason"),
    [("admitted", "patient-is-admitted"), ("paused", "monitoring-is-paused")],
)
@pytest.mark.parametrize("severity", [Severity.RED, Severity.AMBER])
def test_an_alert_during_an_absence_is_shown_with_its_reason_and_pages_nobody(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    why: str,
    reason: str,
    severity: Severity,
) -> None:
    away(session, ward.patient, now - HOUR, now + HOUR, why)

    (alert_id,) = judged(session, ward.patient, finding(severity))
    service.escalate_due(session, now=now + HOUR / 2)

    assert mails(session, alert_id) == 0
    assert get(session, alert_id).held == reason
    assert reason in reasons(session, alert_id)
    (row,) = service.inbox(session, ward.doctor, now=now)
    assert row.held.startswith("shown, nobody paged")
    assert not row.late


def test_when_it_ends_what_still_stands_pages_at_once(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    away(session, ward.patient, now - HOUR, now + HOUR)
    (alert_id,) = judged(session, ward.patient, finding())

    assert service.release(session, now=now + HOUR - timedelta(seconds=1)) == 0
    assert service.release(session, now=now + HOUR) == 1
    assert service.release(session, now=now + HOUR) == 0

    alert = get(session, alert_id)
    assert (alert.held, alert.paged, mails(session, alert_id)) == (None, "RED", 1)
    assert "admission-or-pause-ended" in reasons(session, alert_id)


def test_an_end_that_is_told_later_releases_it_too(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    stay = away(session, ward.patient, now - HOUR, None)
    (alert_id,) = judged(session, ward.patient, finding())
    assert service.release(session, now=now + HOUR) == 0

    stay.until = now + HOUR
    session.flush()

    assert service.release(session, now=now + 2 * HOUR) == 1
    assert mails(session, alert_id) == 1


def test_what_no_judgement_has_found_since_is_shown_and_pages_nobody_rel_20(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    away(session, ward.patient, now - HOUR, now + 48 * HOUR)
    (alert_id,) = judged(session, ward.patient, finding())

    assert service.release(session, now=now + 48 * HOUR) == 0

    assert (get(session, alert_id).held, mails(session, alert_id)) == (None, 0)
    assert get(session, alert_id).state == "open"


def test_who_took_it_meanwhile_is_not_paged_again(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    away(session, ward.patient, now - HOUR, now + HOUR)
    (alert_id,) = judged(session, ward.patient, finding())
    service.acknowledge(session, ward.doctor, alert_id, now=now)

    assert service.release(session, now=now + HOUR) == 0
    assert (get(session, alert_id).state, mails(session, alert_id)) == ("acknowledged", 0)


def test_a_stay_whose_end_nobody_told_keeps_from_paging_for_two_weeks_only(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    """An Encounter that was never finished must not silence a person for ever."""
    away(session, ward.patient, now - timedelta(days=14, seconds=1), None)

    (alert_id,) = judged(session, ward.patient, finding())

    assert (get(session, alert_id).held, mails(session, alert_id)) == (None, 1)


def test_an_absence_of_one_patient_holds_nothing_of_another(
    session: Session,
    ward: Ward,
    build: Callable[..., Ward],
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
) -> None:
    away(session, build(session).patient, now - HOUR, now + HOUR)

    (alert_id,) = judged(session, ward.patient, finding())

    assert mails(session, alert_id) == 1


def test_a_rise_during_an_absence_is_held_and_the_chain_that_began_goes_on(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding(Severity.AMBER))
    away(session, ward.patient, now, now + 6 * HOUR)

    judged(session, ward.patient, finding(rule="HF-9"), at=now + HOUR)
    assert (mails(session, alert_id), get(session, alert_id).held) == (1, "patient-is-admitted")
    service.escalate_due(session, now=now + 4 * HOUR)
    assert mails(session, alert_id) == 2  # of the AMBER that was told before

    service.release(session, now=now + 6 * HOUR)
    assert (get(session, alert_id).paged, mails(session, alert_id)) == ("RED", 3)


def test_a_forgotten_stay_hides_no_later_one(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    away(session, ward.patient, now - timedelta(days=40), None)
    away(session, ward.patient, now - HOUR, now + HOUR)

    (alert_id,) = judged(session, ward.patient, finding())

    assert get(session, alert_id).held == "patient-is-admitted"


def test_a_person_may_escalate_what_is_held(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    away(session, ward.patient, now - HOUR, now + HOUR)
    (alert_id,) = judged(session, ward.patient, finding())

    service.escalate(session, ward.doctor, alert_id, now=now)

    assert mails(session, alert_id) == 1
