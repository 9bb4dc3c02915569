"""Whom a team looks after, and who answers for them, as record systems say it.

Whom an administrator took out of a team stays out of it, whatever they say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert

from ingest.tables import CareTeamPatient
from ingest.teams.tables import TakenOut

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
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


def look_after(
    session: Session, team_id: UUID, patient_id: UUID, managers: Iterable[UUID], *, now: datetime
) -> bool:
    """Have a team look after somebody, and the first of these managers answer for them.

    Returns whether one was passed over, since an administrator took them out of the team. Where
    none is left, whoever answered before goes on.
    """
    named = tuple(managers)
    out = named_again(session, team_id, named, now=now) if named else frozenset()
    manager = next((each for each in named if each not in out), None)
    row = insert(CareTeamPatient).values(
        care_team_id=team_id, patient_id=patient_id, care_manager_id=manager
    )
    keys = ["care_team_id", "patient_id"]
    session.execute(
        row.on_conflict_do_nothing(index_elements=keys)
        if manager is None
        else row.on_conflict_do_update(index_elements=keys, set_={"care_manager_id": manager})
    )
    return bool(out)


def let_go(session: Session, team_id: UUID, patient_id: UUID) -> None:
    """Have a team look after somebody no more."""
    row = CareTeamPatient
    session.execute(delete(row).where(row.care_team_id == team_id, row.patient_id == patient_id))
