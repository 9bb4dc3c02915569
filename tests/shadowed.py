"""What a model in shadow said of somebody, put down without judging anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from alerts.tables import Alert
from monitoring.models.tables import ShadowScore
from monitoring.tables import AssessmentRow

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

Pair = tuple[str | None, str | None]


def say(session: Session, patient: UUID, models: tuple[str, str], at: datetime, said: Pair) -> None:
    """Keep the tiers that a model in shadow and the one that judges gave at one instant."""
    assessment = AssessmentRow(
        id=uuid4(),
        patient_id=patient,
        key=uuid4().hex,
        at=at,
        received_until=at,
        findings=[],
        usual={},
        notes=[],
        rulebook_hash="",
        model_id=models[1],
    )
    session.add(assessment)
    session.flush()
    session.add(
        ShadowScore(
            assessment_id=assessment.id,
            model_id=models[0],
            patient_id=patient,
            at=at,
            probability=0.2 if said[0] else 0.05,
            tier=said[0],
            judging_id=models[1],
            judging_probability=0.1,
            judging_tier=said[1],
        )
    )
    session.flush()


def ended(session: Session, patient: UUID, at: datetime, outcome: str) -> None:
    """Keep an alert of somebody that was resolved with an outcome."""
    session.add(
        Alert(
            patient_id=patient,
            problem="fluid",
            severity="AMBER",
            state="resolved",
            **dict.fromkeys(("started_at", "last_seen_at", "last_found_at", "opened_at"), at),
            closed_at=at,
            outcome=outcome,
            policy_hash="",
            policy={},
        )
    )
    session.flush()
