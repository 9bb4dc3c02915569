"""The page of one row's other acts: what it leads to when somebody presses Enter."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import chain
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import select, update

from alerts.escalation import StepState
from alerts.oncall.tables import OnCallShift
from alerts.policy import To
from alerts.tables import Alert, Step
from tests.app.conftest import csrf
from tests.app.test_acting_page import of, post

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from core.database import Database
    from tests.ward import Ward

Enter = Callable[[str], "TestClient"]


def focused(page: str) -> list[str]:
    return re.findall(r"<(\w+)[^>]* autofocus", page)


def in_korean(client: TestClient, address: str) -> str:
    """Return a page as a Korean reader has it; the account reads English again afterwards."""
    token = csrf(client.get(address).text)
    client.post("/language", data={"language": "ko", "csrf": token})
    text = client.get(address).text
    client.post("/language", data={"language": "en", "csrf": token})
    return text


def test_a_red_that_somebody_wants_to_put_off_is_not_escalated_by_enter_ux_04(
    database: Database, enter: Enter, ward: Ward
) -> None:
    """UX-04: the key for putting off leads to the heading, which says that it cannot be done."""
    client, red = enter(ward.username), of(database, ward, "Oh Malsun")
    address = f"/inbox/rows/{red}/acts"

    put_off, more, escalating = (
        client.get(f"{address}{query}").text for query in ("?do=snooze", "", "?do=escalate")
    )

    assert (focused(put_off), focused(more)) == (["h1"], [])
    assert focused(escalating) == ["button"]  # who asked for it by its own key
    assert '<p id="not-put-off">A RED cannot be put off.</p>' in put_off
    assert "적색 알림은 미룰 수 없습니다." in in_korean(client, address)


def test_before_escalating_the_page_names_who_is_told_and_not_the_reminder_al_13(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client, red = enter(ward.username), of(database, ward, "Oh Malsun")
    post(client, red, "acknowledge")

    address = f"/inbox/rows/{red}/acts"
    pages = [client.get(f"/patients/{ward.patients['Oh Malsun']}").text, client.get(address).text]

    for text in pages:
        assert "It is sent to: <strong>backup physician: fallback team</strong>." in text
    assert "Planned next" not in pages[0]
    assert "전달 대상: <strong>예비 당직의: " in in_korean(client, address)


def test_a_row_says_who_is_already_on_another_problem_of_the_person_ux_02(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client, colleague = enter(ward.username), enter(ward.colleague)
    with database.transaction() as session:
        red, *others = session.execute(
            select(Alert.id, Alert.problem)
            .where(Alert.patient_id == ward.patients["Oh Malsun"], Alert.closed_at.is_(None))
            .order_by(Alert.severity != "RED", Alert.severity)
        ).all()
    for alert, _ in others:
        post(client, alert, "acknowledge")
    address, words = f"/inbox/rows/{red.id}", others[0].problem.replace("-", " ")

    assert f"{words} (yours)" in client.get(address).text
    assert f"{words} (Dr Han)" in colleague.get(address).text
    assert "(Dr Han)" in in_korean(colleague, "/inbox")


def test_a_text_that_nobody_can_be_sent_says_so_rel_13(enter: Enter, ward: Ward) -> None:
    text = enter(ward.username).get(f"/patients/{ward.patients['Moon Taesik']}").text

    assert "<strong>Not sent: no number for messages</strong>" in text


def test_a_list_says_which_rows_promise_an_on_call_clinician_whom_nobody_named_rel_40(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client, without = enter(ward.username), "on-call clinician (no rota: responsible physician)"
    with database.transaction() as session:  # whom a chain names depends on the hour
        theirs = Step.alert_id.in_(chain.from_iterable(ward.alerts.values()))
        waiting = update(Step).where(theirs, Step.state == StepState.WAITING)
        session.execute(waiting.values(to_kind=To.ON_CALL))
    before = client.get("/inbox").text
    with database.transaction() as session:
        session.add(
            OnCallShift(
                id=uuid4(),
                team_id=ward.team,
                practitioner_id=ward.practitioner_id,
                since=ward.now,
                until=None,
                overrides=False,
                created_at=ward.now,
            )
        )

    assert f"next: {without}" in before
    assert without not in client.get("/inbox").text
