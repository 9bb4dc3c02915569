"""The findings of an episode that stand, and those that have fallen."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from alerts.inbox import FindingView
from alerts.standing import Stored
from alerts.tables import Alert, AlertFinding
from core.vitals import Severity, Vital
from ingest.choosing.repository import unscored
from monitoring.findings import Evidence, Problem, Says, Spoken
from monitoring.permitted import SCORES_OWN, untold
from monitoring.record import read_says, read_usual

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from uuid import UUID

    from sqlalchemy.orm import Session


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


def told(
    session: Session, rows: Iterable[AlertFinding], problems: Mapping[UUID, Problem]
) -> dict[UUID, list[FindingView]]:
    """Return findings by their alert, as they may be told now: no score of whom objects to it."""
    found: dict[UUID, list[FindingView]] = defaultdict(list)
    listed = list(rows)
    scored = {row.alert_id for row in listed if row.rule_id == SCORES_OWN}
    silent = _silent(session, scored) if scored else frozenset()
    for row in listed:
        view = finding_of(row, problems[row.alert_id])
        hidden = row.rule_id == SCORES_OWN and row.alert_id in silent
        found[row.alert_id].append(untold(view) if hidden else view)
    return found


def _silent(session: Session, alerts: Collection[UUID]) -> frozenset[UUID]:
    """Return those of some alerts whose person does not let a score be made."""
    query = select(Alert.id).where(Alert.id.in_(alerts), Alert.patient_id.in_(unscored()))
    return frozenset(session.scalars(query))


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
