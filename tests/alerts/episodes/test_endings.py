from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from alerts import service
from alerts.notify.outlets import Outlets
from alerts.outcomes import Label, Resolution
from alerts.tables import Alert, Delivery
from core.vitals import Severity, Vital
from ingest.tables import StoredReading
from monitoring.findings import Evidence
from tests.alerts.messages import reasons

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.notify.email import Mailer
    from tests.alerts.conftest import FindingMaker, Mailbox, Raise, Ward

DONE = Resolution(Label.TRUE_ACTIONABLE, "call", "called, diuretic doubled")


def count(session: Session, table: Any, *where: Any) -> int:
    return session.scalar(select(func.count()).select_from(table).where(*where)) or 0


def get(session: Session, alert_id: UUID) -> Alert:
    return session.get_one(Alert, alert_id, populate_existing=True)


def test_concluded_evidence_does_not_open_again_and_new_evidence_opens_a_linked_episode(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (first,) = judged(session, ward.patient, finding())
    service.resolve(session, ward.doctor, first, DONE, now=now)

    assert judged(session, ward.patient, finding(), at=now + timedelta(minutes=1)) == []
    tomorrow = now + timedelta(days=1)
    (second,) = judged(session, ward.patient, finding(at=tomorrow), at=tomorrow)

    newest = service.episodes(session, ward.doctor, ward.patient)[0]
    assert (newest.id, newest.previous_id) == (second, first)
    assert newest.previous_outcome == "true-actionable"


def test_a_yellow_closes_alone_once_it_was_absent_for_its_clearing_time(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding(Severity.YELLOW))

    judged(session, ward.patient, at=now + timedelta(hours=23))
    assert get(session, alert_id).state == "open"
    judged(session, ward.patient, at=now + timedelta(hours=25))

    assert get(session, alert_id).state == "auto-closed"
    assert reasons(session, alert_id, "auto-closed") == ["back-in-range-for-the-clearing-time"]


@pytest.mark.parametrize("severity", [Severity.RED, Severity.AMBER])
def test_a_red_or_amber_stays_until_a_person_ends_it(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    severity: Severity,
) -> None:
    (alert_id,) = judged(session, ward.patient, finding(severity))

    judged(session, ward.patient, at=now + timedelta(days=30))

    assert get(session, alert_id).state == "open"


def test_an_owned_yellow_is_not_closed_under_its_owners_hands(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding(Severity.YELLOW))
    service.acknowledge(session, ward.doctor, alert_id, now=now)

    judged(session, ward.patient, at=now + timedelta(days=3))

    assert get(session, alert_id).state == "acknowledged"


def test_an_older_judgement_that_comes_late_clears_nothing(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding(Severity.YELLOW))

    judged(session, ward.patient, at=now - timedelta(days=2))

    assert get(session, alert_id).state == "open"


def test_an_episode_is_withdrawn_when_its_reading_is_and_those_told_are_told(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    """REL-23."""
    reading = StoredReading(
        patient_id=ward.patient,
        vital=Vital.BODY_WEIGHT,
        value=84.2,
        quality="scored",
        effective=now,
        precision="instant",
        received_at=now,
        resource_id=uuid4(),
        resource_version=1,
    )
    session.add(reading)
    session.flush()
    evidence = (Evidence(str(reading.id), Vital.BODY_WEIGHT, 84.2, now),)
    (alert_id,) = judged(session, ward.patient, finding(evidence=evidence))
    judged(session, ward.patient, at=now + timedelta(minutes=1))
    assert get(session, alert_id).state == "open"

    reading.quality = "withdrawn"
    session.flush()
    judged(session, ward.patient, at=now + timedelta(minutes=2))

    assert get(session, alert_id).state == "withdrawn"
    assert reasons(session, alert_id, "withdrawn") == ["cause-withdrawn"]
    assert reasons(session, alert_id, "notified")[-1] == "those-told-are-told-again"


def test_those_who_were_told_by_mail_are_told_by_mail_of_the_withdrawal(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    mailbox: tuple[Mailbox, Mailer],
) -> None:
    """REL-23: no silent vanishing."""
    box, mailer = mailbox
    gone = (Evidence(str(uuid4()), Vital.BODY_WEIGHT, 84.2, now),)
    (alert_id,) = judged(session, ward.patient, finding(evidence=gone))
    here = service.Addresses("https://ward.example.org")
    for _ in range(2):
        for mail in session.scalars(
            select(Delivery.id).where(Delivery.alert_id == alert_id, Delivery.state == "waiting")
        ).all():
            service.deliver(session, mail, now=now, outlets=Outlets(mailer), addresses=here)
        judged(session, ward.patient, at=now + timedelta(minutes=2))

    assert get(session, alert_id).state == "withdrawn"
    assert [recipients for recipients, _ in box.received] == [["ahn@example.org"]] * 2
