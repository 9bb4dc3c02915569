"""Planned admission, holiday: a pause with an end and a comment, seen by everybody (AL-10)."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html import unescape
from threading import Barrier
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

import alerts.service
import app.pages.router
import monitoring.service
from alerts.tables import Alert, Delivery
from app.accounts.tables import AppUser
from core.audit import Action, AuditEvent
from core.clock import utc_now
from core.errors import ConflictError
from core.security import Caller, Role
from ingest import repository as people
from ingest.context.repository import stays_of
from ingest.enrolment import Absence
from ingest.pauses import Asked, Kind
from ingest.pausing import service
from ingest.pausing.tables import DeclaredPause
from ingest.repository import person
from ingest.tables import StoredReading
from monitoring.windows import zone_of
from tests.app.conftest import SETTINGS, csrf
from tests.ward import SOOJA, open_ward

if TYPE_CHECKING:
    from uuid import UUID

    from httpx2 import Response

    from core.database import Database
    from tests.app.conftest import Enter
    from tests.ward import Ward


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.fixture
def ward(database: Database) -> Ward:
    """A ward of its own for each test: a pause stays."""
    return open_ward(database, people=(SOOJA,))


def day(ahead: int) -> str:
    return (utc_now().astimezone(zone_of("Asia/Seoul")) + timedelta(days=ahead)).date().isoformat()


def pause(client: TestClient, patient: UUID, **said: str) -> Response:
    token = csrf(client.get(f"/patients/{patient}").text)
    fields = {"kind": "admission", "first": "", "last": day(5), "comment": "hip, planned"}
    return client.post(f"/patients/{patient}/pause", data={"csrf": token} | fields | said)


def end(client: TestClient, patient: UUID) -> Response:
    page = client.get(f"/patients/{patient}").text
    action = re.search(r'action="(/patients/[^"]+/pause/[^"]+/end)"', page)
    assert action is not None
    return client.post(action[1], data={"csrf": csrf(page)})


def test_a_planned_admission_is_seen_on_the_page_and_by_the_judgement(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client, patient = enter(ward.username), ward.patients["Han Sooja"]

    answer = pause(client, patient)

    assert answer.headers["location"] == f"/patients/{patient}?done=paused#pause"
    seen = words(client.get(f"/patients/{patient}").text)
    assert "Admission to hospital: paused until" in seen
    assert "hip, planned" in seen
    assert "Declared by Dr Han" in seen
    row = words(client.get("/patients").text)
    assert "paused (admitted)" in row
    with database.transaction() as session:
        (stay,) = stays_of(session, [patient])[patient]
        assert stay.why is Absence.ADMITTED
        assert stay.until is not None
        assert person(session, patient).stays == (stay,)
        events = select(AuditEvent.action).where(
            AuditEvent.patient_id == patient, AuditEvent.entity == "pause"
        )
        assert Action.CREATE in set(session.scalars(events))


def test_during_a_pause_a_red_is_found_and_shown_and_nobody_is_paged(
    database: Database, enter: Enter, ward: Ward
) -> None:
    """AL-10: evaluation goes on; ending the pause tells of what it held, at once."""
    client, patient = enter(ward.username), ward.patients["Han Sooja"]
    pause(client, patient, kind="holiday")
    with database.transaction() as session:
        now = utc_now()
        session.add(
            StoredReading(
                patient_id=patient,
                vital="spo2",
                value=80.0,
                quality="scored",
                effective=now,
                received_at=now,
                precision="instant",
                device="spo2-1",
                value_received="80",
                unit_received="%",
                resource_id=uuid4(),
                resource_version=1,
                history=False,
            )
        )
        session.flush()
        judged = monitoring.service.assess(
            session,
            patient,
            now=now,
            rulebook=monitoring.service.load_site_rules(),
            model=monitoring.service.load_model(None),
        )
        policy = alerts.service.load_policy()
        alerts.service.raise_from(session, judged, now=now, policy=policy)

    def red() -> tuple[str, str | None, int]:
        with database.transaction() as session:
            alert = session.scalars(
                select(Alert).where(Alert.patient_id == patient, Alert.severity == "RED")
            ).one()
            mails = select(Delivery.id).where(
                Delivery.alert_id == alert.id, Delivery.channel == "email"
            )
            return alert.state, alert.held, len(session.scalars(mails).all())

    held = red()
    assert "shown, nobody paged: monitoring is paused" in words(client.get("/inbox").text)

    end(client, patient)

    assert held == ("open", "monitoring-is-paused", 0)
    assert red() == ("open", None, 1)
    assert "Holiday: pause ended by Dr Han" in words(client.get(f"/patients/{patient}").text)


def test_a_pause_ends_visibly_by_itself(database: Database, enter: Enter, ward: Ward) -> None:
    client, patient = enter(ward.username), ward.patients["Han Sooja"]
    pause(client, patient, last=day(0))
    web = FastAPI()
    later = utc_now() + timedelta(days=1, minutes=5)
    app.pages.router.mount(web, database, SETTINGS, clock=lambda: later)
    browser = TestClient(web, base_url=SETTINGS.base_url, follow_redirects=False)
    token = csrf(browser.get("/sign-in").text)
    fields = {"username": ward.username, "password": "correct horse battery staple"}
    browser.post("/sign-in", data=fields | {"csrf": token})

    seen = words(browser.get(f"/patients/{patient}").text)

    assert "Admission to hospital: pause ended by itself," in seen


def test_one_that_is_planned_is_taken_back_and_was_never_an_absence(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client, patient = enter(ward.username), ward.patients["Han Sooja"]
    pause(client, patient, first=day(3), last=day(9))
    assert "pause planned from" in words(client.get(f"/patients/{patient}").text)

    end(client, patient)

    with database.transaction() as session:
        assert stays_of(session, [patient]) == {}
        rows = session.scalars(select(DeclaredPause).where(DeclaredPause.patient_id == patient))
        assert [row.ended_at is not None for row in rows] == [True]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"kind": "boredom"}, "kind"),
        ({"comment": ""}, "comment"),
        ({"last": ""}, "until"),
        ({"last": "soon"}, "until"),
        ({"last": "2999-01-01"}, "until"),
        ({"last": "9999-12-31"}, "until"),
        ({"first": "9999-12-31"}, "since"),
        ({"first": "0001-01-01"}, "since"),
        ({"first": "2020-01-01"}, "since"),
    ],
    ids=str,
)
def test_a_fault_stands_beside_its_field_and_what_was_typed_stays(
    enter: Enter, ward: Ward, said: dict[str, str], field: str
) -> None:
    answer = pause(enter(ward.username), ward.patients["Han Sooja"], **said)

    assert answer.status_code == 422
    assert f'id="fault-pause-{field}"' in answer.text
    if "comment" not in said:
        assert ">hip, planned</textarea>" in answer.text


def test_two_pauses_do_not_overlap(enter: Enter, ward: Ward) -> None:
    client, patient = enter(ward.username), ward.patients["Han Sooja"]
    pause(client, patient)

    answer = pause(client, patient, first=day(2), last=day(12))

    assert answer.status_code == 422
    assert "Another pause is declared for these days" in words(answer.text)


def test_of_two_pauses_at_the_same_moment_one_is_refused(
    database: Database, enter: Enter, ward: Ward
) -> None:
    """Each looked before the other wrote: without the person's lock both would stand (AL-10)."""
    patient, now = ward.patients["Han Sooja"], utc_now()
    enter(ward.username)
    with database.transaction() as session:
        who = session.scalars(select(AppUser).where(AppUser.username == ward.username)).one()
        caller = Caller("user", who.id, Role(who.role), practitioner_id=who.practitioner_id)
    asked = Asked(Kind.HOLIDAY, now, now + timedelta(days=3), "both at once")
    both = Barrier(2)

    def declare(_: int) -> str:
        try:
            with database.transaction() as session:
                assert people.may_see(session, caller, patient)
                both.wait(10)
                service.declare(session, caller, patient, asked, now=now)
                time.sleep(0.3)  # seconds in which the other one looks
        except ConflictError:
            return "refused"
        return "declared"

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(declare, range(2)))

    assert said == ["declared", "refused"]
    with database.transaction() as session:
        rows = session.scalars(select(DeclaredPause).where(DeclaredPause.patient_id == patient))
        assert len(rows.all()) == 1


def test_the_pauses_of_somebody_elses_patient_do_not_exist_sec_12(enter: Enter, ward: Ward) -> None:
    client, hidden = enter(ward.username), ward.patients["Yun Hidden"]
    token = csrf(client.get("/patients").text)
    fields = {"kind": "other", "last": day(5), "comment": "x", "csrf": token}

    assert client.get(f"/patients/{hidden}/pause").status_code == 404
    assert client.post(f"/patients/{hidden}/pause", data=fields).status_code == 404
    ending = f"/patients/{hidden}/pause/{uuid4()}/end"
    assert client.post(ending, data={"csrf": token}).status_code == 404


def test_who_fills_the_form_reads_above_the_button_that_red_will_tell_nobody(
    enter: Enter, ward: Ward
) -> None:
    """AL-10: what a pause silences is said before it is on, not only once it is."""
    page = enter(ward.username).get(f"/patients/{ward.patients['Han Sooja']}").text

    form = page[page.index('id="pause-form"') :]
    before_the_button = words(form[: form.index("<button")])

    assert "Nobody is told of what they find, RED among it" in before_the_button
    assert "Comment" in before_the_button
