"""A form that is sent more than once counts once; corrected minutes stay whose they are."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import select

from alerts.spent.tables import TimeSpent
from alerts.tables import AlertEvent
from app.sending.tables import SentForm
from tests.app.checklist import count
from tests.app.conftest import csrf
from tests.app.test_acting_page import of, page, post

if TYPE_CHECKING:
    from uuid import UUID

    from fastapi.testclient import TestClient

    from core.database import Database
    from tests.ward import Ward

Enter = Callable[[str], "TestClient"]


def form_of(client: TestClient, patient: UUID, action: str) -> str:
    """Return the id of a form as the patient's page has it."""
    text = client.get(f"/patients/{patient}").text
    form = text[text.index(f'action="{action}"') :]
    found = re.search(r'name="form_id" value="([0-9a-f-]{36})"', form[: form.index("</form>")])
    assert found is not None
    return found[1]


def test_two_clicks_at_the_same_moment_leave_one_note_and_two_equal_answers(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client, alert = enter(ward.username), of(database, ward, "Seo Insuk")
    id_ = form_of(client, ward.patients["Seo Insuk"], f"/alerts/{alert}/note")

    def send(_: int) -> tuple[int, str]:
        answer = post(client, alert, "note", note="Rang her daughter", form_id=id_)
        return answer.status_code, answer.headers["location"]

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(send, range(2)))

    assert said[0] == said[1]
    assert said[0][0] == 303
    assert count(database, AlertEvent, alert_id=alert, kind="noted") == 1
    post(client, alert, "note", note="And her son", form_id=id_)  # other words are another note
    post(client, alert, "note", note="Rang her daughter", form_id=str(uuid4()))
    assert count(database, AlertEvent, alert_id=alert, kind="noted") == 3


def test_minutes_and_their_correction_sent_twice_count_once_and_a_refused_form_can_be_sent_again(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client, patient = enter(ward.username), ward.patients["Han Sooja"]
    path = f"/patients/{patient}/minutes"
    token, id_ = csrf(client.get("/patients").text), form_of(client, patient, path)
    form = {"csrf": token, "form_id": id_, "minutes": "20", "work": "review"}
    assert client.post(path, data=form | {"minutes": "0"}).status_code == 422

    first, again = client.post(path, data=form), client.post(path, data=form)

    assert (first.status_code, first.headers["location"]) == (303, again.headers["location"])
    assert "This month: 20 minutes" in page(client, again)
    with database.transaction() as session:
        entry = session.scalars(select(TimeSpent.id).where(TimeSpent.patient_id == patient)).one()
    path = f"/minutes/{entry}"
    form = {"csrf": token, "form_id": form_of(client, patient, path), "minutes": "5"}
    first, again = client.post(path, data=form), client.post(path, data=form)
    assert (first.status_code, first.headers["location"]) == (303, again.headers["location"])
    assert count(database, TimeSpent, patient_id=patient) == 2


def test_a_contact_sent_twice_counts_once_and_anew_after_it_was_taken_back(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client, alert = enter(ward.username), of(database, ward, "Oh Malsun")
    id_ = form_of(client, ward.patients["Oh Malsun"], f"/alerts/{alert}/contact")
    fields = {"by": "call", "reached": "yes", "minutes": "9", "live": "yes", "form_id": id_}
    page(client, post(client, alert, "contact", **fields))

    shown = page(client, post(client, alert, "contact", **fields))

    assert "This month: 9 minutes, 1 live contact" in shown
    assert count(database, AlertEvent, alert_id=alert, kind="contacted") == 1
    assert "This month: 0 minutes" in page(client, post(client, alert, "undo"))
    shown = page(client, post(client, alert, "contact", **fields))
    assert "This month: 9 minutes, 1 live contact" in shown
    assert count(database, SentForm, subject_id=alert) == 1


def test_corrected_minutes_stay_whose_they_are_and_say_who_corrected_them(
    database: Database, enter: Enter, ward: Ward
) -> None:
    first, second = enter(ward.username), enter(ward.colleague)
    patient = ward.patients["Kwon Yeonghui"]
    form = {"csrf": csrf(first.get("/patients").text), "minutes": "20", "work": "review"}
    first.post(f"/patients/{patient}/minutes", data=form)
    with database.transaction() as session:
        entry = session.scalars(select(TimeSpent).where(TimeSpent.patient_id == patient)).one()
        id_, whose = entry.id, entry.actor_id

    token = csrf(second.get("/patients").text)
    shown = page(second, second.post(f"/minutes/{id_}", data={"csrf": token, "minutes": "5"}))

    with database.transaction() as session:
        later = session.scalars(select(TimeSpent).where(TimeSpent.corrects_id == id_)).one()
        assert later.actor_id == whose
        assert later.corrected_by_id not in {None, whose}
    assert re.search(r"corrected by Dr Lim <span class=\"soft\">Dr Han</span>", shown)


def test_an_undo_takes_the_minutes_of_its_contact_along_as_they_were_corrected(
    database: Database, enter: Enter, ward: Ward
) -> None:
    """UX-04, within ten seconds; whoever corrected them."""
    client, alert = enter(ward.username), of(database, ward, "Moon Taesik")
    fields = {"by": "call", "reached": "yes", "minutes": "12", "live": "yes"}
    page(client, post(client, alert, "contact", **fields))
    with database.transaction() as session:
        entry = session.scalars(select(TimeSpent.id).where(TimeSpent.alert_id == alert)).one()
    form = {"csrf": csrf(client.get("/patients").text), "minutes": "30"}
    assert "This month: 30 minutes" in page(client, client.post(f"/minutes/{entry}", data=form))

    shown = page(client, post(client, alert, "undo"))

    assert "This month: 0 minutes, 0 live contacts" in shown
