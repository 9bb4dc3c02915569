"""The response fed by real judgements of stored readings: no finding is made up here."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import select, update

import monitoring.service
from alerts import service
from alerts.tables import Alert
from core.vitals import Vital
from ingest import tables as people
from monitoring.findings import Problem

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.policy import Policy
    from monitoring.rulebook import Rulebook
    from tests.alerts.conftest import Ward


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return monitoring.service.load_rulebook()


def measure(session: Session, patient: UUID, at: datetime, **values: float) -> None:
    session.add_all(
        people.StoredReading(
            patient_id=patient,
            vital=Vital(vital),
            value=value,
            quality="scored",
            effective=at,
            precision="instant",
            received_at=at,
            resource_id=uuid4(),
            resource_version=1,
        )
        for vital, value in values.items()
    )
    session.flush()


def judge_and_raise(
    session: Session, patient: UUID, *, now: datetime, rulebook: Rulebook, policy: Policy
) -> None:
    found = monitoring.service.assess(session, patient, now=now, rulebook=rulebook, model=None)
    service.raise_from(session, found, now=now, policy=policy)


@pytest.fixture
def heart_failure(session: Session, ward: Ward) -> UUID:
    session.add(
        people.Condition(
            patient_id=ward.patient,
            codes=[["http://snomed.info/sct", "84114007"]],
            clinical_status="active",
        )
    )
    session.flush()
    return ward.patient


def states(session: Session, patient: UUID) -> dict[str, tuple[str, str]]:
    rows = session.scalars(select(Alert).where(Alert.patient_id == patient)).all()
    assert len({row.problem for row in rows}) == len(rows)
    return {row.problem: (row.severity, row.state) for row in rows}


def test_real_readings_open_one_episode_each_and_they_stand_until_somebody_ends_them(
    session: Session,
    heart_failure: UUID,
    ward: Ward,
    rulebook: Rulebook,
    policy: Policy,
    now: datetime,
) -> None:
    """A fall of SpO2 on day 20, and from day 19 on a kilogram a day."""
    for day in range(24):
        at = now + timedelta(days=day)
        spo2 = 82.0 if day == 20 else 96.0
        weight = 80.0 + max(0, day - 18)
        measure(session, heart_failure, at, body_weight=weight, spo2=spo2, heart_rate=72 + day % 3)
        judge_and_raise(session, heart_failure, now=at, rulebook=rulebook, policy=policy)
        if day < 18:
            assert states(session, heart_failure) == {}

    end = now + timedelta(days=23)
    expected = {"breathing": ("RED", "open"), "fluid": ("AMBER", "open")}
    assert states(session, heart_failure) == expected
    (row,) = service.inbox(session, ward.doctor, now=end)
    assert (row.finding.value, row.finding.vital, row.taken_at) == (
        82.0,
        Vital.SPO2,
        now + timedelta(days=20),
    )
    assert row.finding.usual is not None
    assert row.other_problems == (Problem.FLUID,)
    assert row.last_reading_at == end


def test_a_real_alert_is_withdrawn_when_its_reading_was_an_error(
    session: Session, heart_failure: UUID, rulebook: Rulebook, policy: Policy, now: datetime
) -> None:
    """REL-23."""
    for day in range(10):
        at = now + timedelta(days=day)
        measure(session, heart_failure, at, spo2=82.0 if day == 9 else 96.0)
        judge_and_raise(session, heart_failure, now=at, rulebook=rulebook, policy=policy)
    assert states(session, heart_failure) == {"breathing": ("RED", "open")}

    session.execute(
        update(people.StoredReading)
        .where(people.StoredReading.patient_id == heart_failure, people.StoredReading.value == 82.0)
        .values(quality="withdrawn")
    )
    at = now + timedelta(days=9, minutes=5)
    judge_and_raise(session, heart_failure, now=at, rulebook=rulebook, policy=policy)

    assert states(session, heart_failure) == {"breathing": ("RED", "withdrawn")}
