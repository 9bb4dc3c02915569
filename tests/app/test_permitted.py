"""What a person does not let be done with their data is not done, whenever it was ordered.

SEC-45 (restriction), SEC-46 (objection to automated scoring), SEC-47 (consent at use time).
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from alerts import service as alerting
from alerts.lifecycle import State
from alerts.reasons import Reason
from alerts.tables import Alert, AlertEvent
from app import health
from core.security import SYSTEM
from core.vitals import Severity, Vital
from ingest.choices import Purpose
from monitoring import repository, risk, service
from monitoring.models import service as registry
from monitoring.models.scorers import Scorers
from monitoring.models.tables import ShadowScore
from monitoring.permitted import OBJECTED, RESTRICTED, UnmonitoredError
from monitoring.tables import AssessmentRow, LastJudged
from monitoring.unknowns import UNMODELLED
from tests.artefacts import artefact, eager
from tests.choosing import say
from tests.monitoring.test_service import NOW, enrol, measure
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from monitoring.findings import Assessment

POLICY = alerting.load_policy()
JUDGES, TRIED = risk.load(artefact()), risk.load(eager())
CRITICAL = 82.0  # per cent: RED by itself
LOW = 92.0  # not that grave


@pytest.fixture(autouse=True)
def a_model_in_shadow(session: Session) -> None:
    id_ = registry.add(session, SYSTEM, eager(), reason="a test", now=NOW)
    registry.put_in_shadow(session, SYSTEM, id_, reason="a test", now=NOW)


@pytest.fixture
def patient(session: Session) -> UUID:
    """Return somebody who is well and known well enough to be scored."""
    who = enrol(session)
    for day in range(1, 30):
        for vital, value in ((Vital.SPO2, 96.0), (Vital.HEART_RATE, 70.0)):
            measure(session, who, vital, value, at=NOW - timedelta(days=day, minutes=5))
    return who


def judge(session: Session, patient: UUID, *, minutes: int = 0) -> UUID:
    now = NOW + timedelta(minutes=minutes)
    who = Scorers(JUDGES, (TRIED,))
    return service.assess(session, patient, now=now, rulebook=RULEBOOK, model=who)


def judged(session: Session, patient: UUID, *, minutes: int = 0) -> Assessment:
    return repository.assessment(session, judge(session, patient, minutes=minutes))


def desaturate(session: Session, patient: UUID, value: float, *, minutes: int = 0) -> None:
    """Measure a low saturation, and its repeat."""
    for more in (2, 0):
        at = NOW + timedelta(minutes=minutes - more)
        measure(session, patient, Vital.SPO2, value, at=at)


def alerts_of(session: Session, patient: UUID) -> list[Alert]:
    return list(session.scalars(select(Alert).where(Alert.patient_id == patient)))


def test_who_takes_their_consent_back_after_the_work_was_ordered_is_not_judged(
    session: Session, patient: UUID
) -> None:
    """SEC-47: withdrawn between queueing and use."""
    desaturate(session, patient, CRITICAL)  # with this reading comes the order to judge it

    say(session, patient, Purpose.MONITORING, allowed=False, at=NOW)
    with pytest.raises(UnmonitoredError):
        judge(session, patient)
    together = service.assess_all(session, [patient], now=NOW, rulebook=RULEBOOK, model=JUDGES)

    assert together == {}
    for table in (AssessmentRow, LastJudged):
        assert not session.scalars(select(table).where(table.patient_id == patient)).all()


def test_who_takes_it_back_after_being_judged_is_not_told_of(
    session: Session, patient: UUID
) -> None:
    """SEC-47: the judgement waits to be raised meanwhile."""
    desaturate(session, patient, CRITICAL)
    found = judge(session, patient)

    say(session, patient, Purpose.MONITORING, allowed=False, at=NOW)
    raised = alerting.raise_from(session, found, now=NOW, policy=POLICY)

    assert repository.assessment(session, found).severity is Severity.RED
    assert raised == []
    assert alerts_of(session, patient) == []


def test_who_is_not_judged_by_their_own_will_is_no_fault_of_the_system(
    session: Session, patient: UUID
) -> None:
    now = NOW + timedelta(days=2)
    before = health.unjudged(session, now=now)

    say(session, patient, Purpose.MONITORING, allowed=False, at=NOW)

    assert health.unjudged(session, now=now) == before - 1


def test_a_consent_that_is_given_again_has_everything_judged(
    session: Session, patient: UUID
) -> None:
    say(session, patient, Purpose.MONITORING, allowed=False, at=NOW)
    with suppress(UnmonitoredError):
        judge(session, patient)
    desaturate(session, patient, CRITICAL, minutes=5)

    say(session, patient, Purpose.MONITORING, allowed=True, at=NOW + timedelta(minutes=6))

    assert judged(session, patient, minutes=7).severity is Severity.RED


def test_a_critical_reading_of_a_restricted_person_alerts_and_says_why(
    session: Session, patient: UUID
) -> None:
    """SEC-45: the stated policy (ADR 50), visibly."""
    say(session, patient, Purpose.USE, allowed=False, at=NOW - timedelta(hours=1))
    desaturate(session, patient, CRITICAL)

    id_ = judge(session, patient)
    found = repository.assessment(session, id_)
    (alert_id,) = alerting.raise_from(session, id_, now=NOW, policy=POLICY)

    assert {each.severity for each in found.findings} == {Severity.RED}
    assert found.notes == (RESTRICTED,)
    assert (found.risk, found.usual, found.expected, found.shadow) == (None, {}, {}, ())
    events = session.scalars(select(AlertEvent.reason).where(AlertEvent.alert_id == alert_id))
    assert Reason.RESTRICTED in set(events)
    assert session.get_one(Alert, alert_id).severity == Severity.RED


def test_what_is_not_critical_of_a_restricted_person_is_stored_and_not_used(
    session: Session, patient: UUID
) -> None:
    """SEC-45: neither an alert nor a score nor a finding comes of it."""
    say(session, patient, Purpose.USE, allowed=False, at=NOW - timedelta(hours=1))
    desaturate(session, patient, LOW)

    found = judge(session, patient)
    raised = alerting.raise_from(session, found, now=NOW, policy=POLICY)

    assert repository.assessment(session, found).findings == ()
    assert raised == []
    assert not session.scalars(select(ShadowScore).where(ShadowScore.patient_id == patient)).all()


def test_a_restriction_ends_no_alert_by_itself(session: Session, patient: UUID) -> None:
    """SEC-45: never silently off."""
    desaturate(session, patient, LOW)
    alerting.raise_from(session, judge(session, patient), now=NOW, policy=POLICY)
    before = [(each.id, each.severity, each.state) for each in alerts_of(session, patient)]

    say(session, patient, Purpose.USE, allowed=False, at=NOW)
    desaturate(session, patient, 96.0, minutes=5 * 24 * 60)
    found = judge(session, patient, minutes=5 * 24 * 60)
    alerting.raise_from(session, found, now=NOW + timedelta(days=5), policy=POLICY)

    assert before
    assert {state for _, _, state in before} == {State.OPEN}
    assert [(each.id, each.severity, each.state) for each in alerts_of(session, patient)] == before


def test_a_restriction_after_the_judgement_keeps_the_rest_from_being_raised(
    session: Session, patient: UUID
) -> None:
    """SEC-45: asked when it is used, not when it was ordered."""
    desaturate(session, patient, LOW)
    found = judge(session, patient)

    say(session, patient, Purpose.USE, allowed=False, at=NOW)

    assert repository.assessment(session, found).findings
    assert alerting.raise_from(session, found, now=NOW, policy=POLICY) == []


def test_who_objects_is_judged_by_rules_alone(session: Session, patient: UUID) -> None:
    """SEC-46: the score is not computed, and the judgement says whose will that is."""
    desaturate(session, patient, LOW)
    before = judged(session, patient)

    say(session, patient, Purpose.SCORING, allowed=False, at=NOW)
    after = judged(session, patient, minutes=1)

    assert before.risk is not None
    assert OBJECTED not in before.notes
    assert after.risk is None
    assert OBJECTED in after.notes
    assert UNMODELLED not in after.notes
    by_rules = {each.rule_id for each in before.findings} - {"learned-score"}
    assert by_rules
    assert {each.rule_id for each in after.findings} == by_rules


def test_a_score_is_tried_in_shadow_only_on_whom_it_may_be_followed_up(
    session: Session, patient: UUID
) -> None:
    """SEC-47: what is tried out is for the making of models."""
    query = select(ShadowScore).where(ShadowScore.patient_id == patient)
    say(session, patient, Purpose.TRAINING, allowed=False, at=NOW)

    found = judged(session, patient)

    assert found.risk is not None
    assert not session.scalars(query).all()
