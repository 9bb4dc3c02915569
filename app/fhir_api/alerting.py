"""An episode of an alert, as FHIR: what was detected, its flag, and the task that it gives."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from alerts.contested.repository import doubted
from alerts.delivery.repository import DeliveryState
from alerts.escalation import Kind, StepState
from alerts.lifecycle import State
from alerts.standings.repository import read_evidence, told
from alerts.tables import Alert, AlertFinding, Delivery, Step
from app import doubts
from app.fhir_api.evidence import sources
from app.fhir_api.rendered import Rendered, reference
from app.fhir_api.scope import uuids
from app.forecasts import behind
from app.replay import FHIR_SEVERITY
from core.vitals import Severity
from fhir.contested import noted
from fhir.detected_issue import Raised, detected_issue
from fhir.task import Duty, task
from monitoring import words
from monitoring.catalogue import ENGLISH
from monitoring.findings import Problem
from monitoring.grounds.repository import grounds_of
from monitoring.leading import UNKNOWN, Grounds
from monitoring.permitted import SCORES_OWN
from monitoring.repository import rulebooks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from alerts.contested.repository import Doubt
    from app.fhir_api.scope import Scope, Seen
    from fhir.task import Priority, Status

ALERTS = "urn:wardlight:alert"
PRIORITY: dict[Severity, Priority] = {
    Severity.RED: "stat",
    Severity.AMBER: "urgent",
    Severity.YELLOW: "asap",
    Severity.INFO: "routine",
    Severity.DQ: "routine",
}
_TASK: dict[State, Status] = {
    State.OPEN: "requested",
    State.CLAIMED: "received",
    State.SNOOZED: "on-hold",
    State.ACKNOWLEDGED: "in-progress",
    State.RESOLVED: "completed",
    State.AUTO_CLOSED: "cancelled",
    State.WITHDRAWN: "entered-in-error",
}


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside alerts: the rules and scores of judgements, doubt of these; a language."""

    rules: Mapping[UUID, str]
    grounds: Mapping[UUID, Grounds]
    doubts: Mapping[UUID, Doubt]  # by the alert, whose score is contested
    language: str


class Episodes(Rendered):
    """Alerts in the order in which they were opened."""

    order = ("opened_at", "id")

    def rows(self, scope: Scope) -> Select[Any]:
        """Return every alert as of an instant."""
        return select(Alert).where(Alert.opened_at <= scope.asof)

    def of(self, scope: Scope, patient: UUID) -> Any:  # noqa: ARG002 (some kinds must look it up)
        """Return the condition that it is this patient's."""
        return Alert.patient_id == patient

    def named(self, ids: frozenset[str]) -> Any:
        """Return the condition that it is one of these."""
        return Alert.id.in_(uuids(ids))

    def column(self, name: str) -> Any:
        """Return a column of the order."""
        return getattr(Alert, name)

    def updated(self, row: Any) -> datetime:
        """Return when it last changed."""
        moments = (row.opened_at, row.last_found_at, row.acknowledged_at, row.closed_at)
        newest: datetime = max(each for each in moments if each is not None)
        return newest


class Issues(Episodes):
    """DetectedIssue: what was found, in the tiers that concern a clinician."""

    def meant(self, row: Any) -> bool:
        """Return whether it is of a clinical tier."""
        return Severity(row.severity) in FHIR_SEVERITY

    def dated(self, row: Any) -> datetime | None:
        """Return when the condition was identified."""
        started: datetime = row.started_at
        return started

    def render(self, session: Session, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the resources in English."""
        return self._in(session, rows, ENGLISH)

    def worded(self, scope: Scope, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the resources in the language that was asked for."""
        return self._in(scope.session, rows, scope.language)

    def _in(self, session: Session, rows: Sequence[Any], language: str) -> list[dict[str, Any]]:
        found = _findings(session, rows)
        made = {each.assessment_id for findings in found.values() for each in findings}
        known = rulebooks(session, made), _grounds(session, found), doubted(session, found)
        beside = Beside(*known, language)
        return [_issue(session, row, found[row.id], beside) for row in rows]

    def _seen(self, scope: Scope, query: Any) -> list[Seen]:
        """Return the rows; what is said of a score changes the alerts that rest on it."""
        found = super()._seen(scope, query)
        said = doubted(scope.session, [each.row.id for each in found])
        return [
            replace(each, updated=max(each.updated, said[each.row.id].changed_at))
            if each.row.id in said
            else each
            for each in found
        ]


def _findings(session: Session, alerts: Sequence[Any]) -> dict[UUID, list[AlertFinding]]:
    found: dict[UUID, list[AlertFinding]] = defaultdict(list)
    standing = AlertFinding.fallen_at.is_(None)
    ids = [each.id for each in alerts]
    query = select(AlertFinding).where(AlertFinding.alert_id.in_(ids), standing)
    for each in session.scalars(query.order_by(AlertFinding.at, AlertFinding.id)):
        found[each.alert_id].append(each)
    return found


def _grounds(session: Session, found: Mapping[UUID, Sequence[AlertFinding]]) -> dict[UUID, Grounds]:
    """Return what the judgements held against in which the score alerted."""
    own = (each for findings in found.values() for each in findings if each.rule_id == SCORES_OWN)
    return grounds_of(session, {each.assessment_id for each in own})


def _issue(
    session: Session,
    alert: Any,
    findings: Sequence[AlertFinding],
    beside: Beside,
) -> dict[str, Any]:
    gravest = max(findings, key=lambda f: (Severity(f.severity).rank, f.at, f.id), default=None)
    rule = gravest.rule_id if gravest else alert.problem
    doubt = beside.doubts.get(alert.id)
    score = _score(alert, findings, beside)
    rests_on = (e.reading_id for finding in findings for e in read_evidence(finding.evidence))
    written = detected_issue(
        Raised(
            code=rule,
            display=f"{rule} ({alert.problem})",
            detail=_detail(session, alert, gravest, beside),
            severity=FHIR_SEVERITY[Severity(alert.severity)],
            implicated=sources(session, rests_on),
            version=beside.rules.get(gravest.assessment_id, "") if gravest else "",
            score=score[1] if score else None,
            scores=[f"RiskAssessment/{score[0]}"] if score else [],
        ),
        patient=f"Patient/{alert.patient_id}",
        identified=alert.started_at,
        status="entered-in-error" if alert.state == State.WITHDRAWN else "final",
    )
    kind = {"resourceType": written["resourceType"], "language": beside.language}
    return doubts.told(kind | identified(written, alert), doubt.stands if doubt else None)


def _score(
    alert: Any, findings: Sequence[AlertFinding], beside: Beside
) -> tuple[UUID, dict[str, Any]] | None:
    """Return the newest score on which an alert rests, and whose judgement that is."""
    for each in reversed(findings):
        grounds = beside.grounds.get(each.assessment_id, UNKNOWN)
        risk = grounds.risk
        if risk and each.rule_id == SCORES_OWN:
            patient = f"Patient/{alert.patient_id}"
            score = behind(risk, patient=patient, occurred=each.seen_at)
            if doubt := beside.doubts.get(alert.id):
                said = doubts.said(doubt.stands, beside.language)
                score = noted(score, said, at=doubt.changed_at)
            return each.assessment_id, score
    return None


def _detail(session: Session, alert: Any, finding: AlertFinding | None, beside: Beside) -> str:
    doubt = beside.doubts.get(alert.id)
    said = [doubts.said(doubt.stands, beside.language)] if doubt else []
    if finding is not None:
        ((view,),) = told(session, [finding], {alert.id: Problem(alert.problem)}).values()
        said.insert(0, words.detail(view, beside.language))
    return " ".join(said)


def identified(written: dict[str, Any], alert: Any) -> dict[str, Any]:
    """Return a resource with the identifier of its alert."""
    return written | {"identifier": [{"system": ALERTS, "value": str(alert.id)}]}


class Tasks(Episodes):
    """Task: who must act until when."""

    sorts = frozenset({"date"})  # when it was authored

    def render(self, session: Session, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the resources."""
        ids = [row.id for row in rows]
        until, told = _next_steps(session, ids), _told(session, ids)
        return [self._task(row, until, told.get(row.id, ())) for row in rows]

    def _task(
        self, alert: Any, until: Mapping[UUID, datetime], told: Sequence[str]
    ) -> dict[str, Any]:
        severity = Severity(alert.severity)
        kind = "DetectedIssue" if severity in FHIR_SEVERITY else "Flag"
        teams = [each for each in told if each.startswith("CareTeam/")]
        team = f"CareTeam/{alert.owner_team_id}" if alert.owner_team_id else "".join(teams[:1])
        owner = f"Practitioner/{alert.owner_id}" if alert.owner_id else team
        duty = Duty(
            focus=f"{kind}/{alert.id}",
            status=_TASK[State(alert.state)],
            priority=PRIORITY[severity],
            tier=severity,
            authored=alert.opened_at,
            modified=self.updated(alert),
            ended=alert.closed_at,
            until=alert.ack_expires_at or until.get(alert.id),
            owner=owner,
            told=[each for each in told if each not in teams],  # R4: people only
            problem=alert.problem,
            seen=(alert.started_at, alert.last_seen_at),
            outcome=alert.outcome or "",
            action=alert.outcome_detail or "",
        )
        return identified(task(duty, patient=f"Patient/{alert.patient_id}"), alert)


def _next_steps(session: Session, alerts: Sequence[UUID]) -> dict[UUID, datetime]:
    """Return when each alert goes on to somebody else, unless somebody acts."""
    rows = session.execute(
        select(Step.alert_id, Step.due_at)
        .where(
            Step.alert_id.in_(alerts),
            Step.state == StepState.WAITING,
            Step.kind != Kind.LAPSE,  # a claim that ends leaves the alert where it is
        )
        .order_by(Step.due_at.desc())
    )
    return {row.alert_id: row.due_at for row in rows}


def _told(session: Session, alerts: Sequence[UUID]) -> dict[UUID, list[str]]:
    rows = session.execute(
        select(Delivery.alert_id, Delivery.recipient)
        .where(
            Delivery.alert_id.in_(alerts),
            Delivery.state.in_([DeliveryState.HANDED_OVER, DeliveryState.DELIVERED]),
        )
        .order_by(Delivery.created_at, Delivery.id)
    )
    found: dict[UUID, list[str]] = defaultdict(list)
    for row in rows:
        if (who := reference(row.recipient)) and who not in found[row.alert_id]:
            found[row.alert_id].append(who)
    return found
