from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

import alerts.service
from app.cds_hooks.cards import OVERRIDES
from core.security import SYSTEM
from ingest.numbers import repository as numbers
from ingest.receipt import Kind, Name
from ingest.tables import Client
from tests.door import BASE, Clock
from tests.ward import JONGGIL, MALSUN, SOOJA, YOUNG, Ward

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi.testclient import TestClient

    from core.database import Database

from tests.app.cds_hooks.conftest import PATH, SYSTEM_OF_NUMBERS, Chart, asked, with_number


def hollow(node: Any) -> bool:
    if isinstance(node, dict):
        return not node or any(hollow(value) for value in node.values())
    if isinstance(node, list):
        return not node or any(hollow(value) for value in node)
    return node is None or node == ""


def test_the_service_is_discovered_by_anybody_from_any_origin_fhir_23(web: TestClient) -> None:
    found = web.get("/cds-services")

    (service,) = found.json()["services"]
    assert found.headers["Access-Control-Allow-Origin"] == "*"
    assert (service["id"], service["hook"]) == ("wardlight-patient-view", "patient-view")
    assert service["prefetch"] == {"patient": "Patient/{{context.patientId}}"}
    assert web.options(PATH).headers["Access-Control-Allow-Headers"].startswith("Authorization")


def test_open_alerts_are_cards_the_gravest_first_fhir_23(chart: Chart, ward: Ward) -> None:
    answer = chart.view(ward.patients[MALSUN.name])

    assert answer.status_code == 200, answer.text
    cards = answer.json()["cards"]
    order = ["critical", "warning", "info"]
    assert cards
    assert not hollow(cards)
    assert [each["indicator"] for each in cards] == sorted(
        (each["indicator"] for each in cards), key=order.index
    )
    assert {each["uuid"] for each in cards} <= {str(a) for a in ward.alerts[MALSUN.name]}
    for card in cards:
        assert 0 < len(card["summary"]) < 140
        assert card["source"] == {"label": "Wardlight", "url": BASE}
        assert card["detail"]
        (link,) = card["links"]
        assert link["type"] == "absolute"
        assert link["url"] == f"{BASE}/patients/{ward.patients[MALSUN.name]}"
        assert {each["code"] for each in card["overrideReasons"]} == set(OVERRIDES)
    assert MALSUN.name not in answer.text


def test_a_red_alert_is_critical_fhir_23(chart: Chart, ward: Ward) -> None:
    cards = chart.view(ward.patients[JONGGIL.name]).json()["cards"]

    assert cards[0]["indicator"] == "critical"


def test_a_patient_is_found_by_a_record_number_too_fhir_23(
    chart: Chart, ward: Ward, database: Database
) -> None:
    number, same, other = (str(uuid4()) for _ in range(3))
    patient = ward.patients[MALSUN.name]
    names = {
        number: patient,
        same: patient,
        other: ward.patients[JONGGIL.name],
    }
    with database.transaction() as session:
        wanted = {Name(Kind.PATIENT, SYSTEM_OF_NUMBERS, n): id_ for n, id_ in names.items()}
        numbers.add(session, wanted)
    both = with_number(number)
    both["patient"]["identifier"] += with_number(other)["patient"]["identifier"]

    found = chart.view("e1", prefetch=with_number(number))

    assert found.json() == chart.view(patient).json()
    assert found.json()["cards"]
    assert chart.view("e1", prefetch=with_number(str(uuid4()))).json() == {"cards": []}
    assert chart.view("e1", prefetch=both).status_code == 412
    assert chart.view("e1").status_code == 412


def test_nothing_open_is_no_card_and_no_word_of_health_fhir_23(chart: Chart, ward: Ward) -> None:
    assert chart.view(ward.patients[SOOJA.name]).json() == {"cards": []}


def test_silence_and_a_stopped_pipeline_are_said_fhir_23(
    register: Callable[..., Chart], ward: Ward, clock: Clock
) -> None:
    chart = register()
    clock.now = ward.now + timedelta(days=3)
    try:
        cards = chart.view(ward.patients[SOOJA.name]).json()["cards"]
    finally:
        clock.now = ward.now

    assert [card["indicator"] for card in cards] == ["info", "info"]
    assert "may be late or incomplete" in cards[0]["summary"]
    assert cards[1]["summary"].startswith("No readings have come for two days")


def test_somebody_who_is_not_monitored_is_not_called_silent_fhir_23(
    chart: Chart, ward: Ward
) -> None:
    cards = chart.view(ward.patients[YOUNG.name]).json()["cards"]

    assert all("uuid" in card for card in cards)


def test_a_client_that_is_disabled_bound_or_without_scope_sees_nothing_fhir_23(
    register: Callable[..., Chart], ward: Ward, database: Database
) -> None:
    disabled, bound, narrow = register(), register(), register("system/Observation.rs")
    with database.transaction() as session:
        session.get_one(Client, disabled.client_id).disabled = True
        session.get_one(Client, bound.client_id).bound = True
    patient = ward.patients[MALSUN.name]

    assert disabled.view(patient).status_code == 401
    assert narrow.view(patient).status_code == 403
    assert "cards" not in bound.view(patient).json()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"hook":"a","hook":"b"}', b'{"hook":NaN}'])
def test_what_is_not_strict_json_is_400_fhir_23(chart: Chart, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {chart.jwt()}", "Content-Type": "application/json"}

    answer = chart.http.post(PATH, content=body, headers=headers)

    assert answer.status_code == 400
    assert answer.json()["issue"]


def test_a_service_that_does_not_exist_is_404_fhir_23(chart: Chart) -> None:
    assert chart.send("/cds-services/other", asked("p1")).status_code == 404


def test_feedback_ends_on_the_timeline_once_and_changes_no_state_fhir_23(
    chart: Chart, ward: Ward, database: Database
) -> None:
    patient = ward.patients[MALSUN.name]
    card = chart.view(patient).json()["cards"][0]["uuid"]
    why = {"reason": {"code": "false-measurement"}, "userComment": "cuff too small"}

    first = chart.tell(card, overrideReason=why)
    again = chart.tell(card, overrideReason=why)
    accepted = chart.tell(card, outcome="accepted")

    assert [r.status_code for r in (first, again, accepted)] == [200, 200, 200]
    with database.transaction() as session:
        views = alerts.service.episodes(session, SYSTEM, patient)
    (view,) = [each for each in views if str(each.id) == card]
    lines = [each for each in view.timeline if each.kind.startswith("card-")]
    assert sorted((each.kind, each.after.get("reason")) for each in lines) == [
        ("card-accepted", None),
        ("card-overridden", "false-measurement"),
    ]
    assert all(each.actor_id == chart.client_id for each in lines)
    assert view.state == "open"


def test_feedback_on_what_a_caller_cannot_see_is_404_fhir_23(
    register: Callable[..., Chart], ward: Ward, database: Database
) -> None:
    bound = register()
    with database.transaction() as session:
        session.get_one(Client, bound.client_id).bound = True

    assert bound.tell(str(ward.alerts[MALSUN.name][0])).status_code == 404
    assert register().tell(str(uuid4())).status_code == 404
    assert register().tell("no card").status_code == 400
