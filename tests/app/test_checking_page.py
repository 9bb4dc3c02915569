"""The checklist, notes and minutes on the patient page: kept on their own, seen by colleagues."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import select

from alerts.checking.tables import ChecklistAnswer
from alerts.checklist import Answer, Given, ticked
from alerts.minutes import bounds
from alerts.spent.tables import TimeSpent
from alerts.tables import Alert, AlertEvent
from alerts.wording.repository import outcome_note
from core.audit import AuditEvent
from tests.app.checklist import answers, check, count, filled
from tests.app.conftest import csrf
from tests.app.test_acting_page import of, page, post

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from core.database import Database
    from tests.ward import Ward

Enter = Callable[[str], "TestClient"]


def test_an_answer_is_kept_without_resolving_and_a_colleague_sees_whose_it_is(
    database: Database, enter: Enter, ward: Ward
) -> None:
    """AL section 6, UX-04: none is needed before acting; audited; on the timeline."""
    client, alert = enter(ward.username), of(database, ward, "Oh Malsun")
    audited = count(database, AuditEvent, entity_id=alert)

    shown = check(client, alert, answers(repeat="yes", symptoms="no"))

    assert "Your answers are kept" in shown
    theirs = enter(ward.colleague).get(f"/patients/{ward.patients['Oh Malsun']}").text
    assert re.search(r'repeat">[\s\S]{0,600}value="yes" checked[\s\S]{0,1600}?Dr Han, ', theirs)
    assert "checklist, Reading repeated? yes, by Dr Han" in theirs
    assert count(database, ChecklistAnswer, alert_id=alert) == 2
    assert count(database, AuditEvent, entity_id=alert) == audited + 1


def test_the_same_form_again_stores_nothing_and_another_answer_takes_the_firsts_place(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client, alert = enter(ward.username), of(database, ward, "Kwon Yeonghui")
    check(client, alert, answers(repeat="yes"))
    check(client, alert, answers(repeat="yes"))
    assert count(database, ChecklistAnswer, alert_id=alert) == 1
    colleague = enter(ward.colleague)

    check(colleague, alert, filled(colleague, ward, "Kwon Yeonghui", alert, repeat="no"))

    with database.transaction() as session:
        query = select(ChecklistAnswer.answer).where(ChecklistAnswer.alert_id == alert)
        assert list(session.scalars(query.order_by(ChecklistAnswer.number))) == ["yes", "no"]


def test_an_alternative_is_overruled_by_name_and_replaced_in_own_words(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client, name = enter(ward.username), "Oh Malsun"
    alert = of(database, ward, name)
    text = client.get(f"/patients/{ward.patients[name]}").text
    offered = re.findall(
        r'value="alternative-1"><input type="hidden" name="about" value="([^"]+)"', text
    )
    fields = answers(**{"alternative-1": "no"})
    fields["about"][-1] = offered[0]
    fields["words"][fields["item"].index("alternatives")] = "Missed her water tablet"

    shown = check(client, alert, fields)

    assert 'value="Missed her water tablet"' in shown
    with database.transaction() as session:
        row = session.scalars(
            select(ChecklistAnswer).where(
                ChecklistAnswer.alert_id == alert, ChecklistAnswer.item == "alternative-1"
            )
        ).one()
        assert (row.answer, row.about) == ("no", offered[0])


def test_what_was_answered_goes_with_the_outcome(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client, alert = enter(ward.username), of(database, ward, "Moon Taesik")
    check(client, alert, answers(repeat="yes", technique="no", goals="yes"))

    post(client, alert, "resolve", conclusion="unsure/", note="Tell her GP.")

    with database.transaction() as session:
        note = outcome_note(session, session.get_one(Alert, alert))
    assert note == "[checked: repeat, goals] Tell her GP."


def test_the_alternatives_count_as_considered_once_one_is_answered() -> None:
    assert ticked([Given("trend", Answer.YES), Given("alternative-2", Answer.NO)]) == [
        "alternatives",
        "trend",
    ]
    assert ticked([Given("repeat", Answer.NO), Given("alternatives", Answer.BLANK)]) == []


def test_nonsense_is_refused_and_nothing_is_stored(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client, alert = enter(ward.username), of(database, ward, "Baek Jonggil")
    before = count(database, ChecklistAnswer, alert_id=alert)
    for fields in (
        {"item": "horoscope", "answer": "yes", "words": "", "about": ""},
        {"item": "repeat", "answer": "maybe", "words": "", "about": ""},
        {"item": "repeat", "answer": "yes"},
        {"item": "repeat", "answer": "yes", "words": "x" * 501, "about": ""},
    ):
        assert post(client, alert, "check", **fields).status_code == 422, fields

    assert count(database, ChecklistAnswer, alert_id=alert) == before


def test_two_notes_at_the_same_moment_are_both_kept_ux_05(
    database: Database, enter: Enter, ward: Ward
) -> None:
    alert, name = of(database, ward, "Seo Insuk"), "Seo Insuk"
    clients = [enter(ward.username), enter(ward.colleague)]

    with ThreadPoolExecutor(2) as pool:
        said = [
            pool.submit(post, client, alert, "note", note=f"note {number}")
            for number, client in enumerate(clients)
        ]
        codes = [each.result().status_code for each in said]

    assert codes == [303, 303]
    text = clients[0].get(f"/patients/{ward.patients[name]}").text
    assert '<span class="note-words">note 0</span>' in text
    assert '<span class="note-words">note 1</span>' in text


def test_a_note_is_taken_back_and_both_stay_on_the_timeline(
    database: Database, enter: Enter, ward: Ward
) -> None:
    """UX-04; a colleague's note in between changes nothing of it."""
    client, alert = enter(ward.username), of(database, ward, "Baek Jonggil")
    shown = page(client, post(client, alert, "note", note="Wrong person, sorry"))
    assert f'action="/alerts/{alert}/undo"' in shown
    post(enter(ward.colleague), alert, "note", note="Rang the daughter")

    shown = page(client, post(client, alert, "undo"))

    assert '<span class="note-words">Wrong person, sorry</span>' not in shown
    assert '<span class="note-words">Rang the daughter</span>' in shown
    assert "note by Dr Han: Wrong person, sorry" in shown
    assert post(client, alert, "undo").status_code == 409


def test_who_comes_second_keeps_what_they_wrote_ux_05(
    database: Database, enter: Enter, ward: Ward
) -> None:
    first, second = enter(ward.username), enter(ward.colleague)
    alert, name = of(database, ward, "Kwon Yeonghui"), "Kwon Yeonghui"
    with database.transaction() as session:
        version = session.get_one(Alert, alert).version
    post(first, alert, "acknowledge", version=str(version))

    refused = post(
        second, alert, "snooze", hours="4", reason="Son visits at noon", version=str(version)
    )

    assert refused.status_code == 409
    assert re.search(r"Dr Han acknowledged this \d+ s ago", refused.text)
    assert "Son visits at noon</textarea>" in refused.text
    shown = page(second, post(second, alert, "note", note="Son visits at noon"))
    assert "note by Dr Lim: Son visits at noon" in shown
    assert name in shown


def test_a_contact_carries_its_minutes_and_an_undo_takes_both_back(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client, alert = enter(ward.username), of(database, ward, "Moon Taesik")
    fields = {"by": "call", "reached": "yes", "minutes": "12", "live": "yes"}

    shown = page(client, post(client, alert, "contact", **fields))

    assert "This month: 12 minutes, 1 live contact" in shown
    with database.transaction() as session:
        assert session.get_one(Alert, alert).contacted_at is not None
    shown = page(client, post(client, alert, "undo"))
    assert "This month: 0 minutes, 0 live contacts" in shown
    with database.transaction() as session:
        assert session.get_one(Alert, alert).contacted_at is None
    assert count(database, TimeSpent, alert_id=alert) == 2


def test_minutes_are_corrected_by_a_later_row_once(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client, patient = enter(ward.username), ward.patients["Han Sooja"]
    token = csrf(client.get("/patients").text)
    form = {"csrf": token, "minutes": "20", "work": "review"}
    page(client, client.post(f"/patients/{patient}/minutes", data=form))
    with database.transaction() as session:
        (entry,) = session.scalars(
            select(TimeSpent.id).where(TimeSpent.patient_id == patient)
        ).all()

    shown = page(client, client.post(f"/minutes/{entry}", data={"csrf": token, "minutes": "5"}))
    again = client.post(f"/minutes/{entry}", data={"csrf": token, "minutes": "7"})

    assert "This month: 5 minutes" in shown
    assert again.status_code == 409
    assert count(database, TimeSpent, patient_id=patient) == 2


@pytest.mark.parametrize(
    "form",
    [
        {"minutes": "0", "work": "review"},
        {"minutes": "121", "work": "review"},
        {"minutes": "5", "work": "golf"},
        {"minutes": "5", "work": "review", "live": "yes"},
    ],
)
def test_impossible_minutes_are_refused(enter: Enter, ward: Ward, form: dict[str, str]) -> None:
    client, patient = enter(ward.username), ward.patients["Han Sooja"]
    token = csrf(client.get("/patients").text)

    answer = client.post(f"/patients/{patient}/minutes", data={"csrf": token, **form})

    assert answer.status_code == 422


def test_nobody_writes_on_another_teams_patient_sec_11(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client, foreign = enter(ward.username), ward.patients["Yun Hidden"]
    alert = of(database, ward, "Yun Hidden")
    token = csrf(client.get("/patients").text)
    before = count(database, AlertEvent, alert_id=alert)

    answers_ = [
        post(client, alert, "note", note="x"),
        client.post(f"/alerts/{alert}/check", data={"csrf": token, **answers(repeat="yes")}),
        client.post(f"/patients/{foreign}/minutes", data={"csrf": token, "minutes": "5"}),
        client.post(f"/minutes/{uuid4()}", data={"csrf": token, "minutes": "5"}),
    ]

    assert [each.status_code for each in answers_] == [404] * 4
    assert count(database, AlertEvent, alert_id=alert) == before


def test_a_month_is_the_calendar_month_of_the_patient() -> None:
    """Half past midnight of 1 March in Seoul is still February in UTC."""
    now = datetime(2026, 2, 28, 15, 30, tzinfo=UTC)

    since, until = bounds(now, "Asia/Seoul")

    assert since.astimezone(UTC) == datetime(2026, 2, 28, 15, tzinfo=UTC)
    assert until.astimezone(UTC) == datetime(2026, 3, 31, 15, tzinfo=UTC)
