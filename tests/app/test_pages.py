"""The pages through their routes: what they show, to whom, and what they write down."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from alerts.tables import Alert, AlertEvent, Delivery
from alerts.wording.repository import outcome_note
from core.audit import AuditEvent
from tests.app.conftest import csrf

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from core.database import Database
    from tests.ward import Ward

Enter = Callable[[str], "TestClient"]


def alert_of(database: Database, patient: UUID) -> UUID:
    with database.transaction() as session:
        query = select(Alert.id).where(Alert.patient_id == patient, Alert.state == "open")
        return session.scalars(query.order_by(Alert.severity != "RED", Alert.severity)).all()[0]


def state_of(database: Database, alert: UUID) -> Alert:
    with database.transaction() as session:
        return session.get_one(Alert, alert)


def take(client: TestClient, alert: UUID, **fields: str) -> Any:
    token = csrf(client.get("/patients").text)
    return client.post(f"/alerts/{alert}/acknowledge", data={"csrf": token, **fields})


def resolve(client: TestClient, alert: UUID, conclusion: str, **fields: str) -> Any:
    token = csrf(client.get("/patients").text)
    data = {"csrf": token, "conclusion": conclusion, **fields}
    return client.post(f"/alerts/{alert}/resolve", data=data)


def test_the_inbox_has_one_row_per_patient_in_order_of_urgency(enter: Enter, ward: Ward) -> None:
    """UX-01."""
    page = enter(ward.username).get("/inbox").text

    names = re.findall(r'<h2><a href="/patients/[^"]+">([^<]+)</a>', page)
    tiers = re.findall(r'<li class="row row-(\w+)"', page)

    assert names[:2] == ["Baek Jonggil", "Oh Malsun"]
    assert "Kwon Yeonghui" in names[2:]
    assert len(names) == len(set(names))
    assert tiers == sorted(tiers, key=["red", "amber", "yellow"].index)
    assert "Yun Hidden" not in page


def test_a_row_holds_everything_needed_to_decide(enter: Enter, ward: Ward) -> None:
    """UX-02."""
    page = enter(ward.username).get("/inbox").text
    row = page[page.index("Oh Malsun") :].split("</li>")[0]

    assert "<strong>86 %</strong>" in row
    for needed in ("usual 9", 'class="band"', 'class="limit"', "not owned", "next: ", "opened"):
        assert needed in row
    assert "last reading" in row
    for days in (7, 14):
        assert f'?days={days}#trend-spo2"' in row
    assert "falling for 4 days from 9" in row
    assert row.count('class="more"') == 1  # which the keys look for
    assert "also: " in row


def test_an_empty_inbox_says_so_in_words(enter: Enter, ward: Ward) -> None:
    """UX-14."""
    client = enter(ward.outsider)
    for alert in ward.alerts["Yun Hidden"]:
        resolve(client, alert, "unsure/")

    page = client.get("/inbox").text

    assert "Nobody waits for you now" in page
    assert re.search(r"None open; last reading \d+ min ago; 1 of 1 patient reporting", page)


def test_the_patient_page_explains_the_alert_with_stored_numbers(
    database: Database, enter: Enter, ward: Ward
) -> None:
    """UX-06."""
    patient = ward.patients["Oh Malsun"]
    page = enter(ward.username).get(f"/patients/{patient}").text
    with database.transaction() as session:
        alert = session.scalars(select(Alert).where(Alert.patient_id == patient)).first()
    assert alert is not None

    for needed in (
        "SPO2-CRIT (RED)",
        '<dt>Source</dt><dd><span lang="en">NEWS2',
        "<dt>Readings</dt><dd>SpO2 86 %",
        "Rulebook",
        alert.policy_hash[:12],
        "Not a diagnosis",
        "What it does not know",
        "Reading repeated?",
        "Eligibility: meets the terms",
        'SpO2: <span class="count">as a table',
    ):
        assert needed in page


def test_the_score_is_never_shown_without_saying_what_it_was_trained_on(
    enter: Enter, ward: Ward
) -> None:
    page = enter(ward.username).get(f"/patients/{ward.patients['Oh Malsun']}").text

    assert "trained on simulated data" in page or "The learned score is not available" in page


def test_another_teams_patient_and_no_patient_look_the_same(enter: Enter, ward: Ward) -> None:
    """SEC-11, SEC-12."""
    client = enter(ward.username)
    hidden, absent = ward.patients["Yun Hidden"], uuid4()

    answers = [
        client.get(f"/patients/{hidden}"),
        client.get(f"/patients/{absent}"),
        client.get("/patients/not-an-id"),
        client.get(f"/reports/{ward.other_team}"),
        client.get("/n/nothing"),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert "Yun" not in answers[0].text


def test_another_teams_alert_can_neither_be_taken_nor_resolved(
    database: Database, enter: Enter, ward: Ward
) -> None:
    """SEC-11."""
    client = enter(ward.username)
    with database.transaction() as session:
        hidden = session.scalars(
            select(Alert.id).where(Alert.patient_id == ward.patients["Yun Hidden"])
        ).all()[0]
    before = state_of(database, hidden).version

    assert take(client, hidden).status_code == 404
    assert resolve(client, hidden, "unsure/").status_code == 404
    assert state_of(database, hidden).version == before


def test_taking_an_alert_is_seen_audited_and_done_once(
    database: Database, enter: Enter, ward: Ward
) -> None:
    """UX-04, UX-05: post, redirect, get; the second person is told who was first."""
    alert = alert_of(database, ward.patients["Kwon Yeonghui"])
    first, second = enter(ward.username), enter(ward.colleague)

    done = take(first, alert, back="inbox")
    late = take(second, alert)

    assert done.status_code == 303
    assert done.headers["location"] == f"/inbox?done=taken&alert={alert}#alert-{alert}"
    assert state_of(database, alert).state == "acknowledged"
    assert late.status_code == 409
    assert "Dr Han acknowledged this" in late.text
    with database.transaction() as session:
        kinds = session.scalars(select(AlertEvent.kind).where(AlertEvent.alert_id == alert)).all()
        acted = session.scalars(select(AuditEvent).where(AuditEvent.entity_id == alert)).all()
    assert kinds.count("acknowledged") == 1
    assert [event.patient_id for event in acted] == [ward.patients["Kwon Yeonghui"]]
    assert "yours" in first.get("/inbox").text


def test_a_form_that_is_out_of_date_changes_nothing(
    database: Database, enter: Enter, ward: Ward
) -> None:
    alert = alert_of(database, ward.patients["Baek Jonggil"])

    answer = take(enter(ward.username), alert, version="999")

    assert answer.status_code == 409
    assert state_of(database, alert).state == "open"


def test_resolving_keeps_outcome_checklist_and_note(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client = enter(ward.username)
    alert = alert_of(database, ward.patients["Seo Insuk"])

    answer = resolve(client, alert, "false-measurement/device", note="New cuff.")

    kept = state_of(database, alert)
    assert answer.status_code == 303
    assert (kept.state, kept.outcome, kept.outcome_detail) == (
        "resolved",
        "false-measurement",
        "device",
    )
    with database.transaction() as session:
        assert outcome_note(session, kept) == "New cuff."
    assert "False: the measurement: device" in client.get(answer.headers["location"]).text


@pytest.mark.parametrize("conclusion", ["", "true-actionable/", "true-actionable/none", "x/y"])
def test_an_outcome_that_is_none_of_the_list_is_refused(
    database: Database, enter: Enter, ward: Ward, conclusion: str
) -> None:
    alert = alert_of(database, ward.patients["Baek Jonggil"])

    answer = resolve(enter(ward.username), alert, conclusion)

    assert answer.status_code == 422
    assert state_of(database, alert).state == "open"


def test_every_page_that_shows_people_writes_who_was_seen(
    database: Database, enter: Enter, ward: Ward
) -> None:
    """SEC-16."""
    client = enter(ward.username)
    malsun = ward.patients["Oh Malsun"]

    def seen(path: str) -> set[tuple[str, UUID | None]]:
        with database.transaction() as session:
            last = session.scalars(select(AuditEvent.id).order_by(AuditEvent.id.desc())).first()
        assert client.get(path).status_code == 200
        with database.transaction() as session:
            events = session.scalars(select(AuditEvent).where(AuditEvent.id > (last or 0))).all()
        assert {event.caller_id for event in events} == {ward.user_id}
        return {(event.entity, event.patient_id) for event in events}

    assert seen(f"/patients/{malsun}") == {("patient", malsun)}
    assert ("inbox", malsun) in seen("/inbox")
    assert len(seen("/patients")) == 7
    assert len(seen(f"/reports/{ward.team}")) == 7


def test_a_notification_leads_to_its_alert(database: Database, enter: Enter, ward: Ward) -> None:
    patient = ward.patients["Oh Malsun"]
    with database.transaction() as session:
        public, alert = session.execute(
            select(Delivery.public_id, Delivery.alert_id)
            .join(Alert, Alert.id == Delivery.alert_id)
            .where(Alert.patient_id == patient)
        ).all()[0]

    answer = enter(ward.username).get(f"/n/{public}")

    assert answer.headers["location"] == f"/patients/{patient}?alert={alert}#alert-{alert}"
    assert enter(ward.outsider).get(f"/n/{public}").status_code == 404


def test_enrolment_by_decision_needs_a_reason_and_is_kept(enter: Enter, ward: Ward) -> None:
    client, young = enter(ward.username), ward.patients["Jung Dahye"]
    token = csrf(client.get(f"/patients/{young}").text)
    path = f"/patients/{young}/enrol"

    empty = client.post(path, data={"csrf": token, "reason": " "})
    done = client.post(path, data={"csrf": token, "reason": "Frequent admissions"})

    assert (empty.status_code, done.status_code) == (422, 303)
    assert "Frequent admissions" in client.get(f"/patients/{young}").text


def test_how_live_somebody_is_stands_on_their_page_with_each_streams_last_contact_al_22(
    enter: Enter, ward: Ward
) -> None:
    client = enter(ward.username)
    page = client.get(f"/patients/{ward.patients['Oh Malsun']}").text
    card = page[page.index("streams-title") :].split("</section>")[0]

    assert re.search(r"Readings: (live|late|degraded)", card)
    assert "<dt>SpO2</dt><dd><time" in card
    assert '<td data-label="Monitoring">live</td>' in client.get("/patients").text
