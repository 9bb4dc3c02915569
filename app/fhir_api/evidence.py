"""Which Observations readings came from: what a judgement rests on, as references."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.fhir_api.scope import uuids
from ingest.tables import StoredReading

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session


def observations(session: Session, readings: Iterable[str]) -> dict[str, str]:
    """Return the reference to the Observation of each reading that is known."""
    rows = session.execute(
        select(StoredReading.id, StoredReading.resource_id).where(
            StoredReading.id.in_(uuids(readings))
        )
    )
    return {str(row[0]): f"Observation/{row[1]}" for row in rows}
