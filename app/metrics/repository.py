"""Counts what the metrics say from the rows, so that every process says the same."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from alerts.escalation import StepState
from alerts.incidents import repository as incidents
from alerts.lifecycle import LIVE
from alerts.routing import WATCHER
from alerts.tables import Alert, Delivery, Step
from app import health, promises
from app.health import QUEUES
from app.metrics.exposition import OTHER, Numbers
from app.watching import groups, heartbeat, rounds
from app.weekly import repository as weekly
from app.weekly.timing import WEEK, first_counted
from core import backlog
from core.outbox import Outbox, State, stands
from ingest.synthetic.repository import CLIENT, synthetic_people
from ingest.tables import Resource

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.learned import Learned
    from app.metrics.exposition import Counted
    from core.spool import Spool

RECENT = timedelta(minutes=5)
DAY = timedelta(days=1)
LATE_WITHIN = timedelta(hours=1)


def numbers(
    session: Session,
    *,
    now: datetime,
    spool: Spool | None = None,
    learned: Learned | None = None,
) -> Numbers:
    """Return everything that is measured, as it stands; the synthetic person is in none of it."""
    status = health.pipeline(session, now=now, spool=spool, learned=learned)
    weeks = weekly.counts(session, since=first_counted(now.date() - WEEK), now=now)
    last, incident = rounds.last_completed(session), incidents.latest(session)
    return Numbers(
        oldest={
            _queue(priority): (now - at).total_seconds()
            for priority, at in backlog.oldest(session, now=now).items()
        },
        waiting=_rows(session, State.OPEN),
        in_flight=_rows(session, State.LEASED),
        parked=_rows(session, State.PARKED),
        accepted=_accepted(session, since=now - RECENT),
        opened=_opened(session, since=now - DAY),
        live=_live(session),
        deliveries=_deliveries(session, since=now - DAY),
        overdue=_overdue(session, now=now),
        latest=_latest(session, since=now - LATE_WITHIN),
        normal=status.normal,
        unjudged=status.unjudged,
        clean=not promises.verdict(session, now=now),
        auditor_age=_age(promises.looked_at(session), now),
        heartbeat_age=_age(heartbeat.last_well(session), now),
        loop_age=_age(last.completed_at if last else None, now),
        loop_seconds=_age(last.began_at, last.completed_at) if last else None,
        idle_groups=len(groups.idle(session, now=now)),
        incident=incident is not None and incident.ended_at is None,
        reports={(state,): count for state, count in weeks.items()},
        report_overdue=_age(weekly.overdue_since(session, now=now), now) or 0.0,
        report_share=_share(weeks),
    )


def _share(weeks: Mapping[str, int]) -> float | None:
    """Return which share of the weekly reports that were due came in time; None of none."""
    due = sum(weeks.values())
    return weeks["on-time"] / due if due else None


def _age(since: datetime | None, now: datetime | None) -> float | None:
    return None if since is None or now is None else max(0.0, (now - since).total_seconds())


def _queue(priority: int) -> tuple[str]:
    return (QUEUES.get(priority, OTHER),)


def _rows(session: Session, state: State) -> Counted:
    query = select(Outbox.priority, func.count()).where(stands(state))
    return {_queue(row[0]): row[1] for row in session.execute(query.group_by(Outbox.priority))}


def _accepted(session: Session, *, since: datetime) -> int:
    query = select(func.count()).where(
        Resource.type == "Observation",
        Resource.received_at >= since,
        Resource.client_id.is_distinct_from(CLIENT),
    )
    return session.scalar(query) or 0


def _opened(session: Session, *, since: datetime) -> Counted:
    tier = func.coalesce(Alert.highest, Alert.severity)
    query = select(tier, func.count()).where(
        Alert.opened_at >= since, Alert.patient_id.not_in(synthetic_people())
    )
    return {(row[0],): row[1] for row in session.execute(query.group_by(tier))}


def _live(session: Session) -> Counted:
    real = Alert.state.in_(LIVE), Alert.patient_id.not_in(synthetic_people())
    query = select(Alert.severity, Alert.state, func.count()).where(*real)
    rows = session.execute(query.group_by(Alert.severity, Alert.state))
    return {(row[0], row[1]): row[2] for row in rows}


def _deliveries(session: Session, *, since: datetime) -> Counted:
    query = select(Delivery.channel, Delivery.state, func.count()).where(
        Delivery.created_at >= since, Delivery.recipient != WATCHER
    )
    rows = session.execute(query.group_by(Delivery.channel, Delivery.state))
    return {(row[0], row[1]): row[2] for row in rows}


def _overdue(session: Session, *, now: datetime) -> float:
    query = select(func.min(Step.due_at)).where(Step.state == StepState.WAITING, Step.due_at < now)
    return _age(session.scalar(query), now) or 0.0


def _latest(session: Session, *, since: datetime) -> float:
    """Return how late the latest of the steps that acted since an instant was."""
    return session.scalar(select(func.max(Step.late_seconds)).where(Step.fired_at >= since)) or 0.0
