"""The rows of an episode: opened once, locked for every change, written with their reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import or_, select, text
from sqlalchemy.dialects.postgresql import insert

from alerts.lifecycle import LIVE, State
from alerts.tables import IS_LIVE, Alert, AlertEvent, AlertFinding
from alerts.visit import BOOKED
from alerts.wording.repository import sealed
from core import outbox
from core.outbox import Topic
from core.security import SYSTEM
from core.vitals import Severity
from ingest.repository import one_person
from monitoring.record import write_says, write_usual

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from core.security import Caller
    from monitoring.findings import Finding, Problem

# The lines of a timeline that change what an alert is, seen from outside.
CHANGES = (
    *("opened", "rose", "lowered", "acknowledged", "reopened"),
    *("claimed", "unclaimed", "delegated", "returned", "snoozed", "contacted", "undone"),
    *("resolved", "auto-closed", "withdrawn"),
)
NOTED = "noted"
# What changes nothing of the alert itself, and can be taken back all the same.
BESIDE = (NOTED, BOOKED)
# What a person did to an alert, for whoever comes second.
ACTS = ("acknowledged", "resolved", "claimed", "snoozed", "delegated")


def open_once(session: Session, values: Mapping[str, Any]) -> bool:
    """Insert an episode unless one is open for the same problem; return whether it was ours.

    A concurrent insert waits here for the other transaction, and then finds its row (REL-11).
    """
    statement = (
        insert(Alert)
        .values(id=uuid4(), version=1, fence=0, state=State.OPEN, **values)
        .on_conflict_do_nothing(
            index_elements=["patient_id", "problem"],
            index_where=text(IS_LIVE),
        )
        .returning(Alert.id)
    )
    return session.scalar(statement) is not None


def live(session: Session, patient_id: UUID, problem: Problem) -> Alert | None:
    """Return the one live episode of a problem, locked."""
    return session.scalar(
        select(Alert)
        .where(
            Alert.patient_id.in_(one_person(session, patient_id)),
            Alert.problem == problem,
            Alert.state.in_(LIVE),
        )
        .order_by(Alert.opened_at, Alert.id)
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def locked(session: Session, alert_id: UUID, *, wait: bool = True) -> Alert | None:
    """Return an alert under its row lock; None where absent, or held and `wait` is false."""
    return session.scalar(
        select(Alert)
        .where(Alert.id == alert_id)
        .with_for_update(skip_locked=not wait)
        .execution_options(populate_existing=True)
    )


def had_by(session: Session, patients: Collection[UUID], who: UUID) -> list[UUID]:
    """Return the live episodes of some records that a person owns, claimed, or passes on."""
    query = select(Alert.id).where(Alert.patient_id.in_(patients), *_had(who))
    return list(session.scalars(query.order_by(Alert.id)))


def records_had_by(session: Session, who: UUID) -> set[UUID]:
    """Return the records, merged ones as they stand, of which a person has a live episode."""
    return set(session.scalars(select(Alert.patient_id).where(*_had(who))))


def _had(who: UUID) -> tuple[ColumnElement[bool], ...]:
    has = or_(Alert.owner_id == who, Alert.claimed_by == who, Alert.delegated_by == who)
    return Alert.state.in_(LIVE), has


def live_problems(session: Session, patient_id: UUID) -> list[str]:
    """Return the problems a patient has a live episode of, in the order they are locked in."""
    query = select(Alert.problem).where(
        Alert.patient_id.in_(one_person(session, patient_id)), Alert.state.in_(LIVE)
    )
    return sorted(session.scalars(query))


def previous(
    session: Session, patient_id: UUID, problem: Problem, *, since: datetime
) -> UUID | None:
    """Return the last episode of the same problem that ended not long ago."""
    return session.scalar(
        select(Alert.id)
        .where(
            Alert.patient_id.in_(one_person(session, patient_id)),
            Alert.problem == problem,
            Alert.closed_at >= since,
        )
        .order_by(Alert.closed_at.desc())
        .limit(1)
    )


def known(
    session: Session, patient_id: UUID, problem: Problem, findings: Iterable[Finding]
) -> dict[tuple[str, datetime], Severity]:
    """Return which of the findings' (rule, event time) are evidence already, and how grave."""
    asked = list(findings)
    rows = session.execute(
        select(AlertFinding.rule_id, AlertFinding.at, AlertFinding.severity)
        .join(Alert, Alert.id == AlertFinding.alert_id)
        .where(
            Alert.patient_id.in_(one_person(session, patient_id)),
            Alert.problem == problem,
            # What was withdrawn nobody concluded: found again, it is new again.
            Alert.state != State.WITHDRAWN,
            AlertFinding.fallen_at.is_(None),
            AlertFinding.rule_id.in_({f.rule_id for f in asked}),
            AlertFinding.at.in_({f.at for f in asked}),
        )
    )
    found: dict[tuple[str, datetime], Severity] = {}
    for rule, at, severity in rows:
        before = found.get((rule, at))
        now = Severity(severity)
        found[rule, at] = now if before is None or now.rank > before.rank else before
    return found


def add_findings(
    session: Session,
    alert: Alert,
    findings: Iterable[Finding],
    *,
    assessment_id: UUID,
    now: datetime,
) -> None:
    """Keep findings as evidence; a graver judgement of the same instant replaces the lesser."""
    for finding in findings:
        row = insert(AlertFinding).values(
            id=uuid4(),
            alert_id=alert.id,
            assessment_id=assessment_id,
            seen_at=now,
            fallen_at=None,
            **_finding_values(finding),
        )
        named = ("assessment_id", "fallen_at", *_finding_values(finding))
        facts = {name: row.excluded[name] for name in named}
        session.execute(
            row.on_conflict_do_update(index_elements=["alert_id", "rule_id", "at"], set_=facts)
        )


def _finding_values(finding: Finding) -> dict[str, Any]:
    return {
        "rule_id": finding.rule_id,
        "severity": finding.severity,
        "at": finding.at,
        "says": write_says(finding.says),
        "source": finding.source,
        "confidence": finding.confidence,
        "vital": finding.vital,
        "value": finding.value,
        "limit": finding.limit,
        "usual": write_usual(finding.usual) if finding.usual else None,
        "evidence": [
            [e.reading_id, e.vital, e.value, e.effective.isoformat()] for e in finding.evidence
        ],
        "missing": list(finding.missing),
        "confirmed": finding.confirmed,
        "back_in_range": finding.back_in_range,
        "rejudged": finding.rejudged,
    }


def note(  # noqa: PLR0913 (a line of the timeline has this many facts, AL-04)
    session: Session,
    alert: Alert,
    kind: str,
    reason: str,
    *,
    now: datetime,
    caller: Caller = SYSTEM,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    kept: Mapping[str, Any] | None = None,
    words: Mapping[str, str] | None = None,
) -> None:
    """Write one line of the timeline; what others may have subscribed to becomes work.

    `kept` is what an undo of it would bring back; `words`, also of that, are somebody's own.
    """
    session.add(
        AlertEvent(
            alert_id=alert.id,
            at=now,
            kind=kind,
            actor_kind=caller.kind,
            actor_id=caller.practitioner_id or caller.id,
            reason=reason,
            before=dict(before or {}),
            after=dict(after or {}),
            kept=None if kept is None else dict(kept),
            words=sealed(session, alert.id, kind, now, words or {}),
        )
    )
    if kind in CHANGES:
        outbox.offer(session, Topic.ANNOUNCE, alert.id, now=now)
    session.flush()


def noted(session: Session, alert: Alert, kind: str, after: Mapping[str, Any]) -> bool:
    """Return whether the timeline has this very line already."""
    query = select(AlertEvent.id).where(
        AlertEvent.alert_id == alert.id, AlertEvent.kind == kind, AlertEvent.after == dict(after)
    )
    return session.scalar(query.limit(1)) is not None


def last_act(session: Session, alert: Alert) -> AlertEvent | None:
    """Return the last thing that a person did to an alert."""
    query = select(AlertEvent).where(AlertEvent.alert_id == alert.id, AlertEvent.kind.in_(ACTS))
    return session.scalar(query.order_by(AlertEvent.id.desc()).limit(1))


def last_change(
    session: Session, alert: Alert, *, noted_by: UUID | None = None
) -> AlertEvent | None:
    """Return the last line of the timeline that changed what an alert is.

    A note or a booking changes nothing; with `noted_by`, one of that person counts all the same.
    """
    counts = AlertEvent.kind.in_([*CHANGES, "escalated"])
    note = AlertEvent.kind.in_(BESIDE) & (AlertEvent.actor_id == noted_by)
    query = select(AlertEvent).where(AlertEvent.alert_id == alert.id, or_(counts, note))
    return session.scalar(query.order_by(AlertEvent.id.desc()).limit(1))


def facts(alert: Alert) -> dict[str, str | None]:
    """Return where an alert stands, as a line of its timeline keeps it."""
    owner = alert.owner_id or alert.owner_team_id
    return {
        "state": str(alert.state),
        "severity": str(alert.severity),
        "owner": str(owner) if owner else None,
    }


def let_go(alert: Alert) -> None:
    """Take from an alert everybody who had it, and every postponement."""
    alert.owner_id = alert.owner_team_id = alert.delegated_by = None
    alert.ack_expires_at = alert.answer_by = None
    hold_no_more(alert)


def hold_no_more(alert: Alert) -> None:
    """Take from an alert a claim and a postponement; whose it is stays known."""
    alert.claimed_by = alert.claim_ends_at = None
    alert.snoozed_by = alert.snoozed_at = alert.snoozed_until = alert.snooze_reason = None
    alert.snooze_words = b""
