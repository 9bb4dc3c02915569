"""At which hour somebody is asked how they are, and that it is once a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from alerts.dailies import service as dailies
from alerts.patients.wording import Kind
from core.errors import InvalidError
from ingest.contacts import repository as contacts
from ingest.contacts.tables import PatientNumber
from ingest.tables import Patient
from tests.alerts.conftest import NOW
from tests.told import (
    messages_of,
    reachable,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from tests.alerts.conftest import Ward

MINUTE = timedelta(minutes=1)


@pytest.fixture
def ward(session: Session, build: Callable[..., Ward]) -> Ward:
    ward = build(session)
    reachable(session, ward.patient, now=NOW, carer=True)
    return ward


def test_the_daily_question_comes_once_a_day_at_the_patients_own_hour(
    session: Session, ward: Ward
) -> None:
    session.execute(update(Patient).where(Patient.id == ward.patient).values(zone="Asia/Seoul"))
    dailies.set_hour(session, ward.doctor, ward.patient, "18:00", now=NOW)
    asked = [
        dailies.ask_all(session, "", now=NOW + timedelta(minutes=each))
        for each in (-5, 0, 5, 24 * 60)
    ]

    messages = messages_of(session, ward.patient)

    assert asked[0] == 0  # 17:55 in Seoul
    assert [each.key for each in messages] == ["daily:2026-03-10", "daily:2026-03-11"]
    assert messages[0].until == datetime(2026, 3, 10, 15, 0, tzinfo=UTC)  # midnight in Seoul


def test_the_daily_question_is_off_unless_programme_or_plan_turns_it_on(
    session: Session, ward: Ward
) -> None:
    dailies.ask_all(session, "", now=NOW)
    off = messages_of(session, ward.patient)
    dailies.ask_all(session, "09:00", now=NOW)
    programme = messages_of(session, ward.patient)
    dailies.set_hour(session, ward.doctor, ward.patient, "", now=NOW)
    dailies.ask_all(session, "09:00", now=NOW + timedelta(days=1))

    assert off == []
    assert [each.kind for each in programme] == [Kind.DAILY]
    assert len(messages_of(session, ward.patient)) == 1


def test_a_question_that_was_missed_for_hours_waits_for_tomorrow(
    session: Session, ward: Ward
) -> None:
    dailies.ask_all(session, "09:00", now=NOW + timedelta(hours=2, minutes=59))
    asked = len(messages_of(session, ward.patient))
    dailies.ask_all(session, "09:00", now=NOW + timedelta(days=1, hours=3))

    assert asked == 1
    assert len(messages_of(session, ward.patient)) == 1


def test_an_hour_that_is_none_is_refused(session: Session, ward: Ward) -> None:
    with pytest.raises(InvalidError, match="HH:MM"):
        dailies.set_hour(session, ward.doctor, ward.patient, "9 am", now=NOW)


def test_who_was_asked_is_left_out_and_the_rest_is_asked_in_portions(
    session: Session, ward: Ward, build: Callable[..., Ward], monkeypatch: pytest.MonkeyPatch
) -> None:
    second = build(session)
    reachable(session, second.patient, now=NOW)
    monkeypatch.setattr(dailies, "AT_ONCE", 1)

    asked = [dailies.ask_all(session, "09:00", now=NOW + MINUTE * n) for n in range(3)]

    assert asked == [1, 1, 0]
    for patient in (ward.patient, second.patient):
        assert [each.kind for each in messages_of(session, patient)] == [Kind.DAILY]


def test_one_who_cannot_be_asked_keeps_nobody_else_from_it_rel_27(
    session: Session, ward: Ward, build: Callable[..., Ward]
) -> None:
    second = build(session)
    reachable(session, second.patient, now=NOW)
    broken = min(ward.patient, second.patient)
    sealed = update(PatientNumber).where(PatientNumber.patient_id == broken)
    session.execute(sealed.values(address=b"v1:not-what-was-sealed"))

    asked = dailies.ask_all(session, "09:00", now=NOW)

    assert asked == 1
    assert messages_of(session, broken) == []
    assert len(messages_of(session, max(ward.patient, second.patient))) == 1


def test_who_died_is_not_looked_up_again_each_minute(session: Session, ward: Ward) -> None:
    before = ward.patient in contacts.reachable(session)
    session.get_one(Patient, ward.patient).deceased = True
    session.flush()

    assert before
    assert ward.patient not in contacts.reachable(session)
