"""Which past episodes a clinician has labelled, for whoever learns from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from alerts.outcomes import Label
from alerts.tables import Alert, AlertFinding
from monitoring.findings import Problem

if TYPE_CHECKING:
    from collections.abc import Collection
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


def concluded(
    session: Session, *, since: datetime, patients: Collection[UUID] | None = None
) -> list[Conclusion]:
    """Return the episodes that started since an instant and bear a label, of some people or all."""
    columns = (
        Alert.patient_id,
        Alert.problem,
        Alert.started_at,
        Alert.last_seen_at,
        Alert.outcome,
    )
    query = select(*columns).where(Alert.started_at >= since, Alert.outcome.is_not(None))
    if patients is not None:
        query = query.where(Alert.patient_id.in_(patients))
    rows = session.execute(query.order_by(Alert.started_at, Alert.id))
    return [
        Conclusion(patient, Problem(problem), started, ended, Label(label))
        for patient, problem, started, ended, label in rows
        if label is not None
    ]


def begun(
    session: Session, patients: Collection[UUID], *, since: datetime, until: datetime
) -> list[tuple[UUID, datetime, str | None]]:
    """Return (patient, began, label or None) of the alerts of some people that began in a span."""
    query = select(Alert.patient_id, Alert.started_at, Alert.outcome).where(
        Alert.patient_id.in_(patients), Alert.started_at > since, Alert.started_at <= until
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def labelled(
    session: Session, rules: Collection[str], *, since: datetime
) -> dict[str, dict[str, int]]:
    """Return for each rule how many alerts that it fired in bear which label, programme-wide.

    Counts only, and of nobody in particular: no team filter.
    """
    alert = func.count(Alert.id.distinct())
    query = (
        select(AlertFinding.rule_id, Alert.outcome, alert)
        .join(Alert, Alert.id == AlertFinding.alert_id)
        .where(
            AlertFinding.rule_id.in_(rules),
            AlertFinding.fallen_at.is_(None),
            Alert.outcome.is_not(None),
            Alert.closed_at >= since,
        )
        .group_by(AlertFinding.rule_id, Alert.outcome)
    )
    found: dict[str, dict[str, int]] = {rule: {} for rule in rules}
    for rule, label, count in session.execute(query):
        if label is not None:
            found[rule][label] = count
    return found
