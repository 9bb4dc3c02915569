"""A RED that came late, or was held, is no news to its patient, whoever takes it (REL-20)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from alerts import service as alerting
from alerts.patients import service as telling
from alerts.patients.wording import Kind, State
from alerts.standings.service import lower
from alerts.tables import Alert
from core.vitals import Severity
from ingest.context.tables import PatientAbsence
from tests.alerts.conftest import NOW
from tests.told import messages_of, raised, reachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from alerts.policy import Policy
    from tests.alerts.conftest import FindingMaker, Ward

HOUR = timedelta(hours=1)
DAYS = timedelta(days=3)


@pytest.mark.parametrize("act", [alerting.acknowledge, alerting.escalate])
def test_a_late_red_that_a_clinician_acts_on_is_not_told_to_the_patient_as_new_rel_20(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy, act: Callable[..., None]
) -> None:
    (alert,) = raised(session, ward.patient, finding(at=NOW - DAYS), policy, now=NOW)
    act(session, ward.doctor, alert, now=NOW)
    telling.inform(session, ward.patient, now=NOW)

    assert session.get_one(Alert, alert).paged == "RED"
    assert messages_of(session, ward.patient) == []


def test_a_red_in_time_that_joins_a_late_one_in_somebodys_hands_is_told(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy
) -> None:
    (alert,) = raised(session, ward.patient, finding(at=NOW - DAYS), policy, now=NOW)
    alerting.acknowledge(session, ward.doctor, alert, now=NOW)
    raised(session, ward.patient, finding(at=NOW + HOUR), policy, now=NOW + HOUR)

    (told,) = messages_of(session, ward.patient)

    assert (told.kind, told.state, told.alert_id) == (Kind.INSTRUCTION, State.WAITING, alert)


def test_a_held_red_that_somebody_took_is_not_told_when_it_is_released_al_10(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy
) -> None:
    stay = PatientAbsence(
        id=uuid4(), patient_id=ward.patient, why="admitted", since=NOW - HOUR, until=NOW + HOUR
    )
    session.add(stay)
    session.flush()
    (alert,) = raised(session, ward.patient, finding(), policy, now=NOW)
    alerting.acknowledge(session, ward.doctor, alert, now=NOW)
    alerting.release(session, now=NOW + HOUR)
    telling.inform(session, ward.patient, now=NOW + HOUR)

    assert session.get_one(Alert, alert).held is None
    assert messages_of(session, ward.patient) == []


def test_a_red_that_was_lowered_and_is_found_again_late_is_not_told_anew_rel_20(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy
) -> None:
    (alert_id,) = raised(session, ward.patient, finding(), policy, now=NOW)
    lower(session, session.get_one(Alert, alert_id), Severity.AMBER, now=NOW)
    late = finding(rule="HF-2", at=NOW - DAYS)
    raised(session, ward.patient, late, policy, now=NOW + HOUR)
    alerting.acknowledge(session, ward.doctor, alert_id, now=NOW + HOUR)
    telling.inform(session, ward.patient, now=NOW + HOUR)

    assert session.get_one(Alert, alert_id).severity == "RED"
    assert len(messages_of(session, ward.patient)) == 1


def test_a_red_that_nobody_could_be_told_of_for_a_day_is_no_news_any_more_rel_20(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy
) -> None:
    reachable(session, ward.patient, now=NOW, resource={"telecom": []})
    raised(session, ward.patient, finding(), policy, now=NOW)
    reachable(session, ward.patient, now=NOW + DAYS)
    telling.inform(session, ward.patient, now=NOW + DAYS)

    assert {each.contact_id for each in messages_of(session, ward.patient)} == {None}
