"""The findings of an episode that stand, and those that have fallen."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from alerts.inbox import FindingView
from alerts.standing import Stored
from alerts.tables import AlertFinding
from core.vitals import Severity, Vital
from monitoring.findings import Evidence, Problem, Says, Spoken
from monitoring.record import read_says, read_usual

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from alerts.tables import Alert


def standing(session: Session, alert: Alert) -> list[Stored]:
    """Return the findings of an episode that have not fallen."""
    row = AlertFinding
    query = select(row.id, row.rule_id, row.at, row.severity, row.evidence, row.rejudged)
    rows = session.execute(query.where(row.alert_id == alert.id, row.fallen_at.is_(None)))
    return [
        Stored(id_, rule, at, Severity(severity), read_evidence(read), rejudged)
        for id_, rule, at, severity, read, rejudged in rows
    ]


def fall(session: Session, findings: Iterable[Stored], *, now: datetime) -> None:
    """Remember that these findings lost their cause."""
    ids = [finding.id for finding in findings]
    session.execute(update(AlertFinding).where(AlertFinding.id.in_(ids)).values(fallen_at=now))


def read_evidence(stored: Iterable[Any]) -> tuple[Evidence, ...]:
    """Return stored evidence as the values it was."""
    return tuple(
        Evidence(reading_id, Vital(vital), value, datetime.fromisoformat(effective))
        for reading_id, vital, value, effective in stored
    )


def finding_of(row: AlertFinding, problem: Problem) -> FindingView:
    """Return a stored finding of an alert about a problem."""
    return FindingView(
        rule_id=row.rule_id,
        severity=Severity(row.severity),
        at=row.at,
        seen_at=row.seen_at,
        problem=problem,
        says=_said(row),
        source=row.source,
        confidence=row.confidence,
        vital=Vital(row.vital) if row.vital else None,
        value=row.value,
        limit=row.limit,
        usual=read_usual(row.usual) if row.usual else None,
        evidence=read_evidence(row.evidence),
        missing=tuple(row.missing),
        confirmed=row.confirmed,
        assessment_id=row.assessment_id,
    )


def _said(row: AlertFinding) -> Says | Spoken:
    if row.says is None:
        return Spoken(row.sentence, row.patient_sentence, row.counterfactual)
    return read_says(row.says)
