"""Of whom nothing may be taken away by the schedule, because a court or an authority said so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.erasure import holds
from core.database import now_of
from ingest.choices import Purpose
from ingest.choosing.repository import who_said
from ingest.merging.repository import everybody

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from sqlalchemy.orm import Session


def held(session: Session) -> frozenset[UUID]:
    """Return of whom nothing may be taken away: every record of whoever is held now."""
    people = {each.patient_id for each in holds.held(session, now=now_of(session))}
    return frozenset(id_ for ids in everybody(session, people).values() for id_ in ids)


def left_alone(session: Session, held: Collection[UUID]) -> frozenset[UUID]:
    """Return of whom nothing is summed up: who is held, and whose data are stored and no more.

    Restriction leaves storing alone to be done (Art. 18(2)), and to sum up is to use.
    """
    restricted = session.scalars(who_said(Purpose.USE, allowed=False).subquery().select())
    return frozenset({*held, *restricted})
