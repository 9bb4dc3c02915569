"""Access in an emergency: for one patient and an hour, said to all whom it concerns (SEC-14)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from aiosmtpd.controller import Controller
from fastapi.testclient import TestClient
from sqlalchemy import select, text

from alerts.notify.email import Mailer
from app.accounts.service import NewUser, create_user
from app.accounts.tables import AppUser
from app.emergency import service
from app.emergency.notice import SUBJECT, tell
from core.audit import AuditEvent
from core.clock import utc_now
from core.outbox import Outbox, Topic
from core.sealed_fields import seal
from core.security import Role
from core.settings import Settings
from ingest.access.tables import EmergencyAccess
from ingest.numbers.repository import add
from ingest.receipt import Kind, Name
from ingest.tables import Patient
from tests.app.conftest import csrf
from tests.running_system import Postbox, free_port
from tests.ward import PASSWORD, Ward

if TYPE_CHECKING:
    from datetime import datetime

    from core.database import Database
    from tests.ward import Invented

PEOPLE: tuple[Invented, ...] = ()
Enter = Callable[[str], TestClient]
KEY = "Yun Hidden"
HIDDEN = f"Yun {uuid4().hex[:8]}"  # as no other ward of the same database has anybody
BORN = "1944-04-04"
WHY = {"reason": "emergency", "text": "Collapsed in the waiting room."}
SYSTEM = "https://clinic.example/mrn"


@pytest.fixture(autouse=True)
def nothing_open(database: Database, ward: Ward) -> None:
    """Let each test begin without anybody's access, and with one person of this name."""
    hidden = ward.patients[KEY]
    with database.transaction() as session:
        session.get_one(Patient, hidden).name = seal(session, Patient.name, HIDDEN, id=hidden)
        session.execute(text("update emergency_access set ended_at = now() where ended_at is null"))
        session.execute(text("delete from refused_tries"))


def opening(client: TestClient, **fields: str) -> int:
    token = csrf(client.get("/break-glass").text)
    said = WHY | {"name": HIDDEN, "born": BORN} | fields
    return client.post("/break-glass", data={**said, "csrf": token}).status_code


def user(database: Database, role: Role) -> str:
    login = f"{role}-{uuid4().hex[:8]}"
    with database.transaction() as session:
        create_user(session, NewUser(login, f"The {role}", PASSWORD, role), now=utc_now())
    return login


def newest(database: Database) -> UUID:
    with database.transaction() as session:
        query = select(EmergencyAccess.id).order_by(EmergencyAccess.began_at.desc()).limit(1)
        return session.scalars(query).one()


def events(database: Database, entity: str, access: UUID) -> list[AuditEvent]:
    with database.transaction() as session:
        query = select(AuditEvent).where(AuditEvent.entity == entity)
        return list(session.scalars(query.where(AuditEvent.entity_id == access)))


def test_a_physician_reads_and_acts_on_one_patient_for_an_hour_sec_14(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client, patient = enter(ward.username), ward.patients[KEY]
    assert client.get(f"/patients/{patient}").status_code == 404

    assert opening(client) == 303
    page = client.get(f"/patients/{patient}")
    alert = ward.alerts[KEY][0]
    acted = client.post(f"/alerts/{alert}/acknowledge", data={"csrf": csrf(page.text)})
    inbox = client.get("/inbox").text

    assert page.status_code == 200
    assert HIDDEN in page.text
    assert "Access in an emergency until" in page.text
    assert "Access in an emergency until" in inbox
    assert acted.status_code == 303
    assert enter(ward.colleague).get(f"/patients/{patient}").status_code == 404
    [started] = events(database, service.STARTED, newest(database))
    assert (started.purpose, started.patient_id, started.action) == ("ETREAT", patient, "E")
    with database.transaction() as session:
        session.execute(
            text("update emergency_access set until = clock_timestamp() where ended_at is null")
        )
    assert client.get(f"/patients/{patient}").status_code == 404
    assert "Access in an emergency until" not in client.get("/inbox").text


def test_the_end_is_written_down_whoever_ends_it_sec_14(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client = enter(ward.username)
    opening(client)
    ended = newest(database)
    token = csrf(client.get("/inbox").text)
    theirs = enter(ward.colleague)
    other = theirs.post(f"/break-glass/{ended}/end", data={"csrf": csrf(theirs.get("/inbox").text)})
    client.post(f"/break-glass/{ended}/end", data={"csrf": token})
    opening(client)
    lapsed = newest(database)
    with database.transaction() as session:
        due = session.scalars(
            select(Outbox).where(Outbox.topic == Topic.LAPSE, Outbox.subject_id == lapsed)
        ).one()
        row = session.get_one(EmergencyAccess, lapsed)
        assert due.next_try_at == row.until
        service.lapse(session, lapsed, now=row.until)
    with database.transaction() as session:
        service.lapse(session, ended, now=utc_now())

    assert other.status_code == 404
    assert [each.purpose for each in events(database, service.ENDED, ended)] == ["ETREAT"]
    assert [each.purpose for each in events(database, service.ENDED, lapsed)] == ["ETREAT"]
    assert client.get(f"/patients/{ward.patients[KEY]}").status_code == 404


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"born": "1944-04-05"}, 404),
        ({"name": "Yun"}, 404),
        ({"name": "", "born": ""}, 404),
        ({"name": f" {HIDDEN.upper()} "}, 303),
        ({"reason": ""}, 422),
        ({"reason": "curiosity"}, 422),
        ({"text": "  "}, 422),
        ({"system": SYSTEM, "value": "H-1"}, 303),
        ({"system": "https://another.example", "value": "H-1"}, 404),
        ({"system": SYSTEM, "value": "H"}, 404),
    ],
    ids=[
        "born",
        "part",
        "nothing",
        "case",
        "no reason",
        "unknown reason",
        "no words",
        "number",
        "system",
        "part of a number",
    ],
)
def test_it_needs_a_reason_and_exactly_one_person_sec_14(
    database: Database, enter: Enter, ward: Ward, fields: dict[str, str], status: int
) -> None:
    with database.transaction() as session:
        session.execute(text("delete from patient_identifier"))
        add(session, {Name(Kind.PATIENT, SYSTEM, "H-1"): ward.patients[KEY]})

    assert opening(enter(ward.username), **fields) == status


def test_only_who_treats_opens_and_only_who_supervises_reviews_sec_10(
    database: Database, enter: Enter, ward: Ward
) -> None:
    supervisor, nurse = enter(user(database, Role.SUPERVISOR)), enter(user(database, Role.NURSE))

    assert supervisor.get("/break-glass").status_code == 403
    assert (
        supervisor.post(
            "/break-glass",
            data={**WHY, "name": HIDDEN, "born": BORN, "csrf": csrf(supervisor.get("/inbox").text)},
        ).status_code
        == 403
    )
    assert opening(nurse) == 303
    assert nurse.get("/break-glass/reviews").status_code == 404
    assert supervisor.get("/break-glass/reviews").status_code == 200
    assert ward.patients


def test_a_supervisor_reads_who_when_why_and_what_was_read_and_closes_it_sec_14(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client, patient = enter(ward.username), ward.patients[KEY]
    opening(client)
    access = newest(database)
    client.get(f"/patients/{patient}")
    supervisor = enter(user(database, Role.SUPERVISOR))

    page = supervisor.get("/break-glass/reviews").text
    form = {"csrf": csrf(page), "note": "In order: she was in the waiting room."}
    silent = supervisor.post(f"/break-glass/{access}/review", data={**form, "note": " "})
    done = supervisor.post(f"/break-glass/{access}/review", data=form)
    again = supervisor.post(f"/break-glass/{access}/review", data=form)

    assert "Collapsed in the waiting room." in page
    assert "Emergency treatment" in page
    assert "Dr Han" in page
    assert re.search(r"<code>patient</code> . \d", page)
    assert (silent.status_code, done.status_code, again.status_code) == (422, 303, 409)
    assert "In order: she was in the waiting room." in supervisor.get("/break-glass/reviews").text
    [read, *_] = events(database, "emergency-review", access)
    assert read.patient_id == patient


def test_the_privacy_officer_hears_of_it_also_when_the_mail_server_was_away_sec_14(
    database: Database, enter: Enter, ward: Ward
) -> None:
    """Nothing of the patient leaves, and no broken mail server makes it silent."""
    opening(enter(ward.username))
    access, port, box = newest(database), free_port(), Postbox()
    settings = Settings(privacy_email="privacy@clinic.example", base_url="https://ward.example")
    mailer = Mailer("127.0.0.1", port, "wardlight@clinic.example")

    def attempt() -> tuple[datetime | None, list[Outbox]]:
        with database.transaction() as session:
            waiting = select(Outbox).where(
                Outbox.topic == Topic.OVERRIDE, Outbox.subject_id == access, Outbox.state == "open"
            )
            session.execute(
                text("update outbox set state = 'done' where topic = 'override'")
            )  # as the worker closes the row that it carries out
            tell(session, access, mailer, settings, now=utc_now())
            session.flush()
            row = session.get_one(EmergencyAccess, access)
            return row.notified_at, list(session.scalars(waiting))

    with database.transaction() as session:
        offered = session.scalars(select(Outbox).where(Outbox.subject_id == access)).all()
    told, waiting = attempt()
    assert {row.topic for row in offered} == {Topic.OVERRIDE, Topic.LAPSE}
    assert told is None
    assert len(waiting) == 1

    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    try:
        told, waiting = attempt()
        attempt()
    finally:
        server.stop()

    [letter] = box.letters
    body = letter.as_string()
    assert told is not None
    assert waiting == []
    assert letter["Subject"] == SUBJECT
    assert letter["To"] == "privacy@clinic.example"
    assert "https://ward.example/break-glass/reviews" in body
    for secret in (HIDDEN, BORN, "waiting room", str(ward.patients[KEY]), "Dr Han"):
        assert secret not in body


def test_the_words_are_sealed_sec_27(database: Database, enter: Enter, ward: Ward) -> None:
    opening(enter(ward.username))
    with database.transaction() as session:
        row = session.get_one(EmergencyAccess, newest(database))
        stored = bytes(row.text)
        person = session.get_one(AppUser, row.user_id)

    assert b"waiting room" not in stored
    assert person.username == ward.username
