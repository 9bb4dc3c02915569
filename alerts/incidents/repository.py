"""The rows of incidents: at most one of a kind is open."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from alerts.tables import Incident
from ingest.repository import survivors
from monitoring.findings import Problem
from monitoring.repository import judged_at

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.falling import Fall
    from alerts.tables import Alert

SILENCE = "arrivals-fell"


def latest(session: Session) -> Incident | None:
    """Return the open incident of silence, or the last one that ended."""
    query = select(Incident).where(Incident.kind == SILENCE)
    return session.scalar(query.order_by(Incident.opened_at.desc()).limit(1))


def begin(session: Session, fall: Fall, *, now: datetime) -> bool:
    """Open the incident unless it is; return whether it was not."""
    row = insert(Incident).values(
        id=uuid4(), kind=SILENCE, opened_at=now, people=fall.people, usual=fall.usual
    )
    return session.scalar(row.on_conflict_do_nothing().returning(Incident.id)) is not None


def end(session: Session, *, now: datetime) -> bool:
    """End the incident; return whether one was open."""
    mine = update(Incident).where(Incident.kind == SILENCE, Incident.ended_at.is_(None))
    return session.scalar(mine.values(ended_at=now).returning(Incident.id)) is not None


def spoken_for(session: Session, alerts: Sequence[Alert]) -> set[UUID]:
    """Return those of the alerts of silence for which an incident speaks.

    After its end it still does until the person is judged anew: who is heard again by then is
    not told of as silent.
    """
    silent = {each.id: each.patient_id for each in alerts if each.problem == Problem.SILENCE}
    incident = latest(session) if silent else None
    if incident is None:
        return set()
    ended = incident.ended_at
    if ended is None:
        return set(silent)
    held = {each.id for each in alerts if each.held and each.id in silent}
    heads = survivors(session, {silent[each] for each in held})
    who = {each: heads.get(silent[each], silent[each]) for each in held}
    judged = judged_at(session, set(who.values())) if who else {}
    return {each for each, person in who.items() if judged.get(person, ended) <= ended}


def found_since_the_end(session: Session, alert: Alert) -> bool:
    """Return whether a judgement of after the incident still finds what it spoke for."""
    incident = latest(session)
    ended = incident.ended_at if incident else None
    return ended is None or alert.last_found_at > ended
