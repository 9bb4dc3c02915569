"""Monitoring ends by a person's decision, with a reason, and can be taken up again."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape
from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec
import pytest
from sqlalchemy import select, update

import alerts.service
import monitoring.service
from alerts.discharging.service import undecided
from alerts.lifecycle import State
from alerts.tables import Alert, Delivery
from core.audit import Action, AuditEvent
from core.clock import utc_now
from core.security import Caller
from fhir.policy import LENIENT
from ingest.context.repository import stays_of
from ingest.enrolment import Absence
from ingest.leaving.repository import gone
from ingest.receipt import Kind, Posted, Sender
from ingest.service import accept, register_client
from ingest.tables import Patient, StoredReading
from monitoring.windows import zone_of
from reports.service import caseload_of, world_of
from reports.silence import Known, silent
from reports.week import Week
from tests.app.conftest import csrf
from tests.app.rights.whole import PUBLIC
from tests.door import heart_rate

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from fastapi.testclient import TestClient
    from httpx2 import Response
    from sqlalchemy.orm import Session

    from core.database import Database
    from ingest.receipt import Answer
    from tests.app.conftest import Enter
    from tests.ward import Ward

SEOUL = zone_of("Asia/Seoul")
SCOPES = frozenset({"system/*.cruds"})


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def day(ahead: int = 0) -> date:
    return (utc_now().astimezone(SEOUL) + timedelta(days=ahead)).date()


@pytest.fixture
def client(enter: Enter, ward: Ward) -> TestClient:
    return enter(ward.username)


def decide(database: Database, patient: UUID) -> None:
    """Have every alert of a person resolved, as somebody would."""
    with database.transaction() as session:
        values = {"state": State.RESOLVED, "closed_at": utc_now()}
        session.execute(update(Alert).where(Alert.patient_id == patient).values(**values))


def discharge(client: TestClient, patient: UUID, **said: str) -> Response:
    token = csrf(client.get(f"/patients/{patient}/discharge").text)
    fields = {"why": "completed", "comment": "the year is over", "csrf": token}
    return client.post(f"/patients/{patient}/discharge", data=fields | said)


def again(client: TestClient, patient: UUID) -> Response:
    token = csrf(client.get(f"/patients/{patient}").text)
    return client.post(f"/patients/{patient}/discharge/end", data={"csrf": token})


def measured(session: Session, patient: UUID, at: datetime) -> Answer:
    """Send a heart rate as an integration that may speak for everybody."""
    client = register_client(session, f"hub-{uuid4()}", SCOPES, {"keys": [PUBLIC]}, now=utc_now())
    session.flush()
    body = heart_rate(f"Patient/{patient}", 72, effectiveDateTime=at.isoformat())
    posted = Posted(0, Kind.OBSERVATION, msgspec.json.encode(body))
    caller = Caller("client", client, scopes=SCOPES)
    sender = Sender(caller, client, "http://x/fhir", policy=LENIENT)
    return accept(session, sender, posted, now=utc_now())


def test_an_open_alert_is_shown_and_nothing_ends_until_somebody_decides_it_sec_46(
    database: Database, client: TestClient, ward: Ward
) -> None:
    """SEC-46: no RED or AMBER is closed by the end of monitoring."""
    patient = ward.patients["Oh Malsun"]
    with database.transaction() as session:
        before = undecided(session, [patient])
    page = client.get(f"/patients/{patient}/discharge").text

    answer = discharge(client, patient)

    assert f"{len(before)} alerts are open" in words(page)
    assert f"/patients/{patient}?alert={before[0]}" in page
    assert answer.status_code == 422
    assert "Alerts of this person are open: decide them first." in words(answer.text)
    with database.transaction() as session:
        assert undecided(session, [patient]) == before
        assert stays_of(session, [patient]) == {}


def test_who_is_discharged_leaves_the_lists_and_comes_back(
    database: Database, client: TestClient, ward: Ward
) -> None:
    patient = ward.patients["Moon Taesik"]
    decide(database, patient)
    before = words(client.get("/patients").text)

    answer = discharge(client, patient)

    assert answer.headers["location"] == f"/patients/{patient}?done=discharged#discharge"
    seen = words(client.get(f"/patients/{patient}").text)
    assert "The programme is completed" in seen
    assert "the year is over" in seen
    assert "Written by Dr Han" in seen
    listed = client.get("/patients").text
    assert "Monitored no longer: 1" in words(listed)
    assert before.count("Moon Taesik") == words(listed).count("Moon Taesik") == 1
    assert reporting(listed) == reporting_of(before) - 1
    assert "Moon Taesik" not in words(client.get("/inbox").text)

    assert again(client, patient).status_code == 303
    assert reporting(client.get("/patients").text) == reporting_of(before)
    with database.transaction() as session:
        [stay] = stays_of(session, [patient])[patient]
        assert stay.why is Absence.DISCHARGED
        assert stay.until is not None
        assert gone(session, [patient], at=utc_now()) == {}
        events = session.scalars(
            select(AuditEvent.action)
            .where(AuditEvent.patient_id == patient, AuditEvent.entity == "discharge")
            .where(AuditEvent.action != Action.READ)
            .order_by(AuditEvent.id)
        )
        assert list(events) == [Action.CREATE, Action.UPDATE]


def reporting(page: str) -> int:
    return reporting_of(words(page))


def reporting_of(said: str) -> int:
    found = re.search(r"of (\d+) patients", said)
    assert found is not None, said
    return int(found[1])


def test_what_is_measured_afterwards_is_refused_and_what_was_before_is_taken(
    database: Database, client: TestClient, ward: Ward
) -> None:
    patient = ward.patients["Seo Insuk"]
    decide(database, patient)
    assert discharge(client, patient, day=day(-2).isoformat()).status_code == 303

    with database.transaction() as session:
        late = measured(session, patient, utc_now() - timedelta(days=4, minutes=7))
        after = measured(session, patient, utc_now() - timedelta(minutes=7))

    assert late.status == 201
    assert after.status == 422
    assert after.issues[0].expression == "Observation.effective"
    assert "had ended when it was measured" in after.issues[0].text
    again(client, patient)
    with database.transaction() as session:
        assert measured(session, patient, utc_now()).status == 201
        assert measured(session, patient, utc_now() - timedelta(hours=5)).status == 422


def test_a_red_that_comes_late_is_shown_and_nobody_is_paged(
    database: Database, client: TestClient, ward: Ward
) -> None:
    """SEC-46: it stays open until a person decides it."""
    patient = ward.patients["Han Sooja"]
    decide(database, patient)
    at = utc_now()
    assert discharge(client, patient).status_code == 303
    with database.transaction() as session:
        session.add(
            StoredReading(
                patient_id=patient,
                vital="spo2",
                value=80.0,
                quality="scored",
                effective=at,
                received_at=utc_now(),
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
            now=utc_now(),
            rulebook=monitoring.service.load_site_rules(),
            model=None,
        )
        policy = alerts.service.load_policy()
        [raised] = alerts.service.raise_from(session, judged, now=utc_now(), policy=policy)

    with database.transaction() as session:
        alert = session.get_one(Alert, raised)
        assert (alert.severity, alert.state, alert.held) == ("RED", "open", "monitoring-has-ended")
        mails = select(Delivery.id).where(Delivery.alert_id == raised, Delivery.channel == "email")
        assert session.scalars(mails).all() == []
    assert "Han Sooja" in words(client.get("/inbox").text)


def test_the_weekly_report_counts_until_the_day_of_death(
    database: Database, client: TestClient, ward: Ward
) -> None:
    patient, died = ward.patients["Baek Jonggil"], day(-9)
    decide(database, patient)

    answer = discharge(client, patient, why="died", died_on=died.isoformat())

    assert answer.status_code == 303, words(answer.text)
    assert f"Died on {died}" in words(client.get(f"/patients/{patient}").text)
    week = Week.of(utc_now(), zone=SEOUL)
    with database.transaction() as session:
        assert session.get_one(Patient, patient).deceased
        load = caseload_of(session, ward.team, week, now=utc_now())
        assert patient not in load.people(week.start, week.end)
        before = week.shifted(-2)
        assert patient in load.people(before.start, before.end)
        assert load.spans[patient][-1].until == week.midnight(died + timedelta(days=1))
        world = world_of(session, [patient], week, now=utc_now())
    [stay] = world.stays[patient]
    assert stay.since.astimezone(SEOUL).date() == died + timedelta(days=1)
    known = Known(world.stays, (), world.died)
    assert silent([patient], {}, known, end=utc_now()) == ()
    again(client, patient)
    with database.transaction() as session:
        assert not session.get_one(Patient, patient).deceased


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"why": "boredom"}, "why"),
        ({"comment": " "}, "comment"),
        ({"day": "soon"}, "since"),
        ({"day": "2999-01-01"}, "since"),
        ({"day": "2001-01-01"}, "since"),
        ({"why": "died"}, "died_on"),
        ({"died_on": "2026-01-01", "day": ""}, "died_on"),
        ({"why": "died", "died_on": "never"}, "died_on"),
    ],
    ids=str,
)
def test_a_fault_stands_beside_its_field(
    database: Database, client: TestClient, ward: Ward, said: dict[str, str], field: str
) -> None:
    patient = ward.patients["Jung Dahye"]
    decide(database, patient)
    if said.get("died_on", "").startswith("2026"):
        said = said | {"died_on": day(-1).isoformat()}

    answer = discharge(client, patient, **said)

    assert answer.status_code == 422
    assert f'id="fault-leaving-{field}"' in answer.text
    with database.transaction() as session:
        assert gone(session, [patient], at=utc_now()) == {}


def test_the_end_of_somebody_elses_patient_does_not_exist_sec_12(
    client: TestClient, ward: Ward
) -> None:
    hidden = ward.patients["Yun Hidden"]
    fields = {"csrf": csrf(client.get("/patients").text), "why": "other", "comment": "x"}

    assert client.get(f"/patients/{hidden}/discharge").status_code == 404
    assert client.post(f"/patients/{hidden}/discharge", data=fields).status_code == 404
    assert client.post(f"/patients/{hidden}/discharge/end", data=fields).status_code == 404
