"""What Wardlight itself says, as FHIR: a score is a RiskAssessment, an alert a DetectedIssue."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import func, or_, select

from alerts.lifecycle import State
from alerts.repository import read_evidence
from alerts.tables import Alert, AlertFinding
from app.fhir_api.repository import After, Hit, keyset, uuids, within
from app.replay import FHIR_SEVERITY
from core.vitals import Severity
from fhir.detected_issue import Raised, detected_issue
from fhir.risk_assessment import Predicted, risk_assessment
from ingest.repository import visible_to
from monitoring.record import read_risk
from monitoring.tables import AssessmentRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from core.security import Caller
    from fhir.search_parameters import Criteria

CHANGED = func.greatest(Alert.last_found_at, Alert.opened_at, Alert.closed_at)


def query_of(
    caller: Caller, criteria: Criteria, patients: Iterable[set[UUID]], *, asof: datetime
) -> Select[Any]:
    """Return the query of the rows that are meant, without order."""
    table = Alert if criteria.kind == "DetectedIssue" else AssessmentRow
    updated: Any = CHANGED if table is Alert else AssessmentRow.at
    born = Alert.opened_at if table is Alert else AssessmentRow.at
    query = select(table).where(table.patient_id.in_(visible_to(caller)), born <= asof)
    for wanted in patients:
        query = query.where(table.patient_id.in_(wanted))
    for ids in criteria.ids:
        query = query.where(table.id.in_(uuids(ids)))
    for dates in criteria.updated:
        query = query.where(or_(*(within(updated, each) for each in dates)))
    if table is Alert:
        return query.where(Alert.severity.in_(list(FHIR_SEVERITY)))
    return query.where(func.jsonb_typeof(AssessmentRow.risk) == "object")


def page(
    session: Session, query: Select[Any], kind: str, after: After | None, *, limit: int
) -> list[tuple[After, Hit]]:
    """Return resources in the order in which they came to be, newest first, with their places."""
    if kind == "DetectedIssue":
        alerts = session.scalars(keyset(query, (Alert.opened_at, Alert.id), after, limit=limit))
        rows = alerts.all()
        return [
            (After(row.opened_at, row.id), hit)
            for row, hit in zip(rows, _issues(session, rows), strict=True)
        ]
    order = (AssessmentRow.at, AssessmentRow.id)
    found = session.scalars(keyset(query, order, after, limit=limit))
    return [(After(row.at, row.id), _assessed(row)) for row in found]


def _assessed(row: AssessmentRow) -> Hit:
    risk = read_risk(row.risk or {})
    predicted = Predicted(
        model=risk.model_id,
        outcome="worsening",
        probability=risk.probability,
        rationale=f"The model was trained on {risk.trained_on}.",
        horizon_hours=risk.horizon_days * 24,
    )
    written = risk_assessment(predicted, patient=f"Patient/{row.patient_id}", occurred=row.at)
    return _hit(written, row.id, row.patient_id, row.at)


def _issues(session: Session, alerts: Sequence[Alert]) -> list[Hit]:
    findings: dict[UUID, list[AlertFinding]] = defaultdict(list)
    ids = [alert.id for alert in alerts]
    query = select(AlertFinding).where(AlertFinding.alert_id.in_(ids))
    for each in session.scalars(query.order_by(AlertFinding.at, AlertFinding.id)):
        findings[each.alert_id].append(each)
    rests_on = {
        alert: [e.reading_id for f in rows for e in read_evidence(f.evidence)]
        for alert, rows in findings.items()
    }
    return [
        _issue(alert, findings[alert.id], _known(rests_on.get(alert.id, ()))) for alert in alerts
    ]


def _known(readings: Iterable[str]) -> list[str]:
    """Return the Observations that readings came from: their id begins with its id."""
    found = dict.fromkeys(uuids(each.partition("/")[0] for each in readings if "/" in each))
    return [f"Observation/{each}" for each in found]


def _issue(alert: Alert, findings: Sequence[AlertFinding], implicated: Sequence[str]) -> Hit:
    gravest = max(findings, key=lambda f: (Severity(f.severity).rank, f.at, f.id), default=None)
    rule = gravest.rule_id if gravest else alert.problem
    written = detected_issue(
        Raised(
            code=rule,
            display=f"{rule} ({alert.problem})",
            detail=gravest.sentence if gravest else "",
            severity=FHIR_SEVERITY[Severity(alert.severity)],
            implicated=implicated,
        ),
        patient=f"Patient/{alert.patient_id}",
        identified=alert.started_at,
        status="entered-in-error" if alert.state == State.WITHDRAWN else "final",
    )
    moments = (alert.opened_at, alert.last_found_at, alert.closed_at)
    updated = max(each for each in moments if each is not None)
    return _hit(written, alert.id, alert.patient_id, updated)


def _hit(written: dict[str, Any], id_: UUID, patient: UUID, updated: datetime) -> Hit:
    kind = written["resourceType"]
    said = {"resourceType": kind, "id": str(id_), "meta": {"lastUpdated": updated.isoformat()}}
    body = json.dumps(said | written, ensure_ascii=False).encode()
    return Hit(kind, id_, 0, patient, updated, body)
