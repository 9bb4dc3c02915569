"""What the report of a ward's week says is what the rows say, counted here again by hand."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import func, insert, select, text

from alerts.acts.service import Contact, acknowledge, note_contact
from alerts.patients.tables import PatientMessage
from alerts.surveying.repository import briefs
from alerts.tables import Alert
from alerts.undoing.service import undo
from alerts.visit import Status
from alerts.visits.tables import Appointment
from app.pages.strip import is_silent
from core.audit import Action, record
from core.clock import utc_now
from core.security import SYSTEM, Caller
from core.vitals import Severity
from ingest.context.tables import PatientAbsence
from ingest.merging.service import merge
from ingest.repository import visible_to
from ingest.streams.repository import last_heard
from ingest.tables import StoredReading
from monitoring.tables import AssessmentRow
from reports.adherence import How
from reports.changes import Kind as Changing
from reports.overdue import Kind
from reports.service import team_week
from reports.silence import Why
from reports.week import Week
from tests.people import called
from tests.reported import alerts_of, doctor, happen
from tests.ward import open_ward

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.database import Database
    from reports.weekly import Report
    from tests.ward import Ward


@pytest.fixture(scope="module")
def ward(database: Database) -> Ward:
    """A ward on the Wednesday of the last week that is over."""
    week = Week.of(utc_now(), zone=UTC).shifted(-1)
    ward = open_ward(database, now=week.start + timedelta(days=2, hours=12))
    happen(database, ward)
    return ward


def report_of(session: Session, ward: Ward) -> Report:
    session.flush()
    week = Week.of(ward.now, zone=UTC)
    return team_week(session, doctor(ward), ward.team, week, now=utc_now()).report


def test_the_work_of_the_week_is_what_was_written_down(session: Session, ward: Ward) -> None:
    """All of Malsun's alerts were taken and she was reached on each; Insuk's were concluded."""
    malsun, insuk = (len(alerts_of(session, ward, n)) for n in ("Oh Malsun", "Seo Insuk"))

    work = report_of(session, ward).work
    mine = report_of(session, ward).burden.clinicians[0]

    assert (work.taken, work.reached, work.not_reached) == (malsun + insuk, malsun, 0)
    assert (work.minutes, work.live_minutes) == ({"call": 12}, 12)
    assert (mine.practitioner_id, mine.owned) == (ward.practitioner_id, malsun + insuk)
    assert (mine.taken, mine.contacts, mine.minutes) == (malsun + insuk, malsun, 12)


def test_what_was_taken_back_is_no_work(session: Session, ward: Ward) -> None:
    before, at = report_of(session, ward).work, ward.now + timedelta(minutes=2)
    alert = alerts_of(session, ward, "Baek Jonggil")[0]

    acknowledge(session, doctor(ward), alert, now=at)
    undo(session, doctor(ward), alert, now=at + timedelta(seconds=5))

    assert report_of(session, ward).work == before


def test_a_contact_that_reached_nobody_is_counted_apart(session: Session, ward: Ward) -> None:
    alert, at = alerts_of(session, ward, "Baek Jonggil")[0], ward.now + timedelta(minutes=2)

    note_contact(session, doctor(ward), alert, Contact.CALL, reached=False, now=at)

    found = report_of(session, ward)
    assert found.work.not_reached == 1
    assert [e.contacted_at for e in found.alerts if e.id == alert] == [None]


def test_what_is_open_and_who_is_silent_is_what_the_inbox_says_ux_15(
    session: Session, ward: Ward
) -> None:
    now = utc_now()
    caller, week = doctor(ward), Week.of(now, zone=UTC)

    found = team_week(session, caller, ward.team, week, now=now).report

    inbox = briefs(session, visible_to(caller))
    strip = {e.id for e in last_heard(session, visible_to(caller)) if is_silent(e, now=now)}
    assert {e.id for e in found.still_open} == {each.id for each in inbox}
    assert {(e.id, e.severity) for e in found.still_open} == {(b.id, b.severity) for b in inbox}
    assert {each.patient_id for each in found.silent} == strip


def test_who_is_in_hospital_is_silent_for_that_reason_alone(session: Session, ward: Ward) -> None:
    dahye, sooja = ward.patients["Jung Dahye"], ward.patients["Han Sooja"]
    session.add(
        PatientAbsence(id=uuid4(), patient_id=sooja, why="paused", since=ward.now, until=None)
    )

    why = {each.patient_id: each.why for each in report_of(session, ward).silent}

    assert why[dahye] is Why.IN_HOSPITAL
    assert why[sooja] is Why.PAUSED
    assert why[ward.patients["Oh Malsun"]] is Why.NOTHING


def test_readings_are_counted_by_what_they_were_good_for(session: Session, ward: Ward) -> None:
    week, row = Week.of(ward.now, zone=UTC), StoredReading
    patients = [who for name, who in ward.patients.items() if name != "Yun Hidden"]
    query = select(func.count()).where(row.patient_id.in_(patients))
    received = session.scalar(query.where(row.effective >= week.start, row.effective < week.end))

    found = report_of(session, ward).readings

    assert found.received == received == sum((found.by_quality or {}).values())
    assert found.used.share == 1.0
    assert 0 < found.spoken_of <= found.received


def test_a_visit_a_review_a_question_and_a_daily_message_are_late(
    session: Session, ward: Ward
) -> None:
    week = Week.of(ward.now, zone=UTC)
    patient = ward.patients["Kwon Yeonghui"]
    alert = alerts_of(session, ward, "Kwon Yeonghui")[0]
    visit: dict[str, Any] = {"alert_id": alert, "patient_id": patient, "room": b""}
    visit |= {"starts_at": ward.now, "ends_at": ward.now + timedelta(minutes=20)}
    session.execute(
        insert(Appointment).values(id=uuid4(), status=Status.BOOKED, booked_at=ward.now, **visit)
    )
    for day in (1, 2):
        session.add(daily(ward, until=week.start + timedelta(days=day)))
    drawn = {"id": uuid4(), "who": patient, "day": (week.end - timedelta(days=20)).date()}
    drawn |= {"at": week.end - timedelta(days=8)}
    session.execute(DRAWN, drawn)

    late = [each for each in report_of(session, ward).overdue if each.patient_id == patient]

    counts = {each.kind: each.count for each in late}
    assert counts[Kind.VISIT] == 1
    assert counts[Kind.QUESTION] == 2
    assert counts[Kind.FOLLOW_UP] == 1
    reviews = [e for e in report_of(session, ward).overdue if e.kind is Kind.REVIEW]
    assert [each.patient_id for each in reviews] == [ward.patients["Oh Malsun"]]


DRAWN = text("""
insert into followed_day (id, patient_id, day, scored_at, model_id, probability, source,
    chosen_with, followed_at)
values (:id, :who, :day, :at, 'risk-1', 0.1, 'drawn', 0.5, :at)
""")


def daily(ward: Ward, *, until: Any) -> PatientMessage:
    return PatientMessage(
        id=uuid4(),
        patient_id=ward.patients["Kwon Yeonghui"],
        recipient="nobody",
        carer=False,
        channel="sms",
        kind="daily",
        key=f"daily:{until}",
        asks=[],
        says=[],
        language="en",
        zone="UTC",
        state="delivered",
        reason="daily-question-due",
        created_at=until - timedelta(hours=12),
        until=until,
    )


def test_how_somebody_was_enrolled_is_read_from_what_was_written_down_first(
    session: Session, ward: Ward
) -> None:
    client = Caller("client", uuid4())
    first = {"Oh Malsun": "Patient", "Moon Taesik": "Bundle", "Seo Insuk": "Import"}
    for name, entity in first.items():
        for again in (entity, "Observation"):
            record(
                session, client, Action.CREATE, again, now=ward.now, patients=[ward.patients[name]]
            )
    record(
        session, SYSTEM, Action.CREATE, "Patient", now=ward.now,
        patients=[ward.patients["Han Sooja"]],
    )  # fmt: skip

    user = Caller("user", uuid4())
    for name, entity in (("Kwon Yeonghui", "Patient"), ("Jung Dahye", "Import")):
        record(session, user, Action.CREATE, entity, now=ward.now, patients=[ward.patients[name]])

    how = {line.patient_id: line.how for line in report_of(session, ward).adherence}

    assert how[ward.patients["Kwon Yeonghui"]] is How.PAGE
    assert how[ward.patients["Jung Dahye"]] is How.UPLOAD
    assert {name: how[ward.patients[name]] for name in first} == {
        "Oh Malsun": How.INTEGRATION,
        "Moon Taesik": How.INTEGRATION,
        "Seo Insuk": How.UPLOAD,
    }
    assert how[ward.patients["Han Sooja"]] is How.COMMAND
    assert how[ward.patients["Baek Jonggil"]] is How.UNKNOWN


def test_new_rules_are_told_once_with_whom_they_judge(session: Session, ward: Ward) -> None:
    """Who has a limit of their own that changed in the week is left out: it changes the hash."""
    people = ("Baek Jonggil", "Moon Taesik")
    for name in people:
        row = select(AssessmentRow).where(AssessmentRow.patient_id == ward.patients[name])
        known = session.scalars(row.order_by(AssessmentRow.at.desc()).limit(1)).one()
        values = {c.name: getattr(known, c.name) for c in AssessmentRow.__table__.columns}
        later = {"id": uuid4(), "key": str(uuid4()), "at": ward.now + timedelta(days=1)}
        session.execute(insert(AssessmentRow).values(values | later | {"rulebook_hash": "new"}))

    rules = [c for c in report_of(session, ward).changes if c.kind is Changing.RULES]

    assert [(each.subject, each.people) for each in rules] == [("new", 2)]
    assert rules[0].effect is not None
    assert rules[0].effect.before == len(
        {a for name in people for a in alerts_of(session, ward, name)}
    )


def test_a_stay_that_began_is_a_change_with_its_end(session: Session, ward: Ward) -> None:
    found = [c for c in report_of(session, ward).changes if c.kind is Changing.PAUSE]

    assert [(c.subject, c.patient_id) for c in found] == [("admitted", ward.patients["Jung Dahye"])]
    assert found[0].until == ward.now + timedelta(days=9)


def test_the_last_look_at_the_score_before_the_end_is_told(session: Session, ward: Ward) -> None:
    week, model = Week.of(ward.now, zone=UTC), report_of(session, ward).calibration
    assert model is not None
    keep = text(
        "insert into model_check (what, model_id, day, at, found)"
        " values ('calibration', :model, :day, :at, cast(:found as jsonb))"
    )
    for days, left in ((-9, 1), (-1, 2), (1, 3)):
        at = week.end + timedelta(days=days)
        found = f'{{"bands": [], "left_out": {left}}}'
        row = {"model": model.model_id, "day": at.date(), "at": at, "found": found}
        session.execute(keep, row)

    found_again = report_of(session, ward).calibration

    assert found_again is not None
    assert (found_again.left_out, found_again.scores) == (2, model.scores)


def test_alerts_of_a_record_that_was_merged_count_for_who_stands_for_it(
    session: Session, ward: Ward
) -> None:
    before, other = report_of(session, ward), uuid4()
    malsun = ward.patients["Oh Malsun"]
    session.add(called(session, other, "Oh Malsun", created=ward.now - timedelta(days=9)))
    session.flush()
    template = session.scalars(select(Alert).where(Alert.patient_id == malsun).limit(1)).one()
    values = {c.name: getattr(template, c.name) for c in Alert.__table__.columns}
    session.execute(insert(Alert).values(values | {"id": uuid4(), "patient_id": other}))

    merge(session, SYSTEM, malsun, other, reason="one person", now=ward.now)

    found = report_of(session, ward)
    assert found.patients == before.patients
    assert found.opened == before.opened + 1
    assert {e.patient_id for e in found.alerts} == {e.patient_id for e in before.alerts}


def test_who_was_enrolled_after_the_week_is_not_in_it(session: Session, ward: Ward) -> None:
    week = Week.of(ward.now, zone=UTC).shifted(-20)

    found = team_week(session, doctor(ward), ward.team, week, now=utc_now()).report

    assert (found.patients, found.silent, found.adherence) == (0, (), ())
    assert found.burden.per_patient_week is None


def test_the_tier_is_that_of_the_end_of_the_week(session: Session, ward: Ward) -> None:
    found = report_of(session, ward)

    assert {e.severity for e in found.alerts} >= {Severity.RED, Severity.AMBER}
    assert sum(line.opened for line in found.tiers) == found.opened
