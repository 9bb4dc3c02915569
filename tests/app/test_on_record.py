"""What is on record beside readings, and who looked at it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import select

from app.commands.clients import make_key
from app.emergency.service import ENDED, STARTED
from app.pages import devices
from core.audit import Action, record
from core.clock import utc_now
from core.sealed_fields import seal
from core.security import SYSTEM, Caller, Role
from core.vitals import Quality
from ingest.people.tables import DeviceUse
from ingest.service import register_client
from ingest.tables import Condition, Device, StoredReading

if TYPE_CHECKING:
    import pytest
    from fastapi.testclient import TestClient

    from core.database import Database
    from tests.ward import Ward

Enter = Callable[[str], "TestClient"]


def card(text: str, name: str) -> str:
    found = re.search(
        rf'<section class="card" aria-labelledby="{name}-title"[\s\S]*?</section>', text
    )
    assert found is not None, name
    return found[0]


def test_conditions_are_shown_with_their_codes_and_what_has_ended_is_not(
    database: Database, enter: Enter, ward: Ward
) -> None:
    patient = ward.patients["Oh Malsun"]
    with database.transaction() as session:
        past = ward.now - timedelta(days=9)
        codes = [["http://hl7.org/fhir/sid/icd-10-cm", "J18.9"]]
        session.add(Condition(patient_id=patient, codes=codes, until=past))

    shown = card(enter(ward.username).get(f"/patients/{patient}").text, "conditions")

    assert "heart failure" in shown
    assert "I50.9 · active" in shown
    assert "J18.9" not in shown


def test_devices_are_shown_with_what_they_measured_and_when_they_were_last_heard(
    enter: Enter, ward: Ward
) -> None:
    shown = card(
        enter(ward.username).get(f"/patients/{ward.patients['Seo Insuk']}").text, "devices"
    )

    assert "Systolic BP" in shown
    assert re.search(r"last heard <time[^>]*>[^<]+</time> · 14 readings in 7 days", shown)
    assert "not used" not in shown
    assert "Not known here: battery level" in shown


def test_a_device_that_was_heard_is_not_called_silent_because_the_list_is_cut(
    database: Database, enter: Enter, ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = ward.patients["Jung Dahye"]
    with database.transaction() as session:
        mine = select(StoredReading).where(StoredReading.patient_id == patient)
        rows = session.scalars(mine.order_by(StoredReading.effective.desc())).all()
        for number, row in enumerate(rows):
            row.device = str(uuid4()) if number < 2 else ""
            if row.device:
                id_ = UUID(row.device)
                name = seal(session, Device.name, f"Scale {number}", id=id_)
                session.add(Device(id=id_, name=name))
                session.flush()
                session.add(DeviceUse(id=uuid4(), device_id=id_, patient_id=patient))
    monkeypatch.setattr(devices, "SHOWN", 1)

    shown = card(enter(ward.username).get(f"/patients/{patient}").text, "devices")

    assert "Shown are the first 1 of 2." in shown
    assert ("Scale 0" in shown, "not heard" in shown) == (True, False)


def test_a_device_shows_which_share_of_its_week_was_not_used_and_why(
    database: Database, enter: Enter, ward: Ward
) -> None:
    patient = ward.patients["Han Sooja"]
    with database.transaction() as session:
        rows = session.scalars(
            select(StoredReading)
            .where(StoredReading.patient_id == patient)
            .order_by(StoredReading.effective.desc())
        ).all()
        rows[0].quality = rows[1].quality = Quality.IMPLAUSIBLE
        rows[2].quality = Quality.UNIT_UNSURE
        rows[8].quality = Quality.FUTURE  # of the week before

    shown = card(enter(ward.username).get(f"/patients/{patient}").text, "devices")

    assert "7 readings in 7 days" in shown
    assert "43 % of them not used: 2 implausible, 1 with an unsure unit<" in shown


def test_a_device_of_the_person_that_was_not_heard_is_named_as_such(
    database: Database, enter: Enter, ward: Ward
) -> None:
    patient = ward.patients["Han Sooja"]
    with database.transaction() as session:
        id_ = uuid4()
        session.add(Device(id=id_, name=seal(session, Device.name, "Bedside scale", id=id_)))
        session.flush()
        session.add(DeviceUse(id=uuid4(), device_id=id_, patient_id=patient))

    shown = card(enter(ward.username).get(f"/patients/{patient}").text, "devices")

    assert "Bedside scale: <strong>not heard in the last four weeks</strong>" in shown


def test_the_team_sees_who_looked_by_name_and_the_rest_page_by_page_sec_19(
    database: Database, enter: Enter, ward: Ward
) -> None:
    patient, client = ward.patients["Moon Taesik"], enter(ward.username)
    enter(ward.colleague).get(f"/patients/{patient}")
    with database.transaction() as session:
        caller = Caller("user", ward.user_id, role=Role.PHYSICIAN)
        for _ in range(60):
            record(session, caller, Action.READ, "trends", now=ward.now, patients=[patient])

    shown = card(client.get(f"/patients/{patient}").text, "accesses")
    first = client.get(f"/patients/{patient}/accesses").text
    (older,) = re.findall(r"accesses\?before=(\d+)", first)
    second = client.get(f"/patients/{patient}/accesses?before={older}").text

    assert shown.count("<li>") == 20
    assert 'Dr Han <span class="soft">(physician)</span>: the patient page' in shown
    assert first.count("<tr><td>") == 50
    assert "Dr Lim" not in first
    assert "<td>Dr Lim</td><td>physician</td><td>the patient page</td>" in second
    assert "before=" not in second


def test_who_searched_copied_or_printed_looked_too_sec_19(
    database: Database, enter: Enter, ward: Ward
) -> None:
    patient, named = ward.patients["Seo Insuk"], f"record-system-{uuid4()}"
    with database.transaction() as session:
        scopes, keys = frozenset({"system/*.rs"}), {"keys": [make_key()[1]]}
        id_ = register_client(session, named, scopes, keys, now=ward.now)
        client = Caller("client", id_)
        done = {"Observation": client, "copy": SYSTEM, "page-print": SYSTEM, "dead-letter": SYSTEM}
        for entity, caller in done.items():
            record(session, caller, Action.EXECUTE, entity, now=ward.now, patients=[patient])

    shown = enter(ward.username).get(f"/patients/{patient}/accesses").text

    assert f"<td>{named}</td><td>client</td><td>Observation</td>" in shown
    assert "The copy of a person&#39;s data" in shown
    assert "A page on paper" in shown
    assert "dead-letter" not in shown


def test_who_looked_at_another_teams_patient_is_not_told_sec_12(enter: Enter, ward: Ward) -> None:
    answer = enter(ward.username).get(f"/patients/{ward.patients['Yun Hidden']}/accesses")

    assert answer.status_code == 404


def test_access_in_an_emergency_is_among_who_looked_even_where_nothing_was_read_sec_14_sec_19(
    database: Database, enter: Enter, ward: Ward
) -> None:
    patient = ward.patients["Oh Malsun"]
    with database.transaction() as session:
        for entity in (STARTED, ENDED):
            caller = Caller("user", uuid4(), Role.NURSE)
            record(session, caller, Action.EXECUTE, entity, now=utc_now(), patients=[patient])

    shown = enter(ward.username).get(f"/patients/{patient}/accesses").text

    assert "access in an emergency, opened" in shown
    assert "access in an emergency, ended" in shown
