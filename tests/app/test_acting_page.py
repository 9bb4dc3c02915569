"""What is done to an alert from the page: each act, its notice, its undo, its refusals."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from alerts.tables import Alert
from tests.app.conftest import csrf
from tests.app.test_pages import state_of

if TYPE_CHECKING:
    from uuid import UUID

    from fastapi.testclient import TestClient

    from core.database import Database
    from tests.ward import Ward

Enter = Callable[[str], "TestClient"]


def of(database: Database, ward: Ward, name: str) -> UUID:
    """Return a patient's gravest live alert."""
    with database.transaction() as session:
        query = select(Alert.id).where(
            Alert.patient_id == ward.patients[name], Alert.closed_at.is_(None)
        )
        return session.scalars(query.order_by(Alert.severity != "RED", Alert.severity)).all()[0]


def post(client: TestClient, alert: UUID, act: str, **fields: str) -> Any:
    token = csrf(client.get("/patients").text)
    return client.post(f"/alerts/{alert}/{act}", data={"csrf": token, **fields})


def page(client: TestClient, answer: Any) -> str:
    assert answer.status_code == 303, answer.text
    text: str = client.get(answer.headers["location"]).text
    return text


def test_a_claim_is_seen_by_a_colleague_and_taken_back_with_one_button(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client, alert = enter(ward.username), of(database, ward, "Oh Malsun")

    shown = page(client, post(client, alert, "claim"))

    assert "Others see that you look at it" in shown
    assert "you look at it" in shown
    assert "Dr Han looks at it" in enter(ward.colleague).get("/inbox").text
    assert f'action="/alerts/{alert}/undo"' in shown
    assert "taken back" in page(client, post(client, alert, "undo"))
    assert state_of(database, alert).state == "open"


def test_passing_on_asks_a_colleague_who_accepts_it(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client, alert = enter(ward.username), of(database, ward, "Oh Malsun")
    text = client.get(f"/patients/{ward.patients['Oh Malsun']}").text
    choices = dict(re.findall(r'<option value="([0-9a-f-]{36})">([^<]+)</option>', text))
    (colleague,) = [id_ for id_, name in choices.items() if name == "Dr Lim"]
    assert "Riverside (team)" in choices.values()
    assert "Dr Han" not in choices.values()  # nobody passes it on to themselves

    shown = page(client, post(client, alert, "delegate", to=colleague))

    assert "Dr Lim is asked by Dr Han, until" in shown
    theirs = enter(ward.colleague)
    asked = theirs.get(f"/patients/{ward.patients['Oh Malsun']}").text
    assert "you are asked by Dr Han" in asked
    assert "Accept it" in asked
    page(theirs, post(theirs, alert, "acknowledge"))
    assert str(state_of(database, alert).owner_id) == colleague


def test_a_yellow_is_put_off_with_a_reason_and_called_back(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client, name = enter(ward.username), "Seo Insuk"
    alert = of(database, ward, name)
    assert state_of(database, alert).severity != "RED"

    shown = page(client, post(client, alert, "snooze", hours="24", reason="Visit tomorrow"))

    assert "Anything worse brings it back at once" in shown
    inbox = client.get("/inbox").text
    assert re.search(r"put off until .* by Dr Han, just now: Visit tomorrow", inbox)
    assert "1 put off" in inbox
    assert "Call it back now" in shown
    page(client, post(client, alert, "wake"))
    assert state_of(database, alert).state == "open"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"hours": "24", "reason": ""}, "Say why"),
        ({"hours": "336", "reason": "x"}, "can be put off for 72 hours at most"),
        ({"hours": "0", "reason": "x"}, "Use at least 1 for hours."),
        ({"hours": "999", "reason": "x"}, "Use at most 336 for hours."),
    ],
)
def test_what_cannot_be_put_off_so_is_refused_with_the_reason_rel_17(
    database: Database, enter: Enter, ward: Ward, fields: dict[str, str], said: str
) -> None:
    client = enter(ward.username)
    with database.transaction() as session:
        ids = list(ward.patients.values())
        query = select(Alert.id).where(
            Alert.patient_id.in_(ids), Alert.severity == "AMBER", Alert.closed_at.is_(None)
        )
        alert = session.scalars(query).all()[0]

    answer = post(client, alert, "snooze", **fields)

    assert answer.status_code == 422
    assert said in answer.text


def test_a_red_offers_no_putting_off_and_refuses_one_al_11(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client, alert = enter(ward.username), of(database, ward, "Baek Jonggil")
    assert state_of(database, alert).severity == "RED"

    text = client.get(f"/patients/{ward.patients['Baek Jonggil']}").text
    answer = post(client, alert, "snooze", hours="1", reason="later")

    assert f"/alerts/{alert}/snooze" not in text
    assert answer.status_code == 409
    assert "A RED alert cannot be snoozed" in answer.text


def test_a_contact_and_an_escalation_stand_on_the_timeline(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client, alert = enter(ward.username), of(database, ward, "Baek Jonggil")

    missed = page(client, post(client, alert, "contact", by="call", reached="no"))
    page(client, post(client, alert, "contact", by="visit", reached="yes"))
    shown = page(client, post(client, alert, "escalate"))

    assert "The contact is written down" in missed
    assert "contacted by Dr Han (the person was not reached)" in shown
    assert "contacted by Dr Han (the person was reached)" in shown
    assert "escalated by Dr Han (a person asked for the next step now)" in shown
    assert state_of(database, alert).contacted_at is not None
    assert post(client, alert, "contact", by="pigeon", reached="yes").status_code == 422


def test_another_teams_alert_takes_no_act_sec_12(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client, alert = enter(ward.username), of(database, ward, "Yun Hidden")
    fields = {"hours": "1", "reason": "x", "by": "call", "reached": "yes", "to": str(alert)}

    for act in ("claim", "delegate", "snooze", "wake", "contact", "escalate", "undo"):
        assert post(client, alert, act, **fields).status_code == 404


def test_no_form_sets_whose_an_alert_is_nor_how_grave_sec_13(
    database: Database, enter: Enter, ward: Ward
) -> None:
    alert = of(database, ward, "Kwon Yeonghui")
    before = state_of(database, alert)
    protected = {
        "severity": "INFO",
        "highest": "INFO",
        "owner_id": str(ward.other_team),
        "team_id": str(ward.other_team),
        "score": "0",
        "state": "resolved",
        "policy_hash": "none",
    }

    post(enter(ward.username), alert, "acknowledge", **protected)

    after = state_of(database, alert)
    assert after.state == "acknowledged"
    assert (after.severity, after.policy_hash) == (before.severity, before.policy_hash)
    assert after.owner_id == ward.practitioner_id


def test_an_outcome_is_not_put_on_what_became_graver_meanwhile_ux_05(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client, alert = enter(ward.username), of(database, ward, "Kwon Yeonghui")
    shown = client.get(f"/patients/{ward.patients['Kwon Yeonghui']}").text
    form = shown[shown.index(f'action="/alerts/{alert}/resolve"') :]
    version, severity = (
        re.findall(rf'name="{name}" value="([^"]*)"', form)[0] for name in ("version", "severity")
    )
    with database.transaction() as session:
        row = session.get_one(Alert, alert)
        row.severity, row.version = "RED", row.version + 1
    meant = {"conclusion": "unsure/", "note": "a long note", "version": version}

    answer = post(client, alert, "resolve", severity=severity, **meant)

    assert answer.status_code == 409
    assert "This alert has become RED since you opened its page" in answer.text
    assert "a long note" in answer.text
    assert state_of(database, alert).state != "resolved"
    assert post(client, alert, "resolve", severity="RED", **meant).status_code == 303


def test_an_outcome_is_not_put_on_what_a_colleague_took_meanwhile_ux_05(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client, alert = enter(ward.username), of(database, ward, "Moon Taesik")
    before = state_of(database, alert)
    page(enter(ward.colleague), post(enter(ward.colleague), alert, "acknowledge"))

    answer = post(
        client,
        alert,
        "resolve",
        conclusion="unsure/",
        version=str(before.version),
        severity=before.severity,
    )

    assert answer.status_code == 409
    assert "acknowledged this" in answer.text
    assert state_of(database, alert).state == "acknowledged"
