"""One silent patient is a finding; all silent are one incident and no flood (REL-34)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select

from alerts import service
from alerts.incidents import repository as incidents
from alerts.incidents.service import look
from alerts.tables import Alert, AlertEvent, Incident
from app.health import pipeline
from core.ordered_ids import ordered_id
from core.vitals import Severity
from ingest.arrivals.tables import Arrivals
from ingest.synthetic.repository import CLIENT
from ingest.tables import Resource
from monitoring.findings import Problem
from monitoring.repository import mark_judged

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.alerts.conftest import FindingMaker, Raise, Ward

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SHARE = 0.3
SAID = "readings of almost everybody have stopped coming: 2 people heard in an hour, usually 20"


@pytest.fixture(autouse=True)
def usual(session: Session, now: datetime) -> None:
    session.execute(delete(Incident))
    session.execute(delete(Arrivals))
    slots = [now + timedelta(minutes=minutes) for minutes in (0, 5, 10)]
    session.add_all(
        Arrivals(until=slot - day * DAY, people=20) for day in range(1, 6) for slot in slots
    )
    session.flush()


def heard(session: Session, people: int, *, at: datetime, client: UUID | None = None) -> None:
    for _ in range(people):
        person = uuid4()
        session.add_all(
            Resource(
                id=ordered_id(at),
                client_id=client or uuid4(),
                patient_id=person,
                parcel_id=uuid4(),
                received_at=at,
                start=0,
                length=0,
                version=1,
                type="Observation",
            )
            for _ in range(2)
        )
    session.flush()


def silent(session: Session, ward: Ward, finding: FindingMaker, judged: Raise) -> UUID:
    found = finding(Severity.YELLOW, problem=Problem.SILENCE, rule="SIL-HFW")
    (alert_id,) = judged(session, ward.patient, found)
    return alert_id


def told(session: Session, alert_id: UUID) -> str | None:
    """Return the tier that somebody was told of."""
    return session.get_one(Alert, alert_id, populate_existing=True).paged


def reasons(session: Session, alert_id: UUID) -> list[str]:
    query = select(AlertEvent.reason).where(AlertEvent.alert_id == alert_id)
    return list(session.scalars(query.order_by(AlertEvent.id)))


def test_one_silent_patient_is_a_finding_that_is_told_rel_34(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    heard(session, 20, at=now - HOUR / 2)
    look(session, now=now, share=SHARE)

    alert_id = silent(session, ward, finding, judged)

    assert incidents.latest(session) is None
    assert told(session, alert_id) is not None
    assert session.get_one(Alert, alert_id).held is None


def test_all_silent_are_one_incident_on_every_page_and_nobody_is_told_of_each_rel_34(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    heard(session, 2, at=now - HOUR / 2)
    heard(session, 30, at=now - HOUR / 2, client=CLIENT)
    for minutes in (0, 5, 10):
        look(session, now=now + timedelta(minutes=minutes), share=SHARE)

    alert_id = silent(session, ward, finding, judged)

    assert len(session.scalars(select(Incident.id)).all()) == 1
    assert SAID in pipeline(session, now=now).faults
    assert told(session, alert_id) is None
    assert session.get_one(Alert, alert_id).held == "nobody-is-heard-at-all"
    assert "nobody-is-heard-at-all" in reasons(session, alert_id)


def test_what_is_no_silence_is_told_during_the_incident_al_10(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    look(session, now=now, share=SHARE)

    (alert_id,) = judged(session, ward.patient, finding())

    assert incidents.latest(session) is not None
    assert told(session, alert_id) is not None


def test_when_readings_come_again_whoever_is_still_found_silent_is_told_of_rel_34(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    look(session, now=now, share=SHARE)
    alert_id = silent(session, ward, finding, judged)
    end(session, at=now + HOUR)

    assert service.release(session, now=now + HOUR) == 0  # nobody has looked at them since

    alert = session.get_one(Alert, alert_id)
    alert.last_found_at = now + 2 * HOUR
    mark_judged(session, [ward.patient], now=now + 2 * HOUR)
    session.flush()

    assert service.release(session, now=now + 2 * HOUR) == 1
    assert alert.held is None
    assert told(session, alert_id) is not None
    assert reasons(session, alert_id).count("readings-come-again") >= 1
    assert SAID not in pipeline(session, now=now + 2 * HOUR).faults


def test_when_readings_come_again_whoever_is_heard_is_not_told_of_rel_34(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    look(session, now=now, share=SHARE)
    alert_id = silent(session, ward, finding, judged)
    end(session, at=now + HOUR)
    mark_judged(session, [ward.patient], now=now + 2 * HOUR)

    assert service.release(session, now=now + 2 * HOUR) == 0

    assert session.get_one(Alert, alert_id).held is None
    assert told(session, alert_id) is None


def end(session: Session, *, at: datetime) -> None:
    session.add_all(Arrivals(until=at - day * DAY, people=20) for day in range(1, 6))
    heard(session, 10, at=at)
    look(session, now=at, share=SHARE)
    latest = incidents.latest(session)
    assert latest is not None
    assert latest.ended_at == at
