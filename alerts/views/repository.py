"""Episodes as pages read them: numbers as stored, people by name, the next step by its time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import case, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import defer

from alerts import escalation, inbox
from alerts.contested.repository import contested
from alerts.escalation import Kind, StepState
from alerts.lifecycle import LIVE, State
from alerts.naming.repository import LANES, UNKNOWN, names, recipient_name
from alerts.policy import To, thaw
from alerts.reasons import WORDS, Reason
from alerts.standings.repository import told
from alerts.tables import Alert, AlertEvent, AlertFinding, Delivery, Step
from alerts.timelines import repository as timelines
from alerts.wording import repository as wording
from core.vitals import Severity
from ingest.repository import one_person, survivors
from monitoring.findings import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from monitoring.contests import Stands


def live(
    session: Session, visible: Select[UUID], ids: Sequence[UUID] | None = None
) -> list[inbox.EpisodeView]:
    """Return the live episodes of visible patients, or some of them, without their timelines."""
    query = (
        select(Alert)
        .where(Alert.state.in_(LIVE), Alert.patient_id.in_(visible))
        .options(defer(Alert.policy))  # a page of 200 rows has no use for 200 snapshots
    )
    if ids is not None:
        query = query.where(Alert.id.in_(ids))
    return _views(session, session.scalars(query).all())


def of_patient(session: Session, patient_id: UUID) -> list[inbox.EpisodeView]:
    """Return every episode of a patient with timeline and deliveries, live ones first."""
    query = select(Alert).where(Alert.patient_id.in_(one_person(session, patient_id)))
    rows = session.scalars(query).all()
    views = _views(session, rows, whole=True)
    return sorted(views, key=lambda v: (v.state.ended, *_recent(v)))


def _recent(view: inbox.EpisodeView) -> tuple[bool, int, float]:
    """Sort live episodes by urgency, ended ones by the newest."""
    newest = (False, 0, -view.opened_at.timestamp())
    return newest if view.state.ended else inbox.urgency(view)


def _views(
    session: Session, alerts: Sequence[Alert], *, whole: bool = False
) -> list[inbox.EpisodeView]:
    ids = [alert.id for alert in alerts]
    found = _findings if whole else headlines
    problems = {alert.id: Problem(alert.problem) for alert in alerts}
    findings, steps = found(session, problems), _next_steps(session, ids)
    events = timelines.events(session, ids) if whole else {}
    sent = _deliveries(session, ids) if whole else {}
    names = _names(session, alerts, events, sent)
    heads = survivors(session, {alert.patient_id for alert in alerts})
    outcomes = _outcomes(session, [a.previous_id for a in alerts if a.previous_id])
    doubts = contested(session, ids)
    return [
        _view(
            alert,
            findings.get(alert.id, ()),
            _Around(
                names=names,
                step=steps.get(alert.id),
                timeline=[timelines.entry(session, e, names) for e in events.get(alert.id, ())],
                sent=sent.get(alert.id, ()),
                previous_outcome=outcomes.get(alert.previous_id, ""),
                heads=heads,
                longest_snooze=_longest_snooze(alert) if whole else timedelta(0),
                written=wording.written(session, alert),
                contested=doubts.get(alert.id),
            ),
        )
        for alert in alerts
    ]


@dataclass(frozen=True, slots=True)
class _Around:
    """What stands around an episode: people, the next step, what was done and sent."""

    names: Mapping[UUID, str]
    step: Step | None
    timeline: Sequence[inbox.TimelineEntry]
    written: Mapping[str, str]  # of the alert, in somebody's own words
    sent: Sequence[Delivery]
    previous_outcome: str
    heads: Mapping[UUID, UUID]  # of patients who were merged: the survivor
    longest_snooze: timedelta
    contested: Stands | None

    def name(self, identity: UUID | None) -> str:
        return self.names.get(identity, UNKNOWN) if identity else ""


def _view(
    alert: Alert, findings: Iterable[inbox.FindingView], around: _Around
) -> inbox.EpisodeView:
    return inbox.EpisodeView(
        id=alert.id,
        patient_id=around.heads.get(alert.patient_id, alert.patient_id),
        problem=Problem(alert.problem),
        severity=Severity(alert.severity),
        state=State(alert.state),
        version=alert.version,
        started_at=alert.started_at,
        last_seen_at=alert.last_seen_at,
        opened_at=alert.opened_at,
        closed_at=alert.closed_at,
        owner_id=alert.owner_id,
        owner_name=around.name(alert.owner_id or alert.owner_team_id),
        holding=_holding(alert, around),
        acknowledged_at=alert.acknowledged_at,
        ack_expires_at=alert.ack_expires_at,
        next_step_at=around.step.due_at if around.step else None,
        next_step=_words(around.step),
        late=alert.paged is None and alert.held is None,
        held=WORDS[Reason(alert.held)] if alert.held else "",
        outcome=alert.outcome or "",
        outcome_detail=alert.outcome_detail or "",
        outcome_note=around.written.get("outcome_note", ""),
        previous_id=alert.previous_id,
        previous_outcome=around.previous_outcome,
        policy_hash=alert.policy_hash,
        longest_snooze=around.longest_snooze,
        findings=tuple(findings),
        timeline=tuple(around.timeline),
        deliveries=tuple(_delivery(row, around.names) for row in around.sent),
        contested=around.contested,
    )


def _longest_snooze(alert: Alert) -> timedelta:
    return thaw(alert.policy).tiers[Severity(alert.severity)].snooze


def _holding(alert: Alert, around: _Around) -> inbox.Holding:
    return inbox.Holding(
        claimed_by_id=alert.claimed_by,
        claimed_by_name=around.name(alert.claimed_by),
        claim_ends_at=alert.claim_ends_at,
        asked_by_name=around.name(alert.delegated_by),
        answer_by=alert.answer_by,
        snoozed_by_name=around.name(alert.snoozed_by),
        snoozed_at=alert.snoozed_at,
        snoozed_until=alert.snoozed_until,
        snooze_reason=around.written.get("snooze_reason", ""),
    )


def _words(step: Step | None) -> str:
    return escalation.words(Kind(step.kind), To(step.to_kind)) if step else ""


def _findings(
    session: Session, problems: Mapping[UUID, Problem]
) -> dict[UUID, list[inbox.FindingView]]:
    standing = AlertFinding.fallen_at.is_(None)
    query = select(AlertFinding).where(AlertFinding.alert_id.in_(problems), standing)
    found = told(session, session.scalars(query), problems)
    return {alert: sorted(rows, key=_gravest_newest) for alert, rows in found.items()}


def headlines(
    session: Session, problems: Mapping[UUID, Problem], *, until: datetime | None = None
) -> dict[UUID, list[inbox.FindingView]]:
    """Return the gravest and newest finding of each alert: all that a row speaks of.

    With `until`, as it was known then.
    """
    rank = case(
        {severity.value: severity.rank for severity in Severity}, value=AlertFinding.severity
    )
    query = (
        select(AlertFinding)
        .where(AlertFinding.alert_id.in_(problems), AlertFinding.fallen_at.is_(None))
        .ext(distinct_on(AlertFinding.alert_id))
        .order_by(AlertFinding.alert_id, rank.desc(), AlertFinding.at.desc(), AlertFinding.rule_id)
    )
    if until is not None:
        query = query.where(AlertFinding.seen_at < until)
    return told(session, session.scalars(query), problems)


def _gravest_newest(finding: inbox.FindingView) -> tuple[int, float, str]:
    return (-finding.severity.rank, -finding.at.timestamp(), finding.rule_id)


def _next_steps(session: Session, ids: Sequence[UUID]) -> dict[UUID, Step]:
    """Return the first step of each alert that waits and is not stale."""
    query = (
        select(Step)
        .join(Alert, Alert.id == Step.alert_id)
        .where(
            Step.alert_id.in_(ids),
            Step.state == StepState.WAITING,
            Step.fence == Alert.fence,
            Step.kind != Kind.LAPSE,  # the chain goes on beside a claim, and is what comes next
        )
        .ext(distinct_on(Step.alert_id))
        .order_by(Step.alert_id, Step.due_at, Step.position)
    )
    return {row.alert_id: row for row in session.scalars(query)}


def _deliveries(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[Delivery]]:
    found: dict[UUID, list[Delivery]] = defaultdict(list)
    query = select(Delivery).where(Delivery.alert_id.in_(ids))
    for row in session.scalars(query.order_by(Delivery.created_at, Delivery.channel)):
        found[row.alert_id].append(row)
    return found


def _delivery(row: Delivery, names: Mapping[UUID, str]) -> inbox.DeliveryView:
    return inbox.DeliveryView(
        recipient=recipient_name(row.recipient, names),
        channel=row.channel,
        state=row.state,
        attempts=row.attempts,
        created_at=row.created_at,
        handed_over_at=row.handed_over_at,
        delivered_at=row.delivered_at,
        seen_at=row.seen_at,
        acted_on_at=row.acted_on_at,
    )


def _names(
    session: Session,
    alerts: Iterable[Alert],
    events: Mapping[UUID, Iterable[AlertEvent]],
    sent: Mapping[UUID, Iterable[Delivery]],
) -> dict[UUID, str]:
    """Return the names of everybody whom these rows mention."""
    owners = {
        holder
        for each in alerts
        for holder in (
            *(each.owner_id, each.owner_team_id, each.claimed_by),
            *(each.delegated_by, each.snoozed_by),
        )
    }
    actors = {event.actor_id for rows in events.values() for event in rows}
    keys = {row.recipient for rows in sent.values() for row in rows} - set(LANES)
    told = {UUID(key.partition(":")[2]) for key in keys}
    return names(session, {i for i in owners | actors | told if i})


def _outcomes(session: Session, ids: Sequence[UUID]) -> dict[UUID | None, str]:
    if not ids:
        return {}
    query = select(Alert.id, Alert.outcome, Alert.state).where(Alert.id.in_(ids))
    return {row.id: row.outcome or row.state for row in session.execute(query)}
