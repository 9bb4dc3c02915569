"""Why nobody is told: by the policy of what it is about, and on its timeline."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import select

from alerts.patients.wording import State, Why
from alerts.tables import AlertEvent
from ingest.context.tables import PatientAbsence
from ingest.tables import Patient
from tests.alerts.conftest import NOW
from tests.told import messages_of, phone, raised, reachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from alerts.policy import Policy
    from tests.alerts.conftest import FindingMaker, Ward

WEEK = timedelta(days=7)


@pytest.fixture
def ward(session: Session, build: Callable[..., Ward]) -> Ward:
    ward = build(session)
    reachable(session, ward.patient, now=NOW)
    return ward


@pytest.mark.parametrize(("since", "told"), [(WEEK, True), (timedelta(days=6), False)])
def test_a_stay_without_an_end_keeps_patients_from_being_told_as_long_as_the_policy_says_al_10(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    policy: Policy,
    since: timedelta,
    told: bool,  # noqa: FBT001 (a column of the table above)
) -> None:
    started = NOW - since - timedelta(hours=1)
    stay = PatientAbsence(id=uuid4(), patient_id=ward.patient, why="admitted", since=started)
    session.add(stay)
    session.flush()
    raised(session, ward.patient, finding(), replace(policy, absence=WEEK), now=NOW)
    sent = messages_of(session, ward.patient)
    with phone() as telephone:
        for message in sent:
            telephone.post(session, message, now=NOW)

    assert [each.state for each in sent] == ([State.HANDED_OVER] if told else [])


def test_that_nobody_was_told_of_somebody_who_died_is_on_the_timeline_al_06(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy
) -> None:
    session.get_one(Patient, ward.patient).deceased = True
    (alert,) = raised(session, ward.patient, finding(), policy, now=NOW)

    (message,) = messages_of(session, ward.patient)
    said = session.scalars(
        select(AlertEvent.after).where(
            AlertEvent.alert_id == alert, AlertEvent.kind == "patient-not-told"
        )
    ).all()

    assert (message.state, message.reason) == (State.WITHHELD, Why.DECEASED)
    assert [each["not"] for each in said if each] == [[str(Why.DECEASED)]]
