"""The page that asks about days drawn by lot: who is asked, what is kept, and what is not shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from app.accounts.service import NewUser, create_user
from app.follow_up.tables import FollowedDayRow
from core.audit import Action, AuditEvent
from core.clock import utc_now
from core.security import Role
from monitoring.followed import PER_CLINICIAN, Source
from tests.app.conftest import csrf
from tests.ward import JONGGIL, MALSUN, PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi.testclient import TestClient

    from core.database import Database
    from tests.ward import Ward

PEOPLE = (JONGGIL, MALSUN)
Enter = Callable[[str], "TestClient"]
MINE, THEIRS = "Oh Malsun", "Yun Hidden"


@pytest.fixture(autouse=True)
def nothing_is_left(database: Database) -> Iterator[None]:
    yield
    with database.transaction() as session:
        rows = session.scalars(select(FollowedDayRow).where(FollowedDayRow.outcome.is_(None)))
        for row in rows:
            row.outcome = "cannot-tell"


def drawn(database: Database, patient: UUID, days_ago: int = 14) -> UUID:
    now, id_ = utc_now(), uuid4()
    with database.transaction() as session:
        session.add(
            FollowedDayRow(
                id=id_,
                patient_id=patient,
                day=(now - timedelta(days=days_ago)).date(),
                scored_at=now - timedelta(days=days_ago),
                model_id="risk-of-tests",
                probability=0.4321,
                source=Source.DRAWN,
                chosen_with=0.25,
                followed_at=now,
            )
        )
    return id_


def test_a_clinician_answers_and_the_answer_stands_once(
    database: Database, enter: Enter, ward: Ward
) -> None:
    id_ = drawn(database, ward.patients[MINE])
    client, colleague = enter(ward.username), enter(ward.colleague)

    page = client.get("/follow-up").text
    fields = {"csrf": csrf(page), "outcome": "no"}
    answer = client.post(f"/follow-up/{id_}", data=fields)
    late = {"csrf": csrf(colleague.get("/follow-up").text), "outcome": "yes"}
    twice = colleague.post(f"/follow-up/{id_}", data=late)

    assert MINE in page
    assert "in the 7 days after it?" in page
    assert not any(score in page for score in ("0.43", "43.2", "43 %", "43%"))
    assert (answer.status_code, twice.status_code) == (303, 409)
    with database.transaction() as session:
        row = session.get_one(FollowedDayRow, id_)
        assert (row.outcome, row.answered_by) == ("no", ward.user_id)
        audited = session.scalars(select(AuditEvent).where(AuditEvent.entity == "followed-day"))
        acts = {(each.action, each.patient_id) for each in audited}
    assert {(Action.READ, ward.patients[MINE]), (Action.UPDATE, ward.patients[MINE])} <= acts


def test_an_answer_that_is_none_is_refused(database: Database, enter: Enter, ward: Ward) -> None:
    id_ = drawn(database, ward.patients[MINE], days_ago=15)
    client = enter(ward.username)
    token = csrf(client.get("/follow-up").text)

    answer = client.post(f"/follow-up/{id_}", data={"csrf": token, "outcome": "perhaps"})

    assert answer.status_code == 422


def test_nobody_is_asked_about_somebody_of_another_team_sec_11(
    database: Database, enter: Enter, ward: Ward
) -> None:
    id_ = drawn(database, ward.patients[THEIRS])
    client = enter(ward.username)
    page = client.get("/follow-up").text

    answer = client.post(f"/follow-up/{id_}", data={"csrf": csrf(page), "outcome": "no"})

    assert THEIRS not in page
    assert answer.status_code == 404


def test_at_most_a_few_a_week_are_asked_of_one_clinician(
    database: Database, enter: Enter, ward: Ward
) -> None:
    for ago in range(16, 21):
        drawn(database, ward.patients["Baek Jonggil"], days_ago=ago)
    client = enter(ward.colleague)

    shown = [client.get("/follow-up").text]
    for _ in range(PER_CLINICIAN):
        ids = shown[-1].split('id="question-')[1:]
        fields = {"csrf": csrf(shown[-1]), "outcome": "cannot-tell"}
        client.post(f"/follow-up/{ids[0].split(chr(34))[0]}", data=fields)
        shown.append(client.get("/follow-up").text)

    assert [page.count('id="question-') for page in shown] == [3, 2, 1, 0]
    assert "None this week" in shown[-1]


def test_a_supervisor_is_not_asked(database: Database, enter: Enter, ward: Ward) -> None:
    login = f"supervisor-{uuid4().hex[:8]}"
    with database.transaction() as session:
        new = NewUser(login, "Ms Oh", PASSWORD, Role.SUPERVISOR)
        create_user(session, new, now=ward.now)

    assert enter(login).get("/follow-up").status_code == 403
