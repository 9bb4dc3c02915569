"""The patient page as a physician meets it: picture, number and act in one look."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec
import pytest

from alerts.service import Contact
from app.pages.answering import read
from app.pages.explained import Reader
from app.pages.forms import Answers, Reaching
from app.pages.on_record import dialled
from app.pages.problem_list import Written, sources
from ingest.archive.repository import Version, add_versions
from ingest.tables import Client, Condition
from tests.app.conftest import csrf
from tests.app.test_acting_page import of, page, post
from tests.app.test_on_record import card
from tests.told import reachable

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from core.database import Database
    from tests.ward import Ward

Enter = Callable[[str], "TestClient"]
NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)


def shown(client: TestClient, ward: Ward, name: str) -> str:
    return client.get(f"/patients/{ward.patients[name]}").text


def first_card(text: str) -> str:
    return text[text.index('<section class="card episode') : text.index('id="trends"')].split(
        '<section class="card episode'
    )[1]


def test_the_first_alert_has_its_picture_and_each_act_a_button_of_its_own_ux_02(
    enter: Enter, ward: Ward
) -> None:
    text = shown(enter(ward.username), ward, "Oh Malsun")

    found = first_card(text)

    assert found.index('class="trend" role="img"') < found.index("Take it")
    assert 'href="#trend-spo2"' in found
    assert text.count('class="card-trend"') == 1
    drawers = re.findall(r'<summary class="button quiet"[^>]*>([^<]+)<', found)
    assert drawers == [
        *("Contact", "Pass on", "Escalate now", "Checklist 0 of 10", "Note"),
        *("Decide and resolve", "What the patient is told"),
    ]  # a RED is not put off, and no video visits are held here
    assert '<span class="visually-hidden">: breathing</span>' in found
    assert " disabled" not in text


def test_a_red_has_the_numbers_of_patient_and_first_carer_and_no_other_address_does(
    database: Database, enter: Enter, ward: Ward
) -> None:
    """SEC-24: a number stands in the page alone."""
    client, patient = enter(ward.username), ward.patients["Oh Malsun"]
    assert "No telephone number is stored." in first_card(shown(client, ward, "Oh Malsun"))
    with database.transaction() as session:
        reachable(session, patient, now=ward.now, carer=True)

    found = first_card(shown(client, ward, "Oh Malsun"))

    numbers = ["tel:+821055501234", "tel:+821055509876"]
    assert re.findall(r'href="(tel:[^"]+)"', found) == numbers * 2  # card and contact form
    assert "Call Canary Daughter (daughter)" in found
    assert not re.search(r'(action|href|src)="/[^"]*5550', found)


@pytest.mark.parametrize(
    ("by", "reached", "live"),
    [
        ("call", "yes", True),
        ("visit", "yes", True),
        ("call", "no", False),
        ("message", "yes", False),
    ],
)
def test_whether_both_spoke_follows_from_how_and_whether_somebody_was_reached(
    by: str, reached: str, *, live: bool
) -> None:
    form = Reaching.model_validate({"by": Contact(by), "reached": reached, "live": "yes"})

    assert form.live is live


def test_what_is_chosen_on_the_checklist_comes_as_a_field_of_each_item() -> None:
    sent = {"item": ["repeat", "goals"], "words": ["", "At home"], "about": ["", ""]}
    form = Answers.model_validate(sent | {"answer-repeat": "no", "answer-technique": "yes"})

    assert [(each.item, str(each.answer)) for each in read(form)] == [
        ("repeat", "no"),
        ("goals", ""),
    ]


def test_a_colleague_who_is_asked_reads_the_note_of_who_asked_ux_04(
    enter: Enter, ward: Ward, database: Database
) -> None:
    client, alert = enter(ward.username), of(database, ward, "Baek Jonggil")
    acts = client.get(f"/inbox/rows/{alert}/acts?do=delegate").text
    (colleague,) = re.findall(r'<option value="([^"]+)">Dr Lim<', acts)

    page(client, post(client, alert, "delegate", to=colleague, note="Ring the son."))

    theirs = enter(ward.colleague)
    for path in (f"/patients/{ward.patients['Baek Jonggil']}", f"/inbox/rows/{alert}/acts"):
        assert '<span class="note-words">Ring the son.</span>' in theirs.get(path).text
    text = shown(theirs, ward, "Baek Jonggil")
    assert "delegated by Dr Han, with a note: Ring the son." in text


def test_goals_of_care_are_said_to_be_missing_and_shown_once_written(
    enter: Enter, ward: Ward, database: Database
) -> None:
    client, alert = enter(ward.username), of(database, ward, "Moon Taesik")
    before = shown(client, ward, "Moon Taesik")
    (field,) = re.findall(r'href="#(words-[^"]+-goals)"', before)
    assert "Goals of care: not recorded." in before
    assert f'id="{field}"' in before

    form = {"item": "goals", "words": "Treatment at home", "about": "", "seen": "0"}
    after = page(client, post(client, alert, "check", **form))

    assert "Goals of care: not recorded." not in after
    assert re.search(r"Treatment at home</p>\s*<p[^>]*>Written by Dr Han in the checklist", after)


def test_a_condition_says_who_entered_it_and_which_integration_sent_it(
    enter: Enter, ward: Ward, database: Database
) -> None:
    patient, id_ = ward.patients["Han Sooja"], uuid4()
    body = {
        "resourceType": "Condition",
        "recorder": {"reference": f"Practitioner/{ward.practitioner_id}"},
        "recordedDate": "2025-04-02",
    }
    with database.transaction() as session:
        client = Client(name="ehr-bridge", jwks={}, scopes=[], created_at=ward.now)
        session.add(client)
        codes = [["http://hl7.org/fhir/sid/icd-10-cm", "I50.9"]]
        session.add(Condition(id=id_, patient_id=patient, codes=codes))
        session.flush()
        received = ward.now - timedelta(hours=1)
        raw = msgspec.json.encode(body)
        add_versions(session, client.id, [Version("Condition", id_, 1, patient, received, raw)])

    found = card(shown(enter(ward.username), ward, "Han Sooja"), "conditions")

    assert "entered by Dr Han, 2 Apr 2025" in found
    assert "sent by ehr-bridge, " in found
    assert found.count("sent by") == 1  # the others came without a resource


def test_of_an_entry_only_what_is_stored_is_said() -> None:
    reader = Reader(NOW, ZoneInfo("UTC"), frozenset())

    assert list(sources(Written(), reader)) == []
    assert list(sources(Written(recorder="Dr A"), reader)) == ["entered by Dr A"]
    found = list(sources(Written(recorded=NOW.date(), sender="ehr", received=NOW), reader))
    assert found[1] == "sent by ehr, 09:30"
    assert found[0].startswith("entered ")


@pytest.mark.parametrize(
    ("written", "number"),
    [("+82 10-5550-1234", "+821055501234"), ("(031) 555 0199", "0315550199"), ("x@y", "")],
)
def test_a_number_is_dialled_by_its_digits(written: str, number: str) -> None:
    assert dialled(written) == number


def test_every_answer_about_a_row_says_how_alerting_is_rel_35(
    enter: Enter, ward: Ward, database: Database
) -> None:
    """UX-14: the page of acts, who was first, and a pause that is opened by itself."""
    client, alert = enter(ward.username), of(database, ward, "Kwon Yeonghui")
    first = post(client, alert, "claim", version="999")
    pause = client.get(f"/patients/{ward.patients['Kwon Yeonghui']}/pause").text

    assert first.status_code == 409
    for text in (client.get(f"/inbox/rows/{alert}/acts").text, first.text, pause):
        assert 'id="strip"' in text
    assert '<details class="drawer no-print" id="pause-form" open>' in pause
    assert 'id="pause-form" open' not in shown(client, ward, "Kwon Yeonghui")


def test_a_message_leads_to_its_alert_unfolded(enter: Enter, ward: Ward) -> None:
    client, name = enter(ward.username), "Oh Malsun"
    text = shown(client, ward, name)
    lesser = re.findall(r'class="card episode lesser" id="alert-([0-9a-f-]+)"', text)
    assert lesser
    assert '<details class="fold">' in text

    opened = client.get(f"/patients/{ward.patients[name]}?alert={lesser[0]}").text

    assert opened.count('<details class="fold" open>') == 1
    assert csrf(opened)
