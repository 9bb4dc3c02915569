"""Queries for accounts as those see them who run the clinic, and for changes of rights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from app.accounts.tables import AppUser
from app.staff.tables import RightChange, SetUpLink
from core.first import First, first
from core.security import CLINICAL, Role
from ingest.tables import CareTeam, CareTeamParticipant, CareTeamPatient
from ingest.teams.tables import TakenOut

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.security import Caller

MOST_CHANGES = 200  # that a page shows


def everybody(session: Session) -> Sequence[AppUser]:
    """Return every account, those that are open first, by user name."""
    return session.scalars(select(AppUser).order_by(AppUser.disabled, AppUser.username)).all()


def held(session: Session, user_id: UUID) -> AppUser | None:
    """Return an account, held until the transaction ends."""
    return session.get(AppUser, user_id, with_for_update=True, populate_existing=True)


def administrators(session: Session) -> set[UUID]:
    """Return who can run the clinic now, held so that two cannot take it from one another.

    Whoever was invited and has not come in yet cannot: their link may be lost.
    """
    came_in = AppUser.subject.is_not(None) | (AppUser.password_hash != "")
    query = select(AppUser.id).where(AppUser.role == Role.ADMINISTRATOR, ~AppUser.disabled, came_in)
    return set(session.scalars(query.order_by(AppUser.id).with_for_update()))


def has_open(session: Session, practitioner_id: UUID) -> bool:
    """Return whether a clinician has an account that may see patients."""
    query = select(AppUser.id).where(
        AppUser.practitioner_id == practitioner_id, ~AppUser.disabled, AppUser.role.in_(CLINICAL)
    )
    return session.scalars(query.limit(1)).first() is not None


def teams_by_person(session: Session) -> dict[UUID, list[tuple[UUID, str]]]:
    """Return the active teams of each clinician, by name."""
    rows = session.execute(
        select(CareTeamParticipant.practitioner_id, CareTeam.id, CareTeam.name)
        .join(CareTeam, CareTeam.id == CareTeamParticipant.care_team_id)
        .where(CareTeam.active)
        .order_by(CareTeam.name)
    )
    found: dict[UUID, list[tuple[UUID, str]]] = {}
    for who, team, name in rows:
        found.setdefault(who, []).append((team, name))
    return found


def join(session: Session, team: UUID, practitioner_id: UUID, role: str) -> None:
    """Put a clinician in a team, or change their part in it."""
    back = (TakenOut.care_team_id == team, TakenOut.practitioner_id == practitioner_id)
    session.execute(delete(TakenOut).where(*back))
    row = insert(CareTeamParticipant).values(
        care_team_id=team, practitioner_id=practitioner_id, role=role
    )
    session.execute(
        row.on_conflict_do_update(
            index_elements=["care_team_id", "practitioner_id"], set_={"role": role}
        )
    )


def leave(session: Session, team: UUID, practitioner_id: UUID, *, now: datetime) -> bool:
    """Take a clinician out of a team, whatever is received; return whether they were of it.

    Whoever answers for any of its patients does so no more: it would go on opening these to them.
    """
    part, managed = CareTeamParticipant, CareTeamPatient
    mine = part.care_team_id == team, part.practitioner_id == practitioner_id
    gone = session.scalars(delete(part).where(*mine).returning(part.practitioner_id)).all()
    theirs = managed.care_team_id == team, managed.care_manager_id == practitioner_id
    none = update(managed).where(*theirs).values(care_manager_id=None)
    answered = session.scalars(none.returning(managed.patient_id)).all()
    if not gone and not answered:
        return False
    out = insert(TakenOut).values(care_team_id=team, practitioner_id=practitioner_id, at=now)
    session.execute(
        out.on_conflict_do_update(
            index_elements=["care_team_id", "practitioner_id"], set_={"at": now, "named_at": None}
        )
    )
    return True


def note(  # noqa: PLR0913 (whose, by whom, what, from what to what)
    session: Session,
    caller: Caller,
    user_id: UUID,
    what: str,
    *,
    before: str,
    after: str,
    now: datetime,
) -> None:
    """Keep who changed whose rights."""
    session.add(
        RightChange(
            user_id=user_id,
            at=now,
            by_kind=caller.kind,
            by=caller.id,
            what=what,
            before=before,
            after=after,
        )
    )


def changes(session: Session, user_id: UUID) -> First[RightChange]:
    """Return what was changed of somebody's rights, the newest first."""
    query = select(RightChange).where(RightChange.user_id == user_id)
    return first(session, query.order_by(RightChange.id.desc()), MOST_CHANGES)


def link(session: Session, digest: str, *, now: datetime) -> SetUpLink | None:
    """Return a link of a first start that still opens, held."""
    return session.scalar(
        select(SetUpLink)
        .where(SetUpLink.digest == digest, SetUpLink.used_at.is_(None), SetUpLink.until > now)
        .with_for_update()
    )


def unspent(session: Session) -> Sequence[SetUpLink]:
    """Return the links that were never used, held."""
    query = select(SetUpLink).where(SetUpLink.used_at.is_(None)).order_by(SetUpLink.id)
    return session.scalars(query.with_for_update()).all()
