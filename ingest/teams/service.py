"""Whom an administrator took out of a team stays out of it, whatever a record system says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import update

from ingest.teams.tables import TakenOut

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


def named_again(
    session: Session, team_id: UUID, ids: Collection[UUID], *, now: datetime
) -> frozenset[UUID]:
    """Return whom of these an administrator took out of a team; note that they were named."""
    mine = TakenOut.care_team_id == team_id, TakenOut.practitioner_id.in_(ids)
    named = update(TakenOut).where(*mine).values(named_at=now)
    return frozenset(session.scalars(named.returning(TakenOut.practitioner_id)))
