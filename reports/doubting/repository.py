"""Which scores of some people were contested, and what of it reaches into a span of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from core.among import among
from monitoring.contesting.tables import ScoreContest
from monitoring.contests import Ruling
from reports.contested import Doubt

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


def doubts(
    session: Session, heads: Mapping[UUID, UUID], *, since: datetime, until: datetime
) -> tuple[Doubt, ...]:
    """Return what was contested before `until` and not answered before `since`.

    `heads` are people by record.
    """
    row = ScoreContest
    query = select(row.patient_id, row.at, row.answered_at, row.ruling).where(
        among(row.patient_id, heads),
        row.at < until,
        or_(row.answered_at.is_(None), row.answered_at >= since),
    )
    found = session.execute(query.order_by(row.at, row.id))
    return tuple(
        Doubt(heads[patient], at, answered_at, ruling == Ruling.UPHELD)
        for patient, at, answered_at, ruling in found
    )
