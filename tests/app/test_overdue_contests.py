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
    from email.message import Message as Mail
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
GONE = "550 5.1.1 no such user"


@pytest.fixture(scope="module")
def post() -> Iterator[tuple[Postbox, Mailer]]:
    with post_office() as receiving:
        yield receiving


@pytest.fixture
def letters(post: tuple[Postbox, Mailer]) -> list[Mail]:
    """Return what the receiver takes from now on, refusing nobody yet."""
    postbox, _ = post
    for each in (postbox.letters, postbox.refused, postbox.busy):
        each.clear()
    return postbox.letters


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


@pytest.fixture
def team(
    session: Session, contest: Contest, post: tuple[Postbox, Mailer], letters: list[Mail]
) -> list[str]:
    """Return where the team reads its mail, by what is sent to it and then forgotten."""
    with session.begin_nested() as nested:
        overdue_contests.tell(
            session, contest.id, post[1], SETTINGS, now=contest.at + ANSWER_WITHIN
        )
        nested.rollback()
    found = to(letters)
    letters.clear()
    return found


def tries(session: Session, contest: Contest, mailer: Mailer, now: datetime) -> Iterator[datetime]:
    """Tell, and again whenever that is asked for within a day; yield when it was."""
    until = now + timedelta(days=1)
    query = select(Outbox).where(Outbox.subject_id == contest.id, Outbox.state == State.OPEN)
    while now < until:
        overdue_contests.tell(session, contest.id, mailer, SETTINGS, now=now)
        session.flush()
        yield now
        row = session.scalar(query)
        if row is None:
            return
        now, row.state = row.next_try_at, State.DONE
        session.flush()


def to(letters: list[Mail]) -> list[str]:
    return sorted(str(each["To"]) for each in letters)


def test_each_of_the_team_and_later_the_officer_has_a_mail_about_nobody_sec_23(
    session: Session, contest: Contest, post: tuple[Postbox, Mailer], letters: list[Mail]
) -> None:
    due = contest.at + ANSWER_WITHIN

    list(tries(session, contest, post[1], due))
    first = to(letters)
    list(tries(session, contest, post[1], due + ANSWER_WITHIN))

    later = to(letters[len(first) :])
    assert len(first) > 1
    assert OFFICER not in first
    assert later == sorted([*first, OFFICER])
    assert all(each["X-RcptTo"] == each["To"] for each in letters)
    assert len({each["Message-ID"] for each in letters}) == len(letters)
    for each in letters:
        text = each.as_string()
        assert each["Subject"] == "Wardlight: a contested score waits for an answer"
        assert "https://ward.example/contests" in text
        assert [mail for mail in later if mail in text] == [each["To"]]
        for secret in (NOTE, SOOJA.name, str(contest.patient_id), "Sooja", "wrong-reading"):
            assert secret not in text


@pytest.mark.parametrize("said", [GONE, "550 5.7.1 not wanted", "452 4.2.2 full"])
def test_where_an_address_takes_no_mail_the_officer_is_told_once_sec_46(
    session: Session,
    contest: Contest,
    post: tuple[Postbox, Mailer],
    letters: list[Mail],
    team: list[str],
    said: str,
) -> None:
    postbox, mailer = post
    postbox.refused[team[0]] = said
    due = contest.at + ANSWER_WITHIN

    assert list(tries(session, contest, mailer, due)) == [due]

    assert to(letters) == sorted([*team[1:], OFFICER])


def test_where_the_officer_takes_none_either_it_waits_for_the_next_term_sec_46(
    session: Session,
    contest: Contest,
    post: tuple[Postbox, Mailer],
    letters: list[Mail],
    team: list[str],
) -> None:
    postbox, mailer = post
    postbox.refused.update(dict.fromkeys([*team, OFFICER], GONE))

    for due in (contest.at + ANSWER_WITHIN, contest.at + 2 * ANSWER_WITHIN):
        assert list(tries(session, contest, mailer, due)) == [due]
    postbox.refused.clear()
    list(tries(session, contest, mailer, contest.at + 3 * ANSWER_WITHIN))

    assert to(letters) == sorted([*team, OFFICER])


def test_who_was_told_is_not_told_again_because_another_is_not_yet_sec_46(
    session: Session,
    contest: Contest,
    post: tuple[Postbox, Mailer],
    letters: list[Mail],
    team: list[str],
) -> None:
    """Whoever stands in for an address that takes none is told in the end too, and once."""
    postbox, mailer = post
    gone, other, *_ = team
    postbox.refused[gone] = GONE
    postbox.busy.update(dict.fromkeys([other, OFFICER], "451 4.3.0 later"))
    due = contest.at + ANSWER_WITHIN
    at: list[datetime] = []

    for each in tries(session, contest, mailer, due):
        at.append(each)
        if len(at) == 2:
            postbox.busy.pop(OFFICER)
            postbox.refused.pop(gone)  # of whom it is known
        if len(at) == 3:
            postbox.busy.clear()
            postbox.refused[other] = GONE

    assert at == [due + i * overdue_contests.AGAIN for i in range(4)]
    assert to(letters) == sorted({*team[2:], OFFICER})


def test_who_has_an_answer_or_is_gone_is_told_of_no_more_sec_46(
    session: Session, contest: Contest, post: tuple[Postbox, Mailer], letters: list[Mail]
) -> None:
    _, mailer = post
    said = Answer(Ruling.UPHELD, "x", "", contest.at)
    repository.answer(session, contest.id, said, uuid4())

    for id_ in (contest.id, uuid4()):
        late = contest.at + 2 * ANSWER_WITHIN
        overdue_contests.tell(session, id_, mailer, SETTINGS, now=late)

    assert asked(session, contest, contest.at + 2 * ANSWER_WITHIN) == []
    assert letters == []


def test_a_mail_server_that_is_away_is_tried_again_sec_46(
    session: Session, contest: Contest
) -> None:
    now = contest.at + ANSWER_WITHIN
    away = Mailer(host="127.0.0.1", port=free_port(), sender="w@clinic.example")

    overdue_contests.tell(session, contest.id, away, SETTINGS, now=now)

    session.flush()
    query = select(Outbox.next_try_at).where(Outbox.subject_id == contest.id)
    assert session.scalars(query).all() == [now + overdue_contests.AGAIN]
