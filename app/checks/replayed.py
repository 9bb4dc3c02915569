"""I3: the alerts are those of a single-threaded replay of the same readings.

Of a few people, everything is judged once more from the start, in a transaction that is taken
back. Whatever RED of the last day comes of it must be evidence of an alert of theirs. The learned
score is left out: it makes no RED. Who was judged by other rules or limits within the day is left
out until the day is over: what they say now need not be what they said then.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select, text

import monitoring.service
from alerts.tables import Alert, AlertFinding
from core.outbox import Outbox, State, Topic, stands
from core.security import SYSTEM
from core.vitals import Severity
from ingest.choosing.repository import standing_of
from ingest.repository import one_person, visible_to
from monitoring import repository as judgements
from monitoring.tables import AssessmentRow, LastJudged, made_here

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from monitoring.findings import Assessment, Finding
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
    session: Session,
    people: Collection[UUID],
    rules: SiteRules,
    *,
    now: datetime,
    known: Collection[UUID] = (),
) -> set[UUID]:
    """Return those of the people of whom a RED is evidence of no alert.

    Who is among the `known` stays so while nothing can be said of them.
    """
    missed = {each: _missed(session, each, rules, now=now) for each in sorted(people)}
    return {each for each, so in missed.items() if so or (so is None and each in known)}


def _missed(session: Session, person: UUID, rules: SiteRules, *, now: datetime) -> bool | None:
    """Return whether a RED of a person is evidence of no alert, None where it cannot be said."""
    choices = standing_of(session, person, now=now)
    if _under_way(session, person) or choices.restricted or not choices.monitored:
        return None
    told, then = _evidence(session, person), _judged_by(session, person, since=now - BACK)
    found = _replayed(session, person, rules, now=now)
    if then - {found.rulebook_hash}:
        return None
    return any((each.rule_id, each.at) not in told for each in _reds(found.findings, now=now))


def _judged_by(session: Session, person: UUID, *, since: datetime) -> set[str]:
    """Return under which rules, plans and limits a person was judged since an instant."""
    query = select(AssessmentRow.rulebook_hash).where(
        AssessmentRow.patient_id.in_(one_person(session, person)),
        AssessmentRow.at > since,
        made_here(AssessmentRow),
    )
    return set(session.scalars(query.distinct()))


def _replayed(session: Session, person: UUID, rules: SiteRules, *, now: datetime) -> Assessment:
    """Return what judging everything anew finds, and leave nothing of it behind."""
    attempt = session.begin_nested()
    try:
        records = one_person(session, person)
        # What stands on a judgement, as a contest of its score does, is never left without it:
        # the judgements are back before anything is asked of them.
        session.execute(text("set constraints all deferred"))
        session.execute(delete(AssessmentRow).where(AssessmentRow.patient_id.in_(records)))
        assessment = monitoring.service.assess(session, person, now=now, rulebook=rules, model=None)
        return judgements.assessment(session, assessment)
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
        stands(*UNDONE),
        ((Outbox.topic == Topic.ASSESS) & Outbox.subject_id.in_(records))
        | ((Outbox.topic == Topic.RAISE) & Outbox.subject_id.in_(theirs)),
    )
    return session.scalar(query.limit(1)) is not None
