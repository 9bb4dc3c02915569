"""The checklist where two people answer, and where what is asked changes under an answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlalchemy import update

from alerts.checking.repository import standing
from alerts.checking.tables import ChecklistAnswer
from alerts.tables import Alert
from alerts.wording.repository import outcome_note
from tests.app.checklist import answers, check, count, filled
from tests.app.conftest import csrf
from tests.app.test_acting_page import of, post

if TYPE_CHECKING:
    from uuid import UUID

    from fastapi.testclient import TestClient

    from core.database import Database
    from tests.ward import Ward

Enter = Callable[[str], "TestClient"]


def standing_of(database: Database, alert: UUID) -> dict[str, tuple[str, str]]:
    with database.transaction() as session:
        known = standing(session, [alert])[alert]
        return {item: (str(each.answer), each.words) for item, each in known.items()}


def test_what_a_colleague_answered_meanwhile_is_not_blanked_by_a_form_that_did_not_show_it_ux_05(
    database: Database, enter: Enter, ward: Ward
) -> None:
    first, second = enter(ward.username), enter(ward.colleague)
    name, alert = "Kwon Yeonghui", of(database, ward, "Kwon Yeonghui")
    early = filled(second, ward, name, alert, trend="yes")
    theirs = filled(first, ward, name, alert, repeat="yes", symptoms="no")
    theirs["words"][theirs["item"].index("symptoms")] = "No pain at all"
    check(first, alert, theirs)

    check(second, alert, early)

    found = standing_of(database, alert)
    assert (found["repeat"], found["symptoms"]) == (("yes", ""), ("no", "No pain at all"))
    assert found["trend"] == ("yes", "")


def test_who_answers_the_same_item_second_is_told_who_was_first_and_keeps_what_they_typed_ux_05(
    database: Database, enter: Enter, ward: Ward
) -> None:
    first, second = enter(ward.username), enter(ward.colleague)
    name, alert = "Seo Insuk", of(database, ward, "Seo Insuk")
    start = filled(first, ward, name, alert, goals="yes")
    start["words"][start["item"].index("goals")] = "Wants to stay home"
    check(first, alert, start)
    late = filled(second, ward, name, alert, technique="no", trend="yes")
    late["words"][late["item"].index("technique")] = "Cuff too small"
    check(first, alert, filled(first, ward, name, alert, technique="yes"))
    token = csrf(second.get("/patients").text)

    refused = second.post(f"/alerts/{alert}/check", data={"csrf": token, **late})

    assert refused.status_code == 409
    assert re.search(r"Dr Han answered an item of this checklist \d+ s ago", refused.text)
    (kept,) = re.findall(r"<textarea[^>]*>([^<]*)</textarea>", refused.text)
    assert kept.splitlines() == [
        "Device, technique, another person? no: Cuff too small",
        "Personal baseline and trend seen? yes",
    ]
    found = standing_of(database, alert)
    assert found["technique"] == ("yes", "")
    assert "trend" not in found  # refused as a whole


def test_an_answer_to_another_alternative_does_not_stand_for_the_one_on_the_page(
    database: Database, enter: Enter, ward: Ward
) -> None:
    """AL section 6: what is named changes with the evidence; nobody agreed to the new one."""
    client, name = enter(ward.username), "Baek Jonggil"
    alert = of(database, ward, name)
    fields = filled(client, ward, name, alert, **{"alternative-1": "yes"})
    place = fields["item"].index("alternative-1")
    named = fields["about"][place]
    check(client, alert, fields)
    assert filled(client, ward, name, alert)["answer"][place] == "yes"
    with database.transaction() as session:
        session.execute(
            update(ChecklistAnswer)
            .where(ChecklistAnswer.alert_id == alert, ChecklistAnswer.item == "alternative-1")
            .values(about="Something that was named before")
        )

    again = filled(client, ward, name, alert)

    assert again["answer"][place] == ""
    check(client, alert, again)  # left blank: no answer to anything
    assert count(database, ChecklistAnswer, alert_id=alert, item="alternative-1") == 1
    check(client, alert, filled(client, ward, name, alert, **{"alternative-1": "yes"}))
    with database.transaction() as session:
        known = standing(session, [alert])[alert]["alternative-1"]
    assert (str(known.answer), known.about) == ("yes", named)
    assert count(database, ChecklistAnswer, alert_id=alert, item="alternative-1") == 2


def test_an_alternative_that_is_not_named_any_more_is_not_said_to_be_considered(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client, alert = enter(ward.username), of(database, ward, "Baek Jonggil")
    with database.transaction() as session:
        session.execute(
            update(ChecklistAnswer)
            .where(ChecklistAnswer.alert_id == alert)
            .values(about="Something that was named before")
        )
    fields = answers(**{"alternative-2": "no"})
    fields["about"][-1] = "Something that was named before"
    check(client, alert, fields)

    post(client, alert, "resolve", conclusion="unsure/", note="Tell her GP.")

    with database.transaction() as session:
        assert outcome_note(session, session.get_one(Alert, alert)) == "Tell her GP."
