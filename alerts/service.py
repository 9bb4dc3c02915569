"""The use cases of the response: raise, escalate, deliver, acknowledge, resolve, read."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select

from alerts import grouping, lifecycle, repository
from alerts import inbox as order
from alerts import policy as policies
from alerts.delivery import repository as deliveries
from alerts.delivery.service import Addresses, deliver
from alerts.episodes.service import clear, close, step, take
from alerts.lifecycle import Event, Refused, State
from alerts.reasons import Reason
from alerts.routing import practitioner
from alerts.standings.service import Judged, last_found, settle
from alerts.steps.service import escalate_due, hold
from alerts.tables import Alert
from alerts.views import repository as views
from core import audit
from core.errors import ConflictError, NotFoundError
from core.security import Role
from core.vitals import Severity
from ingest import repository as people
from monitoring import repository as judgements

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.inbox import EpisodeView, InboxRow
    from alerts.outcomes import Resolution
    from alerts.policy import Policy
    from core.security import Caller
    from monitoring.findings import Assessment

__all__ = [
    "Addresses",
    "acknowledge",
    "deliver",
    "episodes",
    "escalate_due",
    "inbox",
    "load_policy",
    "note_feedback",
    "raise_from",
    "raise_judged",
    "resolve",
]


def load_policy(scale: float = 1.0) -> Policy:
    """Read and check the shipped policy; `scale` shortens every wait, for demo and tests."""
    source = files("alerts").joinpath("policy.toml").read_text(encoding="utf-8")
    return policies.read(tomllib.loads(source), scale=scale)


def raise_from(
    session: Session, assessment_id: UUID, *, now: datetime, policy: Policy
) -> list[UUID]:
    """Open, update or end the episodes of an assessment; return the alerts that changed.

    Doing it twice has the effect once: evidence is known by rule and event time (REL-10).
    """
    found = judgements.assessment(session, assessment_id)
    return raise_judged(session, assessment_id, found, now=now, policy=policy)


def raise_judged(
    session: Session, assessment_id: UUID, found: Assessment, *, now: datetime, policy: Policy
) -> list[UUID]:
    """Do what `raise_from` does, for an assessment that is already at hand."""
    judged = Judged(assessment_id, UUID(found.person_id), found.at, found.judged_from)
    judgements.lock(session, [judged.patient_id])  # two judgements of one person never deadlock
    groups = grouping.by_problem(found.findings)
    before = last_found(session, judged.patient_id)
    taken = [take(session, judged, f, now=now, policy=policy) for f in groups.values()]
    taken += [settle(session, judged, f, before, now=now) for f in groups.values()]
    taken += [step(session, judged, f, now=now) for f in groups.values()]
    standing = [problem for problem, findings in groups.items() if grouping.opens(findings)]
    changed = list(dict.fromkeys(alert for alert in taken if alert))
    return changed + clear(session, judged, standing, now=now)


def acknowledge(
    session: Session,
    caller: Caller,
    alert_id: UUID,
    *,
    now: datetime,
    version: int | None = None,
) -> None:
    """Take an open alert; a repeat by the same person changes nothing.

    Raises
    ------
    NotFoundError
        Where the caller may not see the patient (SEC-12).
    ConflictError
        Where somebody was first, saying who (UX-05), or `version` is not the current one.
    """
    alert = _mine(session, caller, alert_id)
    if State(alert.state).owned and alert.owner_id == _identity(caller):
        return
    after = lifecycle.transition(State(alert.state), Event.ACKNOWLEDGE, Severity(alert.severity))
    if isinstance(after, Refused):
        raise ConflictError(_first(session, alert, after, now=now))
    _unchanged(alert, version)
    _own(session, caller, alert, now=now)
    _audit(session, caller, alert, now=now)


def _own(session: Session, caller: Caller, alert: Alert, *, now: datetime) -> None:
    before = _facts(alert)
    alert.state, alert.version = State.ACKNOWLEDGED, alert.version + 1
    alert.owner_id, alert.acknowledged_at = _identity(caller), now
    alert.paged = alert.severity  # whoever took it knows of it
    hold(session, alert, now=now)
    repository.note(
        session,
        alert,
        "acknowledged",
        Reason.ACKNOWLEDGED,
        now=now,
        caller=caller,
        before=before,
        after=_facts(alert),
    )
    if caller.practitioner_id:
        deliveries.acted_on(session, alert.id, [practitioner(caller.practitioner_id)], now=now)


def resolve(
    session: Session, caller: Caller, alert_id: UUID, resolution: Resolution, *, now: datetime
) -> None:
    """End an alert with its outcome; one that nobody owns is acknowledged first.

    Raises `NotFoundError` and `ConflictError` as `acknowledge` does.
    """
    alert = _mine(session, caller, alert_id)
    if alert.state == State.OPEN:
        _own(session, caller, alert, now=now)
    after = lifecycle.transition(State(alert.state), Event.RESOLVE, Severity(alert.severity))
    if isinstance(after, Refused):
        raise ConflictError(_first(session, alert, after, now=now))
    before = _facts(alert)
    alert.outcome, alert.outcome_detail = resolution.label, resolution.action
    alert.outcome_note = resolution.note
    alert.ack_expires_at = None
    close(session, alert, after, now=now)
    repository.note(
        session,
        alert,
        "resolved",
        Reason.RESOLVED,
        now=now,
        caller=caller,
        before=before,
        after={**_facts(alert), "outcome": resolution.label, "detail": resolution.action},
    )
    _audit(session, caller, alert, now=now)


def note_feedback(
    session: Session, caller: Caller, alert_id: UUID, facts: Mapping[str, str], *, now: datetime
) -> None:
    """Write on the timeline what became of an alert's card elsewhere; a repeat adds nothing.

    It changes no state: who acknowledges or resolves is signed in here. `facts` has `outcome`
    (accepted or overridden). Raises `NotFoundError` as `acknowledge` does.
    """
    alert = _mine(session, caller, alert_id)
    reason = Reason(f"card-{facts['outcome']}")
    if repository.noted(session, alert, reason, facts):
        return
    repository.note(session, alert, reason, reason, now=now, caller=caller, after=facts)
    _audit(session, caller, alert, now=now)


def _mine(session: Session, caller: Caller, alert_id: UUID) -> Alert:
    """Return the alert under its row lock, or say that it does not exist (SEC-12)."""
    visible = people.visible_to(caller)
    query = select(Alert.id).where(Alert.id == alert_id, Alert.patient_id.in_(visible))
    if session.scalar(query) is None:
        raise NotFoundError("no such alert")
    alert = repository.locked(session, alert_id)
    if alert is None:
        raise NotFoundError("no such alert")
    return alert


def _identity(caller: Caller) -> UUID | None:
    return caller.practitioner_id or caller.id


def _facts(alert: Alert) -> Mapping[str, str | None]:
    owner = str(alert.owner_id) if alert.owner_id else None
    return {"state": str(alert.state), "severity": str(alert.severity), "owner": owner}


def _first(session: Session, alert: Alert, refused: Refused, *, now: datetime) -> str:
    """Say who was first and how long ago (UX-05)."""
    act = repository.last_act(session, alert)
    if act is None or act.actor_id is None:
        return refused.reason
    name = views.names(session, [act.actor_id]).get(act.actor_id, views.UNKNOWN)
    return f"{name} {act.kind} this {order.ago(now - act.at)}"


def _unchanged(alert: Alert, version: int | None) -> None:
    if version is not None and version != alert.version:
        raise ConflictError("the alert changed since you opened it; look again before acting")


def _audit(session: Session, caller: Caller, alert: Alert, *, now: datetime) -> None:
    audit.record(
        session,
        caller,
        audit.Action.UPDATE,
        "alert",
        now=now,
        entity_id=alert.id,
        patients=[alert.patient_id],
    )


def inbox(session: Session, caller: Caller, *, now: datetime) -> list[InboxRow]:
    """Return one row per patient whom the caller may see, gravest first.

    The page that shows them writes the audit row of the read, with the patients of the rows.
    """
    visible = people.visible_to(caller)
    live = views.live(session, visible)
    ids = list({view.patient_id for view in live})
    profiles = people.profiles(session, visible, ids, today=now.date())
    known = {profile.id: profile for profile in profiles}
    return order.rows(live, known, physician=caller.role is Role.PHYSICIAN)


def episodes(session: Session, caller: Caller, patient_id: UUID) -> list[EpisodeView]:
    """Return a patient's episodes with timelines; the page writes the audit row of the read.

    Raises `NotFoundError` where the caller may not see the patient.
    """
    if not people.may_see(session, caller, patient_id):
        raise NotFoundError("no such patient")
    return views.of_patient(session, patient_id)
