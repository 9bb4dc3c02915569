"""The events that are looked for, the newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, select

from app.accounts.tables import AppUser
from app.audit_search.wanted import EMERGENCY, UNRELATED
from core.audit import EMERGENCY as PURPOSE
from core.audit import AuditEvent
from core.sealed_fields import unseal
from ingest.repository import one_person
from ingest.tables import CareTeam, CareTeamParticipant, CareTeamPatient, Client

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from app.audit_search.wanted import Wanted


def events(
    session: Session, wanted: Wanted, *, most: int, before: int | None = None
) -> Sequence[AuditEvent]:
    """Return the events that are wanted, with ids below `before`."""
    row = AuditEvent
    query = select(row)
    if wanted.who:
        query = query.where(row.caller_id == wanted.who)
    if wanted.patient:
        query = query.where(row.patient_id.in_(one_person(session, wanted.patient)))
    if wanted.since:
        query = query.where(row.recorded >= wanted.since)
    if wanted.until:
        query = query.where(row.recorded < wanted.until)
    if wanted.kind:
        query = query.where(row.entity == wanted.kind)
    if wanted.outcome:
        query = query.where(row.outcome == wanted.outcome)
    if wanted.view == EMERGENCY:
        query = query.where(row.purpose == PURPOSE)
    if wanted.view == UNRELATED:
        query = query.where(*_unrelated())
    if before is not None:
        query = query.where(row.id < before)
    return session.scalars(query.order_by(row.id.desc()).limit(most)).all()


def _unrelated() -> tuple[Any, ...]:
    """Return that a person saw somebody whom no team of theirs looks after, as teams are now."""
    row = AuditEvent
    mine = (
        select(CareTeamParticipant.care_team_id)
        .join(CareTeam, CareTeam.id == CareTeamParticipant.care_team_id)
        .where(CareTeamParticipant.practitioner_id == AppUser.practitioner_id, CareTeam.active)
    )
    related = exists().where(
        AppUser.id == row.caller_id,
        CareTeamPatient.patient_id == row.patient_id,
        (CareTeamPatient.care_manager_id == AppUser.practitioner_id)
        | CareTeamPatient.care_team_id.in_(mine.correlate(AppUser)),
    )
    return (
        row.caller_kind == "user",
        row.patient_id.is_not(None),
        row.outcome == "success",
        ~related,
    )


def names(session: Session, ids: set[UUID]) -> dict[UUID, tuple[str, str]]:
    """Return the name and the role of whoever has one of these ids."""
    users = session.scalars(select(AppUser).where(AppUser.id.in_(ids)))
    found = {
        each.id: (unseal(session, AppUser.display_name, each.display_name, id=each.id), each.role)
        for each in users
    }
    clients = session.execute(select(Client.id, Client.name).where(Client.id.in_(ids)))
    return found | {each[0]: (each[1], "client") for each in clients}
