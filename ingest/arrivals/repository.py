"""Counts people and not readings: one dense stream must not hide that all others are silent."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from ingest.arrivals.tables import Arrivals
from ingest.receipt import ANSWERING
from ingest.synthetic.repository import CLIENT
from ingest.tables import Resource

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

WITHIN = timedelta(hours=1)
DAYS = 7  # whose same hour is the usual


def count(session: Session, *, until: datetime) -> int:
    """Return from how many people something came in the hour before, and keep the number."""
    query = select(func.count(Resource.patient_id.distinct())).where(
        Resource.type.in_(ANSWERING),
        Resource.received_at > until - WITHIN,
        Resource.received_at <= until,
        Resource.client_id.is_distinct_from(CLIENT),
    )
    people = session.scalar(query) or 0
    row = insert(Arrivals).values(until=until, people=people)
    session.execute(row.on_conflict_do_nothing())
    return people


def same_hour(session: Session, *, until: datetime) -> Sequence[int]:
    """Return the numbers of the same hour of the days before, as far as they were counted."""
    days = [until - timedelta(days=day) for day in range(1, DAYS + 1)]
    return session.scalars(select(Arrivals.people).where(Arrivals.until.in_(days))).all()
