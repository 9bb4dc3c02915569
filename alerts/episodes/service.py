"""What a judgement does to the episodes of a patient: open, add, rise, clear, withdraw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts import grouping, lifecycle, notification, repository
from alerts.delivery import repository as deliveries
from alerts.holding.repository import absence
from alerts.lifecycle import Event, State
from alerts.policy import freeze, thaw
from alerts.reasons import Reason
from alerts.rosters.service import narrowed
from alerts.standing import excused, gravest, split
from alerts.standings import repository as standings
from alerts.standings.service import lower, said_anew, tell_again
from alerts.steps import repository as steps
from alerts.steps.service import start_chain
from core.errors import ConflictError
from core.vitals import Quality, Severity
from ingest import repository as people
from monitoring import repository as judgements
from monitoring.findings import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.policy import Policy
    from alerts.standings.service import Judged
    from alerts.tables import Alert
    from monitoring.findings import Finding


def take(
    session: Session,
    judged: Judged,
    findings: Sequence[Finding],
    *,
    now: datetime,
    policy: Policy,
) -> UUID | None:
    """Bring the findings of one problem into its episode; return the alert if it changed."""
    problem = findings[0].problem
    alert = repository.live(session, judged.patient_id, problem)
    new = _new(session, judged, findings)
    opened = False
    if alert is None:
        if not grouping.opens(new):
            return None
        opened = _open(session, judged, new, now=now, policy=policy)
        alert = repository.live(session, judged.patient_id, problem)
        if alert is None:
            raise ConflictError("the episode ended while it was being joined")
        new = new if opened else _new(session, judged, findings)
    if grouping.opens(findings):
        alert.last_found_at = max(alert.last_found_at, judged.at)
    if not new:
        return None
    repository.add_findings(session, alert, new, assessment_id=judged.assessment_id, now=now)
    alert.last_seen_at = max(alert.last_seen_at, *(f.at for f in new))
    was_quiet = not State(alert.state).waits
    if not opened:
        _rise(session, alert, new, now=now)
    _decide(session, alert, new, now=now, afresh=opened or was_quiet)
    return alert.id


def _new(session: Session, judged: Judged, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    known = repository.known(session, judged.patient_id, findings[0].problem, findings)
    return grouping.fresh(findings, known)


def _open(
    session: Session, judged: Judged, findings: Sequence[Finding], *, now: datetime, policy: Policy
) -> bool:
    """Open the episode unless a concurrent judgement did; note it and freeze the baseline."""
    gravest = findings[0]
    patient_id, problem = judged.patient_id, gravest.problem
    before = repository.previous(session, patient_id, problem, since=now - policy.linked_within)
    ours = repository.open_once(
        session,
        {
            "patient_id": patient_id,
            "problem": problem,
            "severity": gravest.severity,
            "highest": gravest.severity,
            "started_at": min(f.at for f in findings),
            "last_seen_at": gravest.at,
            "last_found_at": judged.at,
            "opened_at": now,
            "previous_id": before,
            "policy_hash": policy.hash,
            "policy": freeze(narrowed(session, policy, patient_id, problem)),
        },
    )
    alert = repository.live(session, patient_id, problem) if ours else None
    if alert is None:
        return False
    facts = {"severity": gravest.severity, "state": State.OPEN, "rule": gravest.rule_id}
    repository.note(session, alert, "opened", gravest.rule_id, now=now, after=facts)
    _freeze_baseline(session, alert, since=alert.started_at)
    return True


def _freeze_baseline(session: Session, alert: Alert, *, since: datetime) -> None:
    """Keep the days of an episode out of what is usual; a doubtful measurement is no episode."""
    if alert.severity != Severity.DQ:
        judgements.freeze(session, alert.patient_id, Problem(alert.problem), since)


def _rise(session: Session, alert: Alert, new: Sequence[Finding], *, now: datetime) -> None:
    """Re-open at the graver tier; a lesser finding changes nothing (AL-01)."""
    gravest, severity = new[0], Severity(alert.severity)
    if gravest.severity.rank <= severity.rank:
        return
    after = lifecycle.transition(State(alert.state), Event.ROSE, severity)
    if not isinstance(after, State):
        return
    before = repository.facts(alert)
    alert.previous_owner_id = alert.owner_id or alert.snoozed_by or alert.previous_owner_id
    alert.severity, alert.state, alert.version = gravest.severity, after, alert.version + 1
    ever = Severity(alert.highest or severity)
    alert.highest = gravest.severity if gravest.severity.rank > ever.rank else ever
    repository.let_go(alert)
    facts = {"severity": gravest.severity, "state": after, "rule": gravest.rule_id}
    repository.note(session, alert, "rose", Reason.ROSE, now=now, before=before, after=facts)
    if severity is Severity.DQ:
        _freeze_baseline(session, alert, since=gravest.at)


def _decide(
    session: Session, alert: Alert, new: Sequence[Finding], *, now: datetime, afresh: bool
) -> None:
    """Tell, or do not, and write the reason either way (AL-06)."""
    policy = thaw(alert.policy)
    told = Severity(alert.paged) if alert.paged else None
    absent = absence(session, alert, now=now)
    decision = notification.decide(
        new, told, now=now, policy=policy, patient_id=str(alert.patient_id), absent=absent
    )
    alert.held = decision.held or (None if decision.tell else alert.held)
    if decision.red_in_time and absent is None:
        alert.in_time_at = now
    for finding, reason in decision.kept:
        facts = {
            "rule": finding.rule_id,
            "severity": finding.severity,
            "taken": finding.at.isoformat(),
        }
        repository.note(session, alert, "not-notified", reason, now=now, after=facts)
    if decision.tell and decision.reason:
        alert.paged = decision.tell
        start_chain(session, alert, policy.tiers[decision.tell], reason=decision.reason, now=now)
    elif afresh and alert.state == State.OPEN:
        start_chain(session, alert, policy.late, reason=decision.kept[0][1], now=now)


def step(
    session: Session, judged: Judged, findings: Sequence[Finding], *, now: datetime
) -> UUID | None:
    """Let a normal repeat lower a RED that nobody acted on yet, and no further (AL-20).

    Where the repeat is taken back, or another RED stands, it is RED again at once.
    """
    reds = [each for each in findings if each.severity is Severity.RED]
    alert = repository.live(session, judged.patient_id, findings[0].problem) if reds else None
    if alert is None:
        return None
    standing = standings.standing(session, alert)
    names = {(each.rule_id, each.at) for each in standing if each.severity is Severity.RED}
    said = [each for each in reds if (each.rule_id, each.at) in names]
    doubted = [each for each in said if not _excused(session, alert, each)]
    if alert.severity != Severity.RED:
        return _rise_again(session, alert, doubted, now=now) if doubted else None
    if doubted or len(said) < len(names) or not _untouched(alert, now=now):
        return None
    return lower(session, alert, Severity.AMBER, now=now, reason=Reason.STEPPED_DOWN)


def _excused(session: Session, alert: Alert, red: Finding) -> bool:
    readings = people.readings(session, alert.patient_id, since=red.at)
    repeats = (
        r.effective for r in readings if r.vital is red.vital and r.quality is Quality.SCORED
    )
    return excused(red, repeats, within=thaw(alert.policy).steps_down)


def _untouched(alert: Alert, *, now: datetime) -> bool:
    """Return whether nobody acted on an alert, and it is young enough to step down by itself."""
    acted = (alert.owner_id, alert.previous_owner_id, alert.acknowledged_at, alert.contacted_at)
    young = now - alert.opened_at <= thaw(alert.policy).steps_down
    return young and State(alert.state) is State.OPEN and not any(acted)


def _rise_again(session: Session, alert: Alert, reds: Sequence[Finding], *, now: datetime) -> UUID:
    _rise(session, alert, reds, now=now)
    _decide(session, alert, reds, now=now, afresh=True)
    return alert.id


def clear(
    session: Session, judged: Judged, found: Iterable[Problem], *, now: datetime
) -> list[UUID]:
    """End what the judgement no longer finds, where that may be; return what ended."""
    absent = sorted(set(repository.live_problems(session, judged.patient_id)) - set(found))
    ended = [_end_absent(session, judged, Problem(name), now=now) for name in absent]
    return [alert_id for alert_id in ended if alert_id]


def _end_absent(
    session: Session, judged: Judged, problem: Problem, *, now: datetime
) -> UUID | None:
    alert = repository.live(session, judged.patient_id, problem)
    if alert is None or judged.at <= alert.last_found_at:
        return None
    rows = standings.standing(session, alert)
    anew = said_anew(session, judged, rows, {})
    if gravest(split(rows, anew)[0], anew) is None:
        told = deliveries.told(session, alert.id)
        return _end(session, alert, Event.WITHDRAW, now=now) and tell_again(
            session, alert, told, now=now
        )
    clearing = thaw(alert.policy).tiers[Severity(alert.severity)].clearing
    if clearing is None or judged.at - alert.last_found_at < clearing:
        return None
    return _end(session, alert, Event.CLEARED, now=now)


_ENDS = {Event.CLEARED: Reason.CLEARED, Event.WITHDRAW: Reason.WITHDRAWN}


def _end(session: Session, alert: Alert, event: Event, *, now: datetime) -> UUID | None:
    after = lifecycle.transition(State(alert.state), event, Severity(alert.severity))
    if not isinstance(after, State):
        return None
    close(session, alert, after, now=now)
    repository.hold_no_more(alert)  # a claim or a postponement ends with what it was of
    facts = {"state": after}
    repository.note(session, alert, str(after), _ENDS[event], now=now, after=facts)
    return alert.id


def close(session: Session, alert: Alert, state: State, *, now: datetime) -> None:
    """End an episode: no step of it may act any more, and the baseline learns again.

    Its end is never before its opening, though whoever ends it may have read the clock before
    whoever opened it.
    """
    alert.state, alert.version = state, alert.version + 1
    alert.closed_at = max(now, alert.opened_at)
    steps.cancel_steps(session, alert)
    judgements.thaw(session, alert.patient_id, Problem(alert.problem), alert.closed_at)
