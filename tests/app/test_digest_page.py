"""The digest: made by the timetable, read on a page of one's own, of nobody else's patients."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select, update

import alerts.service
from alerts.routing import practitioner
from alerts.tables import Alert, Delivery, Digest, Step
from app import timetable
from app.accounts.tables import AppUser
from app.periods import ScheduledRun
from core.audit import AuditEvent
from core.outbox import Outbox, Topic
from tests.ward import MALSUN, OTHERS, YEONGHUI

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi.testclient import TestClient
    from sqlalchemy.orm import Session

    from core.database import Database
    from tests.app.conftest import Enter
    from tests.ward import Ward

POLICY = alerts.service.load_policy()
MINUTE = timedelta(minutes=1)
NOTHING = "Nothing: you were told of each of your alerts."


def clinician_of(session: Session, username: str) -> UUID:
    query = select(AppUser.practitioner_id).where(AppUser.username == username)
    found = session.scalars(query).one()
    assert found is not None
    return found


def put_by(session: Session, alert_id: UUID, who: UUID, *, now: datetime) -> None:
    """Keep an alert for somebody's next digest."""
    step = session.scalars(select(Step.id).where(Step.alert_id == alert_id)).first()
    assert step is not None
    session.add(
        Delivery(
            id=uuid4(),
            alert_id=alert_id,
            step_id=step,
            recipient=practitioner(who),
            channel="digest-of-a-test",
            severity="YELLOW",
            state="in-digest",
            public_id=uuid4().hex[:10],
            created_at=now,
        )
    )
    session.flush()


@pytest.fixture
def kept(database: Database, ward: Ward) -> Iterator[Ward]:
    """A ward of whose alerts one of the physician's, and one of a stranger's, are put by."""
    with database.transaction() as session:
        mine = clinician_of(session, ward.username)
        for name in (MALSUN.name, OTHERS[0].name):
            put_by(session, ward.alerts[name][0], mine, now=ward.now)
    yield ward
    with database.transaction() as session:
        session.execute(delete(Delivery).where(Delivery.channel == "digest-of-a-test"))


def test_a_digest_lists_ones_own_patients_alerts_and_no_strangers_al_17_sec_12(
    enter: Enter, kept: Ward
) -> None:
    page = enter(kept.username).get("/digest")

    assert page.status_code == 200
    shown = re.findall(r'href="/patients/([0-9a-f-]{36})#alert-([0-9a-f-]{36})"', page.text)
    mine = str(kept.patients[MALSUN.name]), str(kept.alerts[MALSUN.name][0])
    assert shown == [mine]
    assert MALSUN.name in page.text
    assert OTHERS[0].name not in page.text


def test_a_colleagues_digest_is_not_mine(enter: Enter, kept: Ward) -> None:
    page = enter(kept.colleague).get("/digest")

    assert NOTHING in page.text
    assert MALSUN.name not in page.text


def test_what_has_ended_stands_in_no_digest(database: Database, enter: Enter, kept: Ward) -> None:
    with database.transaction() as session:
        mine = Alert.id == kept.alerts[MALSUN.name][0]
        before = session.scalars(select(Alert.state).where(mine)).one()
        session.execute(update(Alert).where(mine).values(state="resolved"))

    page = enter(kept.username).get("/digest")

    with database.transaction() as session:
        session.execute(update(Alert).where(mine).values(state=before))
    assert NOTHING in page.text


def test_reading_a_digest_is_audited_with_its_patients(
    database: Database, enter: Enter, kept: Ward
) -> None:
    enter(kept.username).get("/digest")

    with database.transaction() as session:
        read = select(AuditEvent.patient_id).where(AuditEvent.entity == "digest")
        patients = set(session.scalars(read.where(AuditEvent.caller_id == kept.user_id)))
    assert kept.patients[MALSUN.name] in patients


def test_nobody_reads_a_digest_who_is_not_signed_in(visitor: TestClient) -> None:
    assert visitor.get("/digest").status_code == 303


def test_the_timetable_makes_digests_each_five_minutes_from_their_hour_on_al_17(
    session: Session, ward: Ward
) -> None:
    session.execute(delete(ScheduledRun).where(ScheduledRun.job == "digests"))
    session.execute(update(Delivery).where(Delivery.state == "in-digest").values(state="delivered"))
    mine, other = (clinician_of(session, each) for each in (ward.username, ward.colleague))
    noon = datetime.combine(ward.now.date() + timedelta(days=1), time(12), tzinfo=UTC)

    def made(at: datetime) -> set[UUID]:
        timetable.compose_digests(session, now=at, policy=POLICY)
        return set(session.scalars(select(Digest.practitioner_id)))

    put_by(session, ward.alerts[MALSUN.name][0], mine, now=ward.now)
    assert made(noon - timedelta(hours=11)) == set()
    assert made(noon) == {mine}
    put_by(session, ward.alerts[YEONGHUI.name][0], other, now=ward.now)
    assert made(noon + MINUTE) == {mine}
    assert made(noon + 5 * MINUTE) == {mine, other}
    work = session.scalars(select(Outbox.subject_id).where(Outbox.topic == Topic.DIGEST)).all()
    assert len(work) == 2
