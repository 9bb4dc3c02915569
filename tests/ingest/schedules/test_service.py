"""What somebody is asked to measure: kept, read by the judgement, taken back, written down."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from core.audit import AuditEvent
from core.errors import NotFoundError
from core.outbox import Outbox, Topic
from core.security import SYSTEM
from core.vitals import Vital
from ingest import repository as people
from ingest.asked import asked
from ingest.merging.service import merge
from ingest.schedules import service
from ingest.tables import Patient

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

NOW = datetime(2026, 3, 20, 9, tzinfo=UTC)
MONDAYS = asked(Vital.BODY_WEIGHT, ["mon"], ["08:00"], grace=3, since=NOW)


def enrol(session: Session) -> UUID:
    patient = Patient(id=uuid4(), created_at=NOW, zone="Europe/London")
    session.add(patient)
    session.flush()
    return patient.id


def test_what_was_asked_is_known_to_the_judgement_and_has_it_look_again(session: Session) -> None:
    patient = enrol(session)

    service.ask(session, SYSTEM, patient, MONDAYS, now=NOW)

    assert people.person(session, patient).asked == (MONDAYS,)
    work = select(Outbox).where(Outbox.topic == Topic.ASSESS, Outbox.subject_id == patient)
    assert session.scalars(work).one()
    written = select(AuditEvent.entity).where(AuditEvent.patient_id == patient)
    assert session.scalars(written).all() == ["asked_measurement"]


def test_the_last_word_on_a_vital_counts_and_can_be_taken_back(session: Session) -> None:
    patient = enrol(session)
    daily = asked(Vital.BODY_WEIGHT, (), (), grace=12, since=NOW + timedelta(days=1))

    service.ask(session, SYSTEM, patient, MONDAYS, now=NOW)
    service.ask(session, SYSTEM, patient, daily, now=NOW)

    assert people.person(session, patient).asked == (daily,)
    assert service.ask_no_more(session, SYSTEM, patient, Vital.BODY_WEIGHT, now=NOW)
    assert not service.ask_no_more(session, SYSTEM, patient, Vital.BODY_WEIGHT, now=NOW)
    assert people.person(session, patient).asked == ()


def test_a_stranger_is_asked_nothing(session: Session) -> None:
    with pytest.raises(NotFoundError):
        service.ask(session, SYSTEM, uuid4(), MONDAYS, now=NOW)


def test_of_two_records_of_one_person_both_schedules_count(session: Session) -> None:
    first, second = enrol(session), enrol(session)
    pulse = replace(MONDAYS, vital=Vital.HEART_RATE)
    service.ask(session, SYSTEM, first, MONDAYS, now=NOW)
    service.ask(session, SYSTEM, second, pulse, now=NOW)

    merge(session, SYSTEM, first, second, reason="the same person", now=NOW)

    assert set(people.person(session, first).asked) == {MONDAYS, pulse}
