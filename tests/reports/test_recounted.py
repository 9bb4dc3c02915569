"""What a count by somebody else found: one person of two records, and what was taken back."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import insert, select, update

from alerts.acts.service import acknowledge
from alerts.postponing.service import snooze
from alerts.tables import Alert, Delivery, Step
from alerts.undoing.service import undo
from core.clock import utc_now
from core.security import SYSTEM
from core.vitals import Severity
from ingest.departures import Asked
from ingest.departures import Why as Departure
from ingest.leaving.repository import add
from ingest.merging.service import merge
from ingest.tables import Patient, StoredReading
from monitoring.plans.tables import PlanVersion
from monitoring.tables import AssessmentRow
from reports.changes import Kind as Changing
from reports.overdue import Kind
from reports.quality import By, lines
from reports.service import quality, team_week
from reports.silence import Why
from reports.week import Week
from reports.works.repository import Span
from reports.works.repository import told as told_of
from tests.people import called
from tests.reported import alerts_of, doctor
from tests.ward import MALSUN, YOUNG, open_ward

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.database import Database
    from reports.quality import World
    from reports.weekly import Report
    from tests.ward import Ward


@pytest.fixture(scope="module")
def ward(database: Database) -> Ward:
    week = Week.of(utc_now(), zone=UTC).shifted(-1)
    now = week.start + timedelta(days=2, hours=12)
    return open_ward(database, now=now, people=(MALSUN, YOUNG))


def counted(session: Session, ward: Ward) -> tuple[Report, World]:
    """Return the report of the ward's week, and the quality of the same people's same week."""
    session.flush()
    week, who = Week.of(ward.now, zone=UTC), doctor(ward)
    found = team_week(session, who, ward.team, week, now=utc_now()).report
    return found, quality(session, who, team=ward.team, since=week.start, until=week.end)


def test_a_person_of_two_records_is_one_in_the_report_and_on_the_page_of_quality(
    session: Session, ward: Ward
) -> None:
    (before, _), other = counted(session, ward), uuid4()
    malsun = ward.patients["Oh Malsun"]
    session.add(called(session, other, "Oh Malsun", created=ward.now - timedelta(days=9)))
    session.flush()
    first = session.scalars(select(Alert).where(Alert.patient_id == malsun).limit(1)).one()
    values = {c.name: getattr(first, c.name) for c in Alert.__table__.columns}
    session.execute(insert(Alert).values(values | {"id": uuid4(), "patient_id": other}))
    reading = session.scalars(
        select(StoredReading)
        .where(StoredReading.patient_id == malsun, StoredReading.effective < ward.now)
        .order_by(StoredReading.effective.desc())
        .limit(1)
    ).one()
    values = {c.name: getattr(reading, c.name) for c in StoredReading.__table__.columns}
    session.execute(insert(StoredReading).values(values | {"patient_id": other}))

    merge(session, SYSTEM, malsun, other, reason="one person", now=ward.now)

    report, page = counted(session, ward)
    assert report.readings.received == before.readings.received + 1
    assert report.readings.people == before.readings.people
    assert report.opened == before.opened + 1 == len(page.opened)
    assert {each.id for each in page.opened} == {each.id for each in report.alerts}
    assert sum(len(line.alerts) for line in lines(page, By.TEAM)) == report.opened
    assert {each.patient_id for each in page.opened} <= {each.id for each in page.people}


def test_what_was_taken_back_at_once_was_taken_by_nobody(session: Session, ward: Ward) -> None:
    """It stays past its deadline, and no time to take is told of it."""
    alert = alerts_of(session, ward, "Oh Malsun")[0]
    session.execute(update(Alert).where(Alert.id == alert).values(severity=Severity.AMBER))
    before, _ = counted(session, ward)
    at = ward.now + timedelta(minutes=2)

    acknowledge(session, doctor(ward), alert, now=at)
    undo(session, doctor(ward), alert, now=at + timedelta(seconds=5))

    report, page = counted(session, ward)
    late = {each.alert_id: each.kind for each in report.overdue}
    assert late[alert] is Kind.UNTAKEN
    assert report.tiers == before.tiers
    assert {e.acknowledged_at for e in page.opened if e.id == alert} == {None}

    acknowledge(session, doctor(ward), alert, now=at + timedelta(minutes=1))

    again, _ = counted(session, ward)
    taken = {e.id: e.acknowledged_at for e in again.alerts}[alert]
    assert taken == at + timedelta(minutes=1)


def test_a_snooze_that_was_taken_back_was_none(session: Session, ward: Ward) -> None:
    """It is no change of the week, and no reason to put alerts off."""
    alert, at = alerts_of(session, ward, "Oh Malsun")[0], ward.now + timedelta(minutes=2)
    session.execute(update(Alert).where(Alert.id == alert).values(severity=Severity.AMBER))

    told = []
    for minutes in (0, 1):
        now = at + timedelta(minutes=minutes)
        until = now + timedelta(hours=20)
        snooze(session, doctor(ward), alert, until=until, reason=f"reason {minutes}", now=now)
        if not minutes:
            undo(session, doctor(ward), alert, now=now + timedelta(seconds=5))
        report, page = counted(session, ward)
        put_off = sum(each.kind is Changing.SNOOZE for each in report.changes)
        told.append((put_off, report.work.put_off, page.put_off.get(alert, [])))

    assert told == [(0, 0, []), (1, 1, ["reason 1"])]


def test_a_limit_of_ones_own_is_no_new_rule_in_the_week_after_it(
    session: Session, ward: Ward
) -> None:
    """It is set on the Sunday, and what is judged by it first comes on the Monday."""
    week = Week.of(ward.now, zone=UTC)
    malsun = ward.patients["Oh Malsun"]
    row = select(AssessmentRow).where(AssessmentRow.patient_id == malsun)
    known = session.scalars(row.order_by(AssessmentRow.at.desc()).limit(1)).one()
    values = {c.name: getattr(known, c.name) for c in AssessmentRow.__table__.columns}
    for hash_, hours in (("old", -30), ("own", 8)):
        again = {"id": uuid4(), "key": str(uuid4()), "at": week.start + timedelta(hours=hours)}
        session.execute(insert(AssessmentRow).values(values | again | {"rulebook_hash": hash_}))
    stay = update(AssessmentRow).where(AssessmentRow.id == known.id)
    session.execute(stay.values(rulebook_hash="own"))

    def told() -> list[str]:
        found, _ = counted(session, ward)
        return [each.subject for each in found.changes if each.kind is Changing.RULES]

    assert told() == ["own"]

    newest = select(PlanVersion).where(PlanVersion.patient_id == malsun)
    plan = session.scalars(newest.order_by(PlanVersion.number.desc()).limit(1)).one()
    values = {c.name: getattr(plan, c.name) for c in PlanVersion.__table__.columns}
    own = {"id": uuid4(), "number": plan.number + 1, "at": week.start - timedelta(hours=2)}
    session.execute(insert(PlanVersion).values(values | own))

    assert told() == []


@pytest.mark.parametrize(
    ("days", "why"), [(0, Why.DIED), (1, Why.NOTHING)], ids=["on the last day", "the day after"]
)
def test_a_later_death_excuses_no_silence(
    session: Session, ward: Ward, days: int, why: Why
) -> None:
    """Who died on Monday was alive and silent in the week before; so it stays on recounting."""
    malsun, end = ward.patients["Oh Malsun"], Week.of(ward.now, zone=UTC).end
    died = (end - timedelta(days=1 - days)).date()
    asked = Asked(Departure.DIED, end + timedelta(hours=1), "found at home", died)
    add(session, malsun, asked, uuid4(), now=end + timedelta(hours=1))
    session.get_one(Patient, malsun).deceased = True

    report, _ = counted(session, ward)

    found = {each.patient_id: each.why for each in report.silent}
    risk = next(each.risk for each in report.adherence if each.patient_id == malsun)
    assert found[malsun] is why
    assert (risk is None) is (why is Why.DIED)


def test_of_two_budgets_of_one_day_the_larger_number_holds(session: Session, ward: Ward) -> None:
    """The policy was changed from 9 to 10 a day: to be told of two is not to be over it."""
    alerts = alerts_of(session, ward, "Oh Malsun")[:2]
    who = uuid4()
    for alert, most in zip(alerts, (9, 10), strict=True):
        row = session.get_one(Alert, alert)
        row.policy = {**row.policy, "budget": {"AMBER": most}}
        step = session.scalars(select(Step.id).where(Step.alert_id == alert).limit(1)).one()
        session.add(
            Delivery(
                id=uuid4(),
                alert_id=alert,
                patient_id=row.patient_id,
                step_id=step,
                recipient=f"practitioner:{who}",
                channel="email",
                severity=Severity.AMBER,
                state="delivered",
                public_id=uuid4().hex,
                created_at=ward.now,
            )
        )
    session.flush()
    week = Week.of(ward.now, zone=UTC)

    found = told_of(session, [ward.patients["Oh Malsun"]], Span(week.start, week.end), zone="UTC")

    mine = [each for each in found if each.practitioner_id == who]
    assert [(each.alerts, each.most) for each in mine] == [(2, 10)]
