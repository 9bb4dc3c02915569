"""Each member is told once of an issue, by real mail that says nothing of anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from alerts.notify.email import Mailer
from alerts.notify.failure import DeliveryError
from app.weekly import letters
from app.weekly.service import issue_again
from app.weekly.states import Told
from app.weekly.tables import WeeklyLetter, WeeklyReport
from core.errors import NotFoundError
from core.sealed_fields import seal
from core.security import SYSTEM, Caller, Role
from ingest.tables import CareTeamParticipant, Practitioner
from tests.app.weekly.conftest import (
    FIRST,
    MONDAY_SEVEN,
    SATURDAY,
    SETTINGS,
    TUESDAY,
    of,
    post,
    work,
)
from tests.app.weekly.test_issues import LATER, label
from tests.running_system import Postbox, free_port, post_office

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from email.message import Message
    from uuid import UUID

    from sqlalchemy.orm import Session

    from tests.ward import Ward

NIGHT = MONDAY_SEVEN.replace(hour=5)


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Postbox, Mailer]]:
    with post_office() as receiving:
        yield receiving


@pytest.fixture
def postbox(server: tuple[Postbox, Mailer]) -> Postbox:
    server[0].letters.clear()
    return server[0]


@pytest.fixture
def mailer(server: tuple[Postbox, Mailer]) -> Mailer:
    return server[1]


def made(session: Session, ward: Ward, now: datetime = NIGHT) -> UUID:
    """Have the report of the week made, with nothing waiting from the week before."""
    work(session, SATURDAY, ward.team)
    post(session, SATURDAY, None)
    work(session, now, ward.team)
    return of(session, ward.team)[1].id


def told(session: Session, report: UUID) -> dict[Told, int]:
    session.flush()
    return letters.told(session, [report]).get(report, {})


def text_of(letter: Message) -> str:
    body = letter.get_payload(decode=True)
    assert isinstance(body, bytes)
    return body.decode()


def test_each_member_is_told_once_at_the_hour_and_of_nobody(
    session: Session, ward: Ward, postbox: Postbox, mailer: Mailer
) -> None:
    """SEC-23, UX-15: neither a name, nor a number of people, nor the id or name of a team."""
    report = made(session, ward)
    post(session, NIGHT, mailer)
    assert postbox.letters == []  # nobody is told in the night
    post(session, MONDAY_SEVEN, mailer)
    for each in session.scalars(select(WeeklyLetter).where(WeeklyLetter.report_id == report)):
        letters.send(session, each.id, mailer, SETTINGS, now=MONDAY_SEVEN)  # rung twice

    said = [letter["to"] for letter in postbox.letters]
    assert sorted(said) == ["colleague@clinic.example", "username@clinic.example"]
    letter = postbox.letters[0]
    assert letter["subject"] == "Wardlight: the weekly report 2006-W45 is ready"
    assert text_of(letter).split() == [
        *("Week:", "2006-W45", "Version:", "1"),
        "http://wardlight.test/reports?week=2006-W45",
    ]
    whole = "".join(map(str, postbox.letters))
    secrets = [*ward.patients, *map(str, ward.patients.values()), str(ward.team), "Riverside"]
    assert not [each for each in secrets if each in whole]
    assert told(session, report) == {Told.SENT: 2}


def test_a_later_issue_is_told_as_one_and_once_more(
    session: Session, ward: Ward, postbox: Postbox, mailer: Mailer
) -> None:
    made(session, ward)
    post(session, MONDAY_SEVEN, mailer)
    label(session, ward, "true-actionable")
    issue_again(session, SYSTEM, ward.team, FIRST, reason="labels", now=LATER)
    work(session, LATER, ward.team)
    post(session, LATER, mailer)

    subjects = sorted(letter["subject"] for letter in postbox.letters)
    again = "Wardlight: the weekly report 2006-W45 was issued again (version 2)"
    assert subjects == ["Wardlight: the weekly report 2006-W45 is ready"] * 2 + [again] * 2
    assert len({letter["message-id"] for letter in postbox.letters}) == 4


def test_a_repeat_has_the_same_message_id_and_the_same_bytes_i4(
    session: Session, ward: Ward
) -> None:
    made(session, ward)
    row = of(session, ward.team)[1]
    stored = session.scalars(select(WeeklyLetter).where(WeeklyLetter.report_id == row.id)).first()
    assert stored is not None
    whole = session.get_one(WeeklyReport, row.id)

    twice = {
        letters.compose(
            stored, whole, SETTINGS, sender="w@clinic.example", to="x@y.example"
        ).as_bytes()
        for _ in range(2)
    }

    assert len(twice) == 1


def test_a_site_in_korea_is_told_in_korean_ux_17(session: Session, ward: Ward) -> None:
    made(session, ward)
    row = of(session, ward.team)[1]
    stored = session.scalars(select(WeeklyLetter).where(WeeklyLetter.report_id == row.id)).first()
    assert stored is not None
    korea = SETTINGS.model_copy(update={"site_language": "ko"})
    whole = session.get_one(WeeklyReport, row.id)

    letter = letters.compose(stored, whole, korea, sender="w@clinic.example", to="x@y.example")

    assert letter["subject"] == "Wardlight: 주간 보고서 2006-W45 준비됨"


def test_who_wants_none_gets_none_and_the_others_do(
    session: Session, ward: Ward, postbox: Postbox, mailer: Mailer
) -> None:
    mine = Caller("user", ward.user_id, Role.PHYSICIAN, ward.practitioner_id)
    report = made(session, ward)
    assert letters.wants_mail(session, mine)

    letters.choose(session, mine, mail=False, now=NIGHT)  # after it was made, before it left
    post(session, MONDAY_SEVEN, mailer)

    assert [letter["to"] for letter in postbox.letters] == ["colleague@clinic.example"]
    assert told(session, report) == {Told.SENT: 1, Told.OFF: 1}
    work(session, MONDAY_SEVEN.replace(day=20), ward.team)
    assert told(session, of(session, ward.team)[2].id) == {Told.WAITING: 1, Told.OFF: 1}
    with pytest.raises(NotFoundError):
        letters.choose(session, Caller("user", ward.user_id), mail=True, now=NIGHT)
    assert letters.wants_mail(session, SYSTEM) is None


def test_who_left_or_has_no_address_is_not_told_and_it_is_said(
    session: Session, ward: Ward, postbox: Postbox, mailer: Mailer
) -> None:
    others = session.scalars(
        select(CareTeamParticipant).where(
            CareTeamParticipant.care_team_id == ward.team,
            CareTeamParticipant.practitioner_id != ward.practitioner_id,
        )
    ).all()
    mute = session.get_one(Practitioner, others[0].practitioner_id)
    mute.email = seal(session, Practitioner.email, "", id=mute.id)
    report = made(session, ward)
    assert told(session, report) == {Told.WAITING: 1, Told.NO_ADDRESS: 1}

    part = session.get_one(CareTeamParticipant, (ward.team, ward.practitioner_id))
    session.delete(part)
    session.flush()
    post(session, MONDAY_SEVEN, mailer)

    assert postbox.letters == []
    assert told(session, report) == {Told.GONE: 1, Told.NO_ADDRESS: 1}


def test_without_a_mail_server_it_is_said_and_one_that_refuses_is_tried_again(
    session: Session, ward: Ward
) -> None:
    report = made(session, ward)
    ids = session.scalars(select(WeeklyLetter.id).where(WeeklyLetter.report_id == report)).all()
    away = Mailer(host="127.0.0.1", port=free_port(), sender="w@clinic.example")

    with pytest.raises(DeliveryError):
        letters.send(session, ids[0], away, SETTINGS, now=TUESDAY)
    session.expire_all()
    letters.send(session, ids[1], None, SETTINGS, now=TUESDAY)

    assert told(session, report)[Told.NO_SERVER] == 1
