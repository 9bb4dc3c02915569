"""I3: the alerts are those of a single-threaded replay of the same readings.

Of a few people, everything is judged once more from the start, in a transaction that is taken
back. Whatever RED of the last day comes of it must be evidence of an alert of theirs. The learned
score is left out: it makes no RED.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select

import monitoring.service
from alerts.tables import Alert, AlertFinding
from core.outbox import Outbox, State, Topic
from core.security import SYSTEM
from core.vitals import Severity
from ingest.repository import one_person, visible_to
from monitoring import repository as judgements
from monitoring.tables import AssessmentRow, LastJudged

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from monitoring.findings import Finding
    from monitoring.plans.site_rules import SiteRules

BACK = timedelta(days=1)
SETTLED = timedelta(minutes=2)  # what came just now is on its way
SAMPLE = 2
UNDONE = (State.OPEN, State.LEASED, State.PARKED)


def sample(session: Session, *, now: datetime) -> set[UUID]:
    """Return a few people: of those with a RED today, and of all who were judged today."""
    real = visible_to(SYSTEM)
    judged = select(LastJudged.patient_id).where(
        LastJudged.at > now - BACK, LastJudged.patient_id.in_(real)
    )
    red = select(AssessmentRow.patient_id).where(
        AssessmentRow.at > now - BACK,
        AssessmentRow.severity == Severity.RED,
        AssessmentRow.patient_id.in_(real),
    )
    found = set(session.scalars(judged.order_by(func.random()).limit(SAMPLE)))
    return found | set(session.scalars(red.order_by(func.random()).limit(SAMPLE)))


def broken(
    session: Session, people: Collection[UUID], rules: SiteRules, *, now: datetime
) -> set[UUID]:
    """Return those of the people of whom a RED is evidence of no alert."""
    return {each for each in sorted(people) if _missed(session, each, rules, now=now)}


def _missed(session: Session, person: UUID, rules: SiteRules, *, now: datetime) -> bool:
    if _under_way(session, person):
        return False
    told = _evidence(session, person)
    return any(
        (each.rule_id, each.at) not in told
        for each in _reds(_replayed(session, person, rules, now=now), now=now)
    )


def _replayed(
    session: Session, person: UUID, rules: SiteRules, *, now: datetime
) -> tuple[Finding, ...]:
    """Return what judging everything anew finds, and leave nothing of it behind."""
    attempt = session.begin_nested()
    try:
        records = one_person(session, person)
        session.execute(delete(AssessmentRow).where(AssessmentRow.patient_id.in_(records)))
        assessment = monitoring.service.assess(session, person, now=now, rulebook=rules, model=None)
        return tuple(judgements.assessment(session, assessment).findings)
    finally:
        attempt.rollback()
        session.expire_all()


def _reds(findings: Iterable[Finding], *, now: datetime) -> list[Finding]:
    """Return the REDs of readings; what is said of silence and stillness has no instant."""
    return [
        each
        for each in findings
        if each.severity is Severity.RED
        and each.vital is not None
        and each.evidence
        and now - BACK < each.at < now - SETTLED
    ]


def _evidence(session: Session, person: UUID) -> set[tuple[str, datetime]]:
    query = (
        select(AlertFinding.rule_id, AlertFinding.at)
        .join(Alert, Alert.id == AlertFinding.alert_id)
        .where(Alert.patient_id.in_(one_person(session, person)))
    )
    return {(row[0], row[1]) for row in session.execute(query)}


def _under_way(session: Session, person: UUID) -> bool:
    """Return whether something of the person waits to be judged or raised."""
    records = one_person(session, person)
    theirs = select(AssessmentRow.id).where(AssessmentRow.patient_id.in_(records))
    query = select(Outbox.id).where(
        Outbox.state.in_(UNDONE),
        ((Outbox.topic == Topic.ASSESS) & Outbox.subject_id.in_(records))
        | ((Outbox.topic == Topic.RAISE) & Outbox.subject_id.in_(theirs)),
    )
    return session.scalar(query.limit(1)) is not None
