"""Which past episodes a clinician has labelled, for whoever learns from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.outcomes import Label
from alerts.tables import Alert
from monitoring.findings import Problem

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Conclusion:
    """One episode and what it turned out to be."""

    patient_id: UUID
    problem: Problem
    started_at: datetime
    ended_at: datetime
    label: Label


def concluded(session: Session, *, since: datetime) -> list[Conclusion]:
    """Return the episodes that started since an instant and bear a label."""
    columns = (
        Alert.patient_id,
        Alert.problem,
        Alert.started_at,
        Alert.last_seen_at,
        Alert.outcome,
    )
    query = select(*columns).where(Alert.started_at >= since, Alert.outcome.is_not(None))
    rows = session.execute(query.order_by(Alert.started_at, Alert.id))
    return [
        Conclusion(patient, Problem(problem), started, ended, Label(label))
        for patient, problem, started, ended, label in rows
        if label is not None
    ]
