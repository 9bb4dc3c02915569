"""A contested score that waits too long is told to those who may answer, by mail about nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import delete, select

from alerts.notify.email import Mailer
from app import overdue_contests
from app.periods import ScheduledRun
from core.clock import utc_now
from core.outbox import Outbox, State, Topic
from core.settings import Environment, Settings
from monitoring.contesting import repository
from monitoring.contests import ANSWER_WITHIN, Answer, By, Contest, Ground, Ruling
from tests.door import SECRET
from tests.running_system import Postbox, free_port, post_office
from tests.scored import score
from tests.ward import SOOJA, open_ward

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.database import Database
    from tests.ward import Ward

NOTE = "CANARY the cuff was on the wrong arm"
OFFICER = "privacy@clinic.example"
SETTINGS = Settings(
    environment=Environment.TEST,
    secret_key=SecretStr(SECRET),
    base_url="https://ward.example",
    privacy_email=OFFICER,
)
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def post() -> Iterator[tuple[Postbox, Mailer]]:
    with post_office() as receiving:
        yield receiving


@pytest.fixture(scope="module")
def ward(database: Database) -> Ward:
    return open_ward(database, people=(SOOJA,))


@pytest.fixture
def contest(session: Session, ward: Ward) -> Contest:
    session.execute(delete(ScheduledRun))  # what other tests ran of the same instants
    now, who = utc_now(), ward.patients[SOOJA.name]
    judged = score(session, who, now, 0.3)
    facts = (By.PATIENT, Ground.READING, NOTE, "")
    made = Contest(uuid4(), who, judged, now, "m", *facts, now)
    repository.add(session, made, uuid4())
    return made


def asked(session: Session, contest: Contest, now: datetime) -> list[UUID]:
    """Let the timetable look, and return what it asks for; what waited for it is done."""
    overdue_contests.look(session, now=now)
    session.flush()
    query = select(Outbox).where(
        Outbox.topic == Topic.CONTEST,
        Outbox.subject_id == contest.id,
        Outbox.state == State.OPEN,
    )
    rows = session.scalars(query).all()
    for row in rows:
        row.state = State.DONE
    session.flush()
    return [row.subject_id for row in rows]


def test_it_is_asked_for_once_a_week_and_not_before_the_term_sec_46(
    session: Session, contest: Contest
) -> None:
    due = contest.at + ANSWER_WITHIN
    times = [due - 16 * MINUTE, due, due + MINUTE, due + 20 * MINUTE, due + ANSWER_WITHIN]

    assert [len(asked(session, contest, each)) for each in times] == [0, 1, 0, 0, 1]


def test_what_a_scheduler_that_stood_still_has_missed_is_made_up_for_once_sec_46(
    session: Session, contest: Contest
) -> None:
    due = contest.at + ANSWER_WITHIN
    times = [due - MINUTE, due + timedelta(days=3), due + timedelta(days=4)]

    assert [len(asked(session, contest, each)) for each in times] == [0, 1, 0]
    assert str(contest.id) not in str(session.scalars(select(ScheduledRun.job)).all())


def test_the_mail_goes_to_the_team_and_later_to_the_officer_and_names_nobody_sec_23(
    session: Session, contest: Contest, post: tuple[Postbox, Mailer]
) -> None:
    postbox, mailer = post
    postbox.letters.clear()
    due = contest.at + ANSWER_WITHIN

    for now in (due, due + ANSWER_WITHIN):
        overdue_contests.tell(session, contest.id, mailer, SETTINGS, now=now)

    first, later = postbox.letters
    text = first.as_string() + later.as_string()
    assert first["Subject"] == "Wardlight: a contested score waits for an answer"
    assert "https://ward.example/contests" in text
    assert OFFICER not in first["To"]
    assert OFFICER in later["To"]
    assert first["To"]
    assert set(first["To"].split(", ")) | {OFFICER} == set(later["To"].split(", "))
    for each in (NOTE, SOOJA.name, str(contest.patient_id), "Sooja", "wrong-reading"):
        assert each not in text


def test_who_has_an_answer_or_is_gone_is_told_of_no_more_sec_46(
    session: Session, contest: Contest, post: tuple[Postbox, Mailer]
) -> None:
    postbox, mailer = post
    postbox.letters.clear()
    said = Answer(Ruling.UPHELD, "x", "", contest.at)
    repository.answer(session, contest.id, said, uuid4())

    for id_ in (contest.id, uuid4()):
        late = contest.at + 2 * ANSWER_WITHIN
        overdue_contests.tell(session, id_, mailer, SETTINGS, now=late)

    assert asked(session, contest, contest.at + 2 * ANSWER_WITHIN) == []
    assert postbox.letters == []


def test_a_mail_server_that_is_away_is_tried_again_sec_46(
    session: Session, contest: Contest
) -> None:
    now = contest.at + ANSWER_WITHIN
    away = Mailer(host="127.0.0.1", port=free_port(), sender="w@clinic.example")

    overdue_contests.tell(session, contest.id, away, SETTINGS, now=now)

    session.flush()
    query = select(Outbox.next_try_at).where(Outbox.subject_id == contest.id)
    assert session.scalars(query).all() == [now + overdue_contests.AGAIN]
