"""The main job over real processes: a posted reading becomes an alert that somebody acts on."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from alerts.tables import Alert, AlertEvent
from app.accounts.service import NewUser, create_user
from core.audit import AuditEvent
from core.clock import utc_now
from core.security import Role
from ingest.numbers.repository import called
from ingest.repository import responsible
from lab.gateway import Tally
from tests.invented import enrolment, observation, ordinary
from tests.running_system import System, until

if TYPE_CHECKING:
    from uuid import UUID

pytestmark = pytest.mark.processes
PASSWORD = "a long enough passphrase"
NAME = "Canarysmith"
MRN = "canary-4711"
EMAIL = "dr.rho@clinic.example"


def enrolled(system: System) -> UUID:
    gateway, tally = system.gateway("flow"), Tally()
    gateway.post(enrolment(MRN, name=NAME, email=EMAIL), tally)
    gateway.post(ordinary(MRN, days=20, until=utc_now() - timedelta(hours=2)), tally)
    assert tally.refused == 0, tally.reasons
    with system.database.transaction() as session:
        [patient] = called(session, None, MRN)
        doctor = next(each for each in responsible(session, patient) if each.email == EMAIL)
        create_user(
            session,
            NewUser("rho", doctor.name, PASSWORD, Role.PHYSICIAN, doctor.practitioner_id),
            now=utc_now(),
        )
        return patient


def open_alert(system: System, patient: UUID) -> UUID | None:
    with system.database.transaction() as session:
        red = select(Alert.id).where(Alert.patient_id == patient, Alert.severity == "RED")
        return session.scalar(red)


def events(system: System, alert: UUID) -> list[str]:
    with system.database.transaction() as session:
        lines = select(AlertEvent.reason).where(AlertEvent.alert_id == alert)
        return list(session.scalars(lines.order_by(AlertEvent.at)))


def test_a_reading_becomes_an_alert_that_is_delivered_escalated_acknowledged_and_reported(
    system: System,
) -> None:
    patient = enrolled(system)
    gateway, tally = system.gateways[-1], Tally()

    gateway.post(observation(MRN, "spo2", 86, utc_now()), tally)
    assert tally.accepted == 1
    alert = until(lambda: open_alert(system, patient), within=20, what="a RED alert")
    first_mail = until(lambda: system.postbox.letters, within=20, what="an e-mail")[0]
    until(lambda: len(system.postbox.letters) > 1, within=30, what="an escalation by e-mail")

    browser = system.browser()
    inbox = browser.submit(browser.get("/sign-in"), "/sign-in", username="rho", password=PASSWORD)
    assert "86" in inbox.text
    assert NAME in inbox.text
    page = browser.get(f"/patients/{patient}")
    assert "not a diagnosis" in page.text.lower()
    after = browser.submit(inbox, f"/alerts/{alert}/acknowledge")
    assert after.is_success
    page = browser.get(f"/patients/{patient}")
    conclusion = re.search(r'value="(true-actionable[^"]*call)"', page.text)
    assert conclusion is not None
    done = browser.submit(page, f"/alerts/{alert}/resolve", conclusion=conclusion[1], note="")
    assert done.is_success
    with system.database.transaction() as session:
        closed = session.get_one(Alert, alert)
        assert closed.state == "resolved"
        assert session.scalar(select(func.count()).where(AuditEvent.patient_id == patient))
    assert len(events(system, alert)) > 3
    reports = browser.get("/reports")
    link = re.search(r'href="(/reports/[^"]+)"', reports.text)
    assert link is not None
    report = browser.get(link[1])
    assert report.is_success
    assert "Riverside" in report.text
    # SEC-23, SEC-24: what left the login wall and what went to the log say nothing of whom.
    spoken = "".join(letter.as_string() for letter in system.postbox.letters)
    for secret in (NAME, MRN, "86 %", str(patient)):
        assert secret not in spoken
        assert secret not in system.log.read_text()
    assert first_mail["Subject"]


def test_readyz_says_what_it_looked_at(system: System) -> None:
    answer = system.browser().http.get("/readyz")

    assert answer.json() == {
        "database": "ok",
        "schema": "ok",
        "broker": "ok",
        "pipeline": "ok",
        "seconds_waiting": {"bulk": 0, "critical": 0, "normal": 0},
        "audit_waiting": 0,
        "unjudged": 0,
    }
