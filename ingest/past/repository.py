"""Every reading of a person that ever stood, and until when: the past as it was known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import aliased

from core.vitals import Quality
from ingest.receipt import ANSWERING
from ingest.repository import one_person, reading_of
from ingest.tables import Resource, StoredReading

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.vitals import Reading


def ever_stood(
    session: Session, patient_id: UUID, *, since: datetime
) -> list[tuple[Reading, datetime | None]]:
    """Return the readings taken since an instant, each with when a later version replaced it.

    A later version may hold no reading at all: the Observation was cancelled, or was entered
    in error. Withdrawn readings themselves say nothing and are left out.
    """
    later = aliased(Resource)
    replaced = (
        select(later.received_at)
        .where(
            later.type.in_(ANSWERING),
            later.id == StoredReading.resource_id,
            later.version == StoredReading.resource_version + 1,
        )
        .scalar_subquery()
    )
    query = (
        select(StoredReading, replaced)
        .where(
            StoredReading.patient_id.in_(one_person(session, patient_id)),
            StoredReading.effective >= since,
            StoredReading.quality != Quality.WITHDRAWN,
        )
        .order_by(StoredReading.effective, StoredReading.received_at, StoredReading.ordinal)
    )
    return [(reading_of(row), until) for row, until in session.execute(query)]
