"""Start an alert's chain, and let its steps act when they are due (REL-14, REL-15, AL-12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts import escalation, lifecycle, repository, routes
from alerts.escalation import Kind, Planned, StepState
from alerts.lifecycle import Event, State
from alerts.policy import Channel, To, thaw
from alerts.reasons import Reason
from alerts.steps import repository as rows
from alerts.telling.service import tell
from core.apart import kept_apart
from core.security import SYSTEM
from core.vitals import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.policy import Tier
    from alerts.routes import Taken
    from alerts.tables import Alert, Step
    from core.security import Caller


def start_chain(
    session: Session, alert: Alert, tier: Tier, *, reason: Reason, now: datetime
) -> None:
    """Replace whatever waits by a tier's chain, and let what is due at once act at once.

    Which of the tier's routes that is depends on the hour, and stands on the timeline.
    """
    rows.cancel_steps(session, alert)
    way = routes.take(thaw(alert.policy), tier, at=now)
    _note_route(session, alert, tier, way, now=now)
    planned = escalation.chain(way.tier, start=now, reason=reason)
    for step in rows.plan(session, alert, planned):
        if step.due_at <= now:
            _act(session, alert, step, now=now)
    if alert.state == State.CLAIMED:
        plan_lapse(session, alert)


def _note_route(session: Session, alert: Alert, tier: Tier, way: Taken, *, now: datetime) -> None:
    """Keep the route by its name; where there was no choice, nothing needs to be said."""
    alert.route = way.name
    if tier.routes or way.why is Reason.NO_ROUTE:
        facts = {"route": way.name or "the tier's own", "because": way.because}
        repository.note(session, alert, "routed", way.why, now=now, after=facts)


def plan_lapse(session: Session, alert: Alert) -> None:
    """Plan the end of a claim beside the chain, which goes on."""
    if alert.claim_ends_at is not None:
        position = rows.next_position(session, alert)
        ends = escalation.lapsing(position, at=alert.claim_ends_at)
        rows.plan(session, alert, [ends])


def hold(session: Session, alert: Alert, *, now: datetime, until: datetime | None = None) -> None:
    """Replace the chain by the timers of an acknowledgement, or by those of its old end."""
    tier = thaw(alert.policy).tiers[Severity(alert.severity)]
    rows.cancel_steps(session, alert)
    rows.plan(session, alert, escalation.holding(tier, start=now, until=until))
    alert.ack_expires_at = until or now + tier.holds


def renew(session: Session, alert: Alert, *, now: datetime) -> None:
    """Start the timers of an acknowledgement anew; what was said under it stays on its way."""
    since = alert.fence
    hold(session, alert, now=now)
    rows.carry(session, alert, since)


def tier_of(alert: Alert) -> Tier:
    """Return what an alert goes by: the tier that was told, or the quiet one of what was not."""
    policy = thaw(alert.policy)
    return policy.tiers[Severity(alert.paged)] if alert.paged else policy.late


def chain_of(alert: Alert) -> Tier:
    """Return an alert's tier with the chain of the route that it took."""
    return routes.taken(tier_of(alert), alert.route)


def advance(session: Session, alert: Alert, *, now: datetime) -> None:
    """Let the next step of the frozen chain act now, whoever owns the alert (AL-13).

    Of one that paged nobody (late, or held for an absence) it is the first step of its severity:
    a person asks for it.
    """
    planned: Sequence[Step]
    if alert.paged and rows.hasten(session, alert, reason=Reason.ESCALATED, now=now, repeats=True):
        planned = rows.due_now(session, alert, now=now)
    else:
        steps = _onward(session, alert, now=now)
        alert.paged = alert.paged or alert.severity
        planned = rows.plan(session, alert, steps)
    for step in planned:
        _act(session, alert, step, now=now)


def ahead(session: Session, alert: Alert, *, now: datetime) -> list[To]:
    """Return for whom `advance` would act now, each once; nothing is written."""
    waiting = rows.upcoming(session, alert, repeats=True) if alert.paged else ()
    found = [To(step.to_kind) for step in waiting]
    return list(dict.fromkeys(found or [s.to for s in _onward(session, alert, now=now)]))


def _onward(session: Session, alert: Alert, *, now: datetime) -> list[Planned]:
    """Return what follows in the chain of an alert, the first step of one that paged nobody."""
    reached = rows.reached(session, alert) if alert.paged else None
    tier = thaw(alert.policy).tiers[Severity(alert.paged or alert.severity)]
    position = rows.next_position(session, alert)
    return escalation.onward(routes.taken(tier, alert.route), reached, first=position, now=now)


def escalate_due(session: Session, *, now: datetime) -> int:
    """Let due steps act, each under its alert's row lock; return how many did.

    An alert that somebody holds at this moment is left for the next second, and so is one whose
    step fails: it keeps no other from its own, however many fail (REL-27). About a page acts at
    once: each alert that did stays locked until the transaction ends.
    """
    acted, page = 0, rows.due(session, now=now)
    while page:
        for each in page:
            with kept_apart(session, "an alert cannot take its next step", each.alert_id):
                acted += _fire(session, each.step_id, each.alert_id, now=now)
        more = len(page) == rows.PAGE and acted < rows.PAGE
        page = rows.due(session, now=now, past=page[-1]) if more else []
    return acted


def _fire(session: Session, step_id: UUID, alert_id: UUID, *, now: datetime) -> bool:
    alert = repository.locked(session, alert_id, wait=False)
    step = rows.step(session, step_id) if alert else None
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
    if step.kind in _TIMERS:
        _TIMERS[Kind(step.kind)](session, alert, now)
        return
    tell(session, alert, step, now=now)
    if step.kind != Kind.REMIND:
        _repeat(session, alert, now=now)


def _repeat(session: Session, alert: Alert, *, now: datetime) -> None:
    waiting = rows.waiting(session, alert)
    last = rows.next_position(session, alert) - 1
    steps = escalation.repeats(chain_of(alert), after=last, waiting=waiting, now=now)
    rows.plan(session, alert, steps)


def reopen(  # noqa: PLR0913 (why, and who did it, go onto the timeline)
    session: Session,
    alert: Alert,
    event: Event,
    reason: Reason,
    *,
    now: datetime,
    caller: Caller = SYSTEM,
) -> None:
    """Put an alert that somebody owned or put off back into its chain (AL-11, AL-12)."""
    severity = Severity(alert.severity)
    after = lifecycle.transition(State(alert.state), event, severity)
    if not isinstance(after, State):
        return
    before = repository.facts(alert)
    alert.previous_owner_id = alert.owner_id or alert.snoozed_by or alert.previous_owner_id
    alert.state, alert.version = after, alert.version + 1
    repository.let_go(alert)
    facts = repository.facts(alert)
    repository.note(
        session, alert, "reopened", reason, now=now, caller=caller, before=before, after=facts
    )
    tier = thaw(alert.policy).tiers[severity]
    start_chain(session, alert, tier, reason=reason, now=now)


def _expire(session: Session, alert: Alert, now: datetime) -> None:
    reopen(session, alert, Event.ACK_EXPIRED, Reason.ACK_EXPIRED, now=now)


def _wake(session: Session, alert: Alert, now: datetime) -> None:
    reopen(session, alert, Event.SNOOZE_ENDED, Reason.SNOOZE_ENDED, now=now)


def _lapse(session: Session, alert: Alert, now: datetime) -> None:
    """End a claim that came to nothing; the chain went on all the while."""
    _let_go(session, alert, Event.CLAIM_LAPSED, Reason.CLAIM_LAPSED, now=now)


def _let_go(session: Session, alert: Alert, event: Event, reason: Reason, *, now: datetime) -> None:
    after = lifecycle.transition(State(alert.state), event, Severity(alert.severity))
    if not isinstance(after, State):
        return
    before = repository.facts(alert)
    alert.state, alert.version = after, alert.version + 1
    alert.claimed_by, alert.claim_ends_at = None, None
    facts = repository.facts(alert)
    repository.note(session, alert, "unclaimed", reason, now=now, before=before, after=facts)


def give_back(session: Session, patients: Collection[UUID], who: UUID, *, now: datetime) -> None:
    """Take from somebody the alerts of a person whom they may not see any more (SEC-14).

    What they owned, or had passed on without an answer, is due to everybody again from the
    start. The chain of what they only claimed went on all the while, and is not set back.
    """
    for id_ in repository.had_by(session, patients, who):
        alert = repository.locked(session, id_)
        if alert is None or who not in (alert.owner_id, alert.claimed_by, alert.delegated_by):
            continue
        if alert.state == State.CLAIMED:
            _let_go(session, alert, Event.ACCESS_ENDED, Reason.ACCESS_ENDED, now=now)
        else:
            reopen(session, alert, Event.ACCESS_ENDED, Reason.ACCESS_ENDED, now=now)


def _return(session: Session, alert: Alert, now: datetime) -> None:
    """Give an alert that nobody accepted back to who delegated it, and tell them.

    The end of the acknowledgement stays where it was: an alert is not kept by passing it on.
    """
    after = lifecycle.transition(State(alert.state), Event.RETURNED, Severity(alert.severity))
    if not isinstance(after, State) or alert.delegated_by is None:
        return
    before = repository.facts(alert)
    alert.state, alert.version = after, alert.version + 1
    alert.owner_id, alert.owner_team_id = alert.delegated_by, None
    alert.delegated_by, alert.answer_by = None, None
    facts = repository.facts(alert)
    repository.note(
        session, alert, "returned", Reason.NOT_ANSWERED, now=now, before=before, after=facts
    )
    first = rows.next_position(session, alert)
    told = [
        Planned(first + index, Kind.REMIND, now, To.OWNER, channel, Reason.NOT_ANSWERED)
        for index, channel in enumerate((Channel.INBOX, Channel.EMAIL))
    ]
    for step in rows.plan(session, alert, told):
        _act(session, alert, step, now=now)


_TIMERS: Mapping[Kind, Callable[[Session, Alert, datetime], None]] = {
    Kind.EXPIRE: _expire,
    Kind.WAKE: _wake,
    Kind.LAPSE: _lapse,
    Kind.RETURN: _return,
}
