"""What had a deadline in or before a week and was not done by its end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import and_, func, or_, select, text
from sqlalchemy.dialects.postgresql import distinct_on

from alerts.escalation import Kind as StepKind
from alerts.escalation import StepState
from alerts.lifecycle import LIVE
from alerts.patients.tables import PatientMessage
from alerts.patients.wording import Kind as Message
from alerts.patients.wording import State
from alerts.tables import Alert, Step
from alerts.visit import Status
from alerts.visits.tables import Appointment
from core.among import among
from core.vitals import Severity
from monitoring.findings import Problem
from monitoring.followed import OPEN_FOR
from monitoring.plans.tables import PlanVersion
from monitoring.plans.versions import Change
from reports.overdue import ANSWER_WITHIN, Due, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from reports.week import Week

TRIED_WITHIN = timedelta(minutes=5)  # each due step was tried by then (AL-14)


def late(
    session: Session, heads: Mapping[UUID, UUID], week: Week, *, end: datetime
) -> tuple[Due, ...]:
    """Return what besides alerts was late at the end of a week; `heads` are people by record."""
    return (
        *_steps(session, heads, end=end),
        *_visits(session, heads, end=end),
        *_reviews(session, heads, week, end=end),
        *_follow_ups(session, heads, end=end),
        *_questions(session, heads, start=week.start, end=end),
    )


def _steps(session: Session, heads: Mapping[UUID, UUID], *, end: datetime) -> Iterator[Due]:
    """Yield steps of alerts that were open at the end, that were due and had not acted by then."""
    waits = and_(Alert.state.in_(LIVE), Step.state == StepState.WAITING, Step.fence == Alert.fence)
    query = (
        select(Alert.patient_id, Step.due_at, Alert.severity, Alert.id, Alert.problem)
        .join(Alert, Alert.id == Step.alert_id)
        .where(
            among(Alert.patient_id, heads),
            Alert.opened_at < end,
            Alert.closed_at.is_(None) | (Alert.closed_at >= end),
            or_(waits, Step.fired_at >= end),
            Step.kind != StepKind.LAPSE,
            Step.due_at <= end - TRIED_WITHIN,
        )
        .ext(distinct_on(Alert.id))
        .order_by(Alert.id, Step.due_at)
    )
    for patient, due_at, severity, alert, problem in session.execute(query):
        who = heads[patient]
        yield Due(Kind.STEP, who, due_at, Severity(severity), alert, problem=Problem(problem))


def _visits(session: Session, heads: Mapping[UUID, UUID], *, end: datetime) -> Iterator[Due]:
    row = Appointment
    query = select(row.patient_id, row.ends_at, row.alert_id).where(
        among(row.patient_id, heads),
        row.booked_at < end,
        row.ends_at <= end,
        or_(row.status == Status.BOOKED, row.ended_at >= end),
    )
    for patient, ends_at, alert in session.execute(query):
        yield Due(Kind.VISIT, heads[patient], ends_at, alert_id=alert)


def _reviews(
    session: Session, heads: Mapping[UUID, UUID], week: Week, *, end: datetime
) -> Iterator[Due]:
    """Yield people with limits that had to be reviewed, once each, since the first of them."""
    row = PlanVersion
    newest = (
        select(row.patient_id, row.change, row.review_by)
        .where(among(row.patient_id, heads), row.at < end)
        .ext(distinct_on(row.patient_id, row.subject, row.from_usual))
        .order_by(row.patient_id, row.subject, row.from_usual, row.number.desc())
        .subquery()
    )
    first = func.min(newest.c.review_by)
    query = (
        select(newest.c.patient_id, first, func.count())
        .where(newest.c.change != Change.WITHDRAWN)
        .where(newest.c.review_by < end.astimezone(week.zone).date())
        .group_by(newest.c.patient_id)
    )
    for patient, review_by, count in session.execute(query):
        due_at = week.midnight(review_by + timedelta(days=1))
        yield Due(Kind.REVIEW, heads[patient], due_at, count=count)


# The rows of a room above this one; a day that was drawn is asked about until it is answered.
_DRAWN = text("""
select patient_id, min(followed_at), count(*) from followed_day
where patient_id = any(:patients) and source = 'drawn' and followed_at <= :asked
    and day >= :oldest and (outcome is null or answered_at >= :until)
group by patient_id
""")


def _follow_ups(session: Session, heads: Mapping[UUID, UUID], *, end: datetime) -> Iterator[Due]:
    facts = {
        "patients": list(heads),
        "asked": end - ANSWER_WITHIN,
        "oldest": (end - OPEN_FOR).date(),
        "until": end,
    }
    for patient, asked_at, count in session.execute(_DRAWN, facts):
        yield Due(Kind.FOLLOW_UP, heads[patient], asked_at + ANSWER_WITHIN, count=count)


def _questions(
    session: Session, heads: Mapping[UUID, UUID], *, start: datetime, end: datetime
) -> Iterator[Due]:
    """Yield people who left questions of the week unanswered, once each, since the last."""
    row = PatientMessage
    query = (
        select(row.patient_id, func.max(row.until), func.count())
        .where(
            among(row.patient_id, heads),
            row.kind == Message.DAILY,
            row.until > start,
            row.until <= end,
            row.state.in_([State.HANDED_OVER, State.DELIVERED]),
            or_(row.answered_at.is_(None), row.answered_at > end),
        )
        .group_by(row.patient_id)
    )
    for patient, until, count in session.execute(query):
        yield Due(Kind.QUESTION, heads[patient], until, count=count)
