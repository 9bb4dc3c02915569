"""Start an alert's chain, and let its steps act when they are due (REL-14, REL-15, AL-12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts import escalation, lifecycle, repository
from alerts.delivery.service import tell
from alerts.escalation import Kind, StepState
from alerts.lifecycle import Event, State
from alerts.policy import thaw
from alerts.reasons import Reason
from core.vitals import Severity

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.policy import Tier
    from alerts.tables import Alert, Step


def start_chain(
    session: Session, alert: Alert, tier: Tier, *, reason: Reason, now: datetime
) -> None:
    """Replace whatever waits by a tier's chain, and let what is due at once act at once."""
    repository.cancel_steps(session, alert)
    planned = escalation.chain(tier, start=now, reason=reason)
    for step in repository.plan(session, alert, planned):
        if step.due_at <= now:
            _act(session, alert, step, now=now)


def hold(session: Session, alert: Alert, *, now: datetime) -> None:
    """Replace the chain by the timers of an acknowledgement."""
    tier = thaw(alert.policy).tiers[Severity(alert.severity)]
    repository.cancel_steps(session, alert)
    repository.plan(session, alert, escalation.holding(tier, start=now))
    alert.ack_expires_at = now + tier.holds


def escalate_due(session: Session, *, now: datetime) -> int:
    """Let due steps act, each under its alert's row lock; return how many did.

    An alert that somebody holds at this moment is left for the next second.
    """
    return sum(
        _fire(session, step_id, alert_id, now=now)
        for step_id, alert_id in repository.due(session, now=now)
    )


def _fire(session: Session, step_id: UUID, alert_id: UUID, *, now: datetime) -> bool:
    alert = repository.locked(session, alert_id, wait=False)
    step = repository.step(session, step_id) if alert else None
    if alert is None or step is None or step.state != StepState.WAITING:
        return False
    if not escalation.counts(
        StepState(step.state), step.fence, State(alert.state), alert_fence=alert.fence
    ):
        step.state = StepState.STALE
        facts = {"step": step.position, "to": step.to_kind}
        repository.note(session, alert, "not-notified", Reason.STALE_STEP, now=now, after=facts)
        return False
    _act(session, alert, step, now=now)
    return True


def _act(session: Session, alert: Alert, step: Step, *, now: datetime) -> None:
    """Do what a step is for; the last one of a chain plans the repeat."""
    step.state = StepState.FIRED
    step.fired_at = now
    step.late_seconds = escalation.lateness(step.due_at, now)
    session.flush()
    if step.kind == Kind.EXPIRE:
        _expire(session, alert, now=now)
        return
    tell(session, alert, step, now=now)
    if step.kind != Kind.REMIND:
        _repeat(session, alert, step, now=now)


def _repeat(session: Session, alert: Alert, step: Step, *, now: datetime) -> None:
    policy = thaw(alert.policy)
    tier = policy.tiers[Severity(alert.paged)] if alert.paged else policy.late
    waiting = repository.waiting(session, alert)
    steps = escalation.repeats(tier, after=step.position, waiting=waiting, now=now)
    repository.plan(session, alert, steps)


def _expire(session: Session, alert: Alert, *, now: datetime) -> None:
    """Put an acknowledged alert that nobody concluded back into its chain (AL-12)."""
    severity = Severity(alert.severity)
    after = lifecycle.transition(State(alert.state), Event.ACK_EXPIRED, severity)
    if not isinstance(after, State):
        return
    before = {"state": alert.state, "owner": str(alert.owner_id)}
    alert.state, alert.version = after, alert.version + 1
    alert.previous_owner_id, alert.owner_id, alert.ack_expires_at = alert.owner_id, None, None
    facts = {"state": after}
    repository.note(
        session, alert, "reopened", Reason.ACK_EXPIRED, now=now, before=before, after=facts
    )
    tier = thaw(alert.policy).tiers[severity]
    start_chain(session, alert, tier, reason=Reason.ACK_EXPIRED, now=now)
