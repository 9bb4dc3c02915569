"""When each stream was last heard, and what was taken back since."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from alerts.service import load_policy
from core.vitals import Quality, Vital
from ingest.streams.repository import known_since, last_contacts, revised
from tests.alerts.conftest import NOW
from tests.alerts.episodes.test_any_order import Told, home
from tests.monitoring.test_service import enrol, measure

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


MONTH = NOW - timedelta(days=28)


def test_each_stream_has_its_own_last_contact_and_what_was_withdrawn_is_none_al_22(
    session: Session,
) -> None:
    patient = enrol(session)
    for days, vital in ((1, Vital.SPO2), (3, Vital.SPO2), (9, Vital.BODY_WEIGHT)):
        measure(session, patient, vital, 90.0, at=NOW - timedelta(days=days))
    gone = measure(session, patient, Vital.GLUCOSE, 90.0, at=NOW)
    gone.quality, gone.ordinal = Quality.WITHDRAWN, 1
    measure(session, patient, Vital.HEART_RATE, 70.0, at=NOW - timedelta(days=40))

    assert last_contacts(session, [patient, uuid4()], since=MONTH) == {
        patient: {
            Vital.SPO2: NOW - timedelta(days=1),
            Vital.BODY_WEIGHT: NOW - timedelta(days=9),
        }
    }


def test_who_is_known_since_is_whoever_was_enrolled_before(session: Session) -> None:
    patient = enrol(session)

    before, after = (
        session.scalars(known_since(at)).all() for at in (NOW, NOW + timedelta(days=999))
    )

    assert patient not in before
    assert patient in after


def test_a_retraction_names_the_instant_of_what_it_took_back_rel_23(session: Session) -> None:
    place = home(session, load_policy())
    taken, gone = NOW - timedelta(hours=5), NOW + timedelta(minutes=7)
    place.post(72, taken, now=NOW, **Told(1, 0, 72, 0).fields())
    wrong = Told(1, 1, None, 0)

    assert taken_back(session, place.patient) == {}

    place.post(72, taken, now=gone, **wrong.fields())

    assert taken_back(session, place.patient) == {place.patient: [(taken, gone)]}


def taken_back(session: Session, patient: UUID) -> dict[UUID, list[tuple[datetime, datetime]]]:
    return revised(session, {patient: [patient]}, since=MONTH, after=NOW)
