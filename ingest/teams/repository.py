"""Finds the teams of a patient and the people who answer, managers before physicians."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, func, select

from core.sealed_fields import unseal
from ingest.merging.repository import one_person, survivors
from ingest.roster import PHYSICIAN_ROLES, Responsible, Team
from ingest.tables import (
    CareTeam,
    CareTeamParticipant,
    CareTeamPatient,
    Practitioner,
    PractitionerRole,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.security import Caller


MANAGER, PHYSICIAN, MEMBER = _ORDER = ("care-manager", "physician", "member")


def first_teams(session: Session, ids: Sequence[UUID]) -> dict[UUID, Team]:
    """Return the first team of each patient by name."""
    rows = session.execute(
        select(CareTeamPatient.patient_id, CareTeam.id, CareTeam.name)
        .join(CareTeam, CareTeam.id == CareTeamPatient.care_team_id)
        .where(CareTeamPatient.patient_id.in_(ids), CareTeam.active)
        .order_by(CareTeam.name.desc(), CareTeam.id.desc())
    )
    return {row[0]: Team(row[1], row[2]) for row in rows}


def responsible(session: Session, patient_id: UUID) -> list[Responsible]:
    """Return who answers for a patient: care managers first, then the teams' physicians.

    May be empty; inactive people are returned and said to be so, so that routing can name
    the reason why it falls back (REL-40).
    """
    return [each for each in taking_part(session, patient_id) if each.role != MEMBER]


def taking_part(session: Session, patient_id: UUID) -> list[Responsible]:
    """Return everybody of the patient's teams: who answers first, then the other members."""
    manager = CareTeamPatient.care_manager_id
    takes_part = exists().where(
        CareTeamParticipant.care_team_id == CareTeam.id,
        CareTeamParticipant.practitioner_id == Practitioner.id,
    )
    is_manager = func.coalesce(Practitioner.id == manager, False)
    is_physician = takes_part.where(CareTeamParticipant.role.in_(PHYSICIAN_ROLES))
    rows = session.execute(
        select(Practitioner, CareTeam, is_manager, is_physician)
        .select_from(CareTeamPatient)
        .join(CareTeam, CareTeam.id == CareTeamPatient.care_team_id)
        .join(Practitioner, (Practitioner.id == manager) | takes_part)
        .where(CareTeamPatient.patient_id.in_(one_person(session, patient_id)), CareTeam.active)
    ).all()
    roles = _roles(session, [row[0].id for row in rows])
    answering = [
        _responsible(session, who, team, part=_part(manages, answers), roles=roles.get(who.id, []))
        for who, team, manages, answers in rows
    ]
    return sorted(set(answering), key=_first_managers)


def _part(manages: bool, answers: bool) -> str:  # noqa: FBT001 (two columns of one row)
    if manages:
        return MANAGER
    return PHYSICIAN if answers else MEMBER


def _first_managers(who: Responsible) -> tuple[int, str, str, UUID]:
    return (_ORDER.index(who.role), who.team_name, who.name, who.practitioner_id)


def _responsible(
    session: Session,
    who: Practitioner,
    team: CareTeam,
    *,
    part: str,
    roles: Sequence[PractitionerRole],
) -> Responsible:
    at_work = [role for role in roles if role.active]
    addresses = (
        unseal(session, PractitionerRole.email, role.email, id=role.id) for role in at_work
    )
    return Responsible(
        practitioner_id=who.id,
        name=unseal(session, Practitioner.name, who.name, id=who.id),
        email=next(filter(None, addresses), "")
        or unseal(session, Practitioner.email, who.email, id=who.id),
        role=part,
        team_id=team.id,
        team_name=team.name,
        active=who.active and (bool(at_work) or not roles),
    )


def _roles(session: Session, ids: Iterable[UUID]) -> dict[UUID, list[PractitionerRole]]:
    found: dict[UUID, list[PractitionerRole]] = {}
    query = select(PractitionerRole).where(PractitionerRole.practitioner_id.in_(ids))
    for row in session.scalars(query.order_by(PractitionerRole.id)):
        found.setdefault(row.practitioner_id, []).append(row)
    return found


def answering(session: Session) -> dict[UUID, str]:
    """Return whoever at work answers for anybody, as the address of their mail or ""."""
    manages = select(CareTeamPatient.care_manager_id).where(
        CareTeamPatient.care_manager_id.is_not(None)
    )
    answers = select(CareTeamParticipant.practitioner_id).where(
        CareTeamParticipant.role.in_(PHYSICIAN_ROLES)
    )
    here = Practitioner.id.in_(manages) | Practitioner.id.in_(answers)
    rows = session.scalars(select(Practitioner).where(Practitioner.active, here)).all()
    roles = _roles(session, [row.id for row in rows])
    found: dict[UUID, str] = {}
    for who in rows:
        own = roles.get(who.id, [])
        addresses = (
            unseal(session, PractitionerRole.email, r.email, id=r.id) for r in own if r.active
        )
        if any(role.active for role in own) or not own:
            mail = unseal(session, Practitioner.email, who.email, id=who.id)
            found[who.id] = next(filter(None, addresses), "") or mail
    return found


def clinicians(session: Session, ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the names of practitioners."""
    rows = session.scalars(select(Practitioner).where(Practitioner.id.in_(list(ids))))
    return {row.id: unseal(session, Practitioner.name, row.name, id=row.id) for row in rows}


def care_teams(session: Session, caller: Caller) -> list[Team]:
    """Return the active teams that the caller takes part in; all of them for the program."""
    query = select(CareTeam.id, CareTeam.name).where(CareTeam.active).order_by(CareTeam.name)
    if caller.kind == "user":
        mine = select(CareTeamParticipant.care_team_id).where(
            CareTeamParticipant.practitioner_id == caller.practitioner_id
        )
        query = query.where(CareTeam.id.in_(mine))
    return [Team(row.id, row.name) for row in session.execute(query)]


def team_patients(session: Session, team_id: UUID) -> list[UUID]:
    """Return whom a team looks after."""
    query = select(CareTeamPatient.patient_id).where(CareTeamPatient.care_team_id == team_id)
    enrolled = set(session.scalars(query))
    heads = survivors(session, enrolled)
    return sorted({heads.get(each, each) for each in enrolled})
