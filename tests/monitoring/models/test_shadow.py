"""AL-21: a model in shadow scores beside the one that judges, and nobody is told."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from alerts.service import load_policy, raise_from
from alerts.tables import Alert, Delivery
from core.security import SYSTEM
from core.vitals import Severity, Vital
from monitoring import repository, risk, service
from monitoring.forgetting.repository import forget
from monitoring.models import service as registry
from monitoring.models.scorers import Scorers
from monitoring.models.tables import ShadowScore
from tests.artefacts import artefact, eager
from tests.monitoring.test_service import NOW, enrol, measure
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

JUDGES = risk.load(artefact())


@pytest.fixture
def patient(session: Session) -> UUID:
    """Return somebody who is well and known well enough to be scored."""
    who = enrol(session)
    for day in range(30):
        for vital, value in ((Vital.SPO2, 96.0), (Vital.HEART_RATE, 70.0)):
            measure(session, who, vital, value, at=NOW - timedelta(days=day, minutes=5))
    return who


@pytest.fixture
def shadow(session: Session) -> risk.Model:
    made = eager()
    id_ = registry.add(session, SYSTEM, made, reason="a test", now=NOW)
    registry.put_in_shadow(session, SYSTEM, id_, reason="a test", now=NOW)
    return risk.load(made)


def judge(session: Session, patient: UUID, *shadows: risk.Model, judging: bool = True) -> UUID:
    who = Scorers(JUDGES if judging else None, shadows)
    return service.assess(session, patient, now=NOW, rulebook=RULEBOOK, model=who)


def kept(session: Session, patient: UUID) -> list[ShadowScore]:
    query = select(ShadowScore).where(ShadowScore.patient_id == patient)
    return list(session.scalars(query))


def test_what_it_would_have_said_is_kept_and_nobody_is_told_al_21(
    session: Session, patient: UUID, shadow: risk.Model
) -> None:
    made = judge(session, patient, shadow)
    raise_from(session, made, now=NOW, policy=load_policy())

    (said,) = kept(session, patient)
    judged = repository.assessment(session, made)
    assert judged.risk is not None
    assert (said.model_id, said.tier) == (shadow.id, Severity.AMBER)
    assert (said.judging_id, said.judging_tier) == (JUDGES.id, None)
    assert said.judging_probability == judged.risk.probability
    assert said.probability == judged.risk.probability  # the same numbers, other thresholds
    assert (said.assessment_id, said.at) == (made, NOW)
    assert judged.model_id == JUDGES.id
    opened = select(Alert.id).where(Alert.patient_id == patient)
    assert session.scalars(opened).all() == []
    assert session.scalars(select(Delivery.id).where(Delivery.alert_id.in_(opened))).all() == []


def test_a_judgement_is_the_same_with_a_model_in_shadow_and_without_al_21(
    session: Session, patient: UUID, shadow: risk.Model
) -> None:
    with session.begin_nested() as undone:
        alone = repository.assessment(session, judge(session, patient))
        undone.rollback()

    beside = repository.assessment(session, judge(session, patient, shadow))

    assert beside == alone


def test_it_scores_too_where_no_model_judges(
    session: Session, patient: UUID, shadow: risk.Model
) -> None:
    judge(session, patient, shadow, judging=False)

    (said,) = kept(session, patient)
    assert (said.judging_id, said.judging_probability, said.judging_tier) == ("", None, None)


def test_a_person_of_whom_too_little_is_known_is_scored_by_none(
    session: Session, shadow: risk.Model
) -> None:
    stranger = enrol(session)
    measure(session, stranger, Vital.SPO2, 96.0)

    judge(session, stranger, shadow)

    assert kept(session, stranger) == []


def test_what_is_forgotten_of_a_person_is_forgotten_here_too(
    session: Session, patient: UUID, shadow: risk.Model
) -> None:
    judge(session, patient, shadow)

    forget(session, [patient])

    assert kept(session, patient) == []
