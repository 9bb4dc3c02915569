"""Somebody whom the learned score alone makes an alert of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

import monitoring.service
from alerts import service as alerting
from alerts.tables import Alert, AlertFinding
from monitoring import risk
from monitoring.permitted import SCORES_OWN
from tests.artefacts import eager
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

POLICY = alerting.load_policy()
EAGER = risk.load(eager())
UNTOLD = "It is not told: the person objects to automated scoring"
TOLD = "Learned score"


def scored(session: Session, patient: UUID, *, now: datetime) -> tuple[UUID, UUID]:
    """Score a person and raise it; return the judgement and the alert that the score opened."""
    judged = monitoring.service.assess(session, patient, now=now, rulebook=RULEBOOK, model=EAGER)
    session.flush()
    alerting.raise_from(session, judged, now=now, policy=POLICY)
    query = (
        select(Alert.id)
        .join(AlertFinding, AlertFinding.alert_id == Alert.id)
        .where(AlertFinding.assessment_id == judged, AlertFinding.rule_id == SCORES_OWN)
    )
    return judged, session.scalars(query).one()
