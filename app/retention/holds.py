"""Of whom nothing may be taken away by the schedule, because a court or an authority said so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.erasure import holds
from core.database import now_of
from ingest.merging.repository import everybody

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session


def held(session: Session) -> frozenset[UUID]:
    """Return of whom nothing may be taken away: every record of whoever is held now."""
    people = {each.patient_id for each in holds.held(session, now=now_of(session))}
    return frozenset(id_ for ids in everybody(session, people).values() for id_ in ids)
