"""An alert that grew worse, or came back, waits again: what was done before does not answer it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import text

from alerts import service
from alerts.acts.service import Contact, acknowledge, note_contact
from alerts.episodes.service import take
from alerts.standings.service import Judged
from alerts.tables import Alert
from alerts.undoing.service import undo
from core.clock import utc_now
from core.vitals import Severity
from monitoring.findings import Finding, Problem, Spoken
from reports.overdue import Kind, late_alert
from reports.repository import episodes
from reports.service import team_week
from reports.talk import Why, talked_about
from reports.week import Week
from tests.reported import alerts_of, doctor
from tests.ward import open_ward

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.database import Database
    from reports.episodes import Episode
    from reports.weekly import Report
    from tests.ward import Ward

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NAME = "Moon Taesik"


@pytest.fixture(scope="module")
def ward(database: Database) -> Ward:
    """A ward on the Wednesday of the last week that is over."""
    week = Week.of(utc_now(), zone=UTC).shifted(-1)
    return open_ward(database, now=week.start + timedelta(days=2, hours=12))


def week_of(ward: Ward) -> Week:
    return Week.of(ward.now, zone=UTC)


def report_of(session: Session, ward: Ward) -> Report:
    session.flush()
    return team_week(session, doctor(ward), ward.team, week_of(ward), now=utc_now()).report


def amber(session: Session, ward: Ward) -> Alert:
    """Return an alert that nobody has taken, as an AMBER."""
    alert = session.get_one(Alert, alerts_of(session, ward, NAME)[0])
    alert.severity = alert.highest = Severity.AMBER
    alert.opened_at = ward.now
    session.flush()
    return alert


def worse(session: Session, alert: Alert, *, now: datetime) -> None:
    """Let a RED be found of the same problem."""
    red = Finding(
        rule_id="RED-OF-A-TEST",
        problem=Problem(alert.problem),
        severity=Severity.RED,
        at=now,
        says=Spoken("Worse", "Worse"),
        source="invented",
        confidence="V",
    )
    judged = Judged(_judgement(session, alert.id), alert.patient_id, now)
    take(session, judged, [red], now=now, policy=service.load_policy())
    session.flush()


def _judgement(session: Session, alert: UUID) -> UUID:
    query = text("select assessment_id from alert_finding where alert_id = :alert limit 1")
    return UUID(str(session.scalar(query, {"alert": alert})))


def stood(session: Session, alert: Alert, *, at: datetime) -> Episode:
    found = episodes(session, [alert.patient_id], since=at - 30 * DAY, until=at)
    return next(each for each in found if each.id == alert.id)


def test_a_red_that_nobody_took_is_not_answered_by_who_took_it_as_an_amber(
    session: Session, ward: Ward
) -> None:
    """Taken in ten minutes and called, RED two days later and left: untaken, late, not in time."""
    alert, caller, rise = amber(session, ward), doctor(ward), ward.now + 2 * DAY
    acknowledge(session, caller, alert.id, now=ward.now + 10 * MINUTE)
    at = ward.now + 20 * MINUTE
    note_contact(session, caller, alert.id, Contact.CALL, reached=True, now=at)
    worse(session, alert, now=rise)

    report = report_of(session, ward)

    due = next(each for each in report.overdue if each.alert_id == alert.id)
    talk = next(
        each
        for each in talked_about(report, end=week_of(ward).end)
        if each.patient_id == alert.patient_id
    )
    line = next(each for each in report.alerts if each.id == alert.id)
    assert (due.kind, due.severity, due.due_at) == (Kind.UNTAKEN, Severity.RED, rise + 15 * MINUTE)
    assert Why.UNTAKEN in talk.why
    assert Why.OPEN not in talk.why
    assert (line.severity, line.acknowledged_at, line.contacted_at) == (Severity.RED, None, None)


def test_the_clock_of_a_tier_runs_from_when_an_alert_came_to_it(
    session: Session, ward: Ward
) -> None:
    """RED after two days, taken 5 minutes and reached 25 minutes later: both in time."""
    alert, caller, rise = amber(session, ward), doctor(ward), ward.now + 2 * DAY
    acknowledge(session, caller, alert.id, now=ward.now + 10 * MINUTE)
    worse(session, alert, now=rise)
    before = report_of(session, ward).tiers[0]
    acknowledge(session, caller, alert.id, now=rise + 5 * MINUTE)
    at = rise + 25 * MINUTE
    note_contact(session, caller, alert.id, Contact.CALL, reached=True, now=at)

    after = report_of(session, ward).tiers[0]

    assert after.severity is Severity.RED
    assert after.acknowledged == before.acknowledged + 1
    assert after.on_time.hits == before.on_time.hits + 1
    assert after.reached_on_time.hits == before.reached_on_time.hits + 1
    assert after.opened == before.opened


def test_what_came_back_unanswered_waits_for_somebody_again(session: Session, ward: Ward) -> None:
    """Its acknowledgement ran out (AL-12): nobody has it, until somebody takes it again."""
    alert, caller = amber(session, ward), doctor(ward)
    acknowledge(session, caller, alert.id, now=ward.now + MINUTE)
    assert alert.ack_expires_at is not None
    back = alert.ack_expires_at
    service.escalate_due(session, now=back)
    service.escalate_due(session, now=back)
    session.refresh(alert)

    waits = stood(session, alert, at=back + DAY)
    acknowledge(session, caller, alert.id, now=back + DAY)
    has = stood(session, alert, at=back + DAY + HOUR)

    late = late_alert(waits, end=back + DAY)
    assert (waits.acknowledged_at, waits.waits_since) == (ward.now + MINUTE, back)
    assert late is not None
    assert (late.kind, late.due_at) == (Kind.UNTAKEN, back + 4 * HOUR)
    assert (has.acknowledged_at, has.waits_since) == (ward.now + MINUTE, None)


def test_to_take_it_again_and_take_that_back_leaves_it_waiting(
    session: Session, ward: Ward
) -> None:
    alert, caller, rise = amber(session, ward), doctor(ward), ward.now + DAY
    acknowledge(session, caller, alert.id, now=ward.now + MINUTE)
    worse(session, alert, now=rise)
    acknowledge(session, caller, alert.id, now=rise + HOUR)
    undo(session, caller, alert.id, now=rise + HOUR + timedelta(seconds=5))

    found = stood(session, alert, at=rise + DAY)

    assert (found.acknowledged_at, found.risen_at) == (None, rise)
    assert stood(session, alert, at=rise).acknowledged_at == ward.now + MINUTE
