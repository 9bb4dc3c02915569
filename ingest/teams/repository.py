"""Finds the teams of a patient and the people who answer, managers before physicians."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, func, select

from core.among import among
from core.sealed_fields import unseal
from fhir.mail_addresses import mailable
from ingest.merging.repository import one_person, survivors
from ingest.presence import Post
from ingest.roster import PHYSICIAN_ROLES, Responsible, Team
from ingest.tables import (
    CareTeam,
    CareTeamParticipant,
    CareTeamPatient,
    Practitioner,
    PractitionerRole,
)
from ingest.teams.tables import PostTimes, TeamStay
from ingest.weekly import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.security import Caller
    from fhir.available import ParsedTimes


MANAGER, PHYSICIAN, MEMBER = _ORDER = ("care-manager", "physician", "member")


def first_teams(session: Session, ids: Sequence[UUID]) -> dict[UUID, Team]:
    """Return the first team of each patient by name."""
    rows = session.execute(
        select(CareTeamPatient.patient_id, CareTeam.id, CareTeam.name)
        .join(CareTeam, CareTeam.id == CareTeamPatient.care_team_id)
        .where(among(CareTeamPatient.patient_id, ids), CareTeam.active)
        .order_by(CareTeam.name.desc(), CareTeam.id.desc())
    )
    return {row[0]: Team(row[1], row[2]) for row in rows}


def responsible(session: Session, patient_id: UUID) -> list[Responsible]:
    """Return who answers for a patient: care managers first, then the teams' physicians.

    May be empty; inactive people are returned and said to be so, so that routing can name
    the reason why it falls back (REL-40).
    """
    return responsible_of(taking_part(session, patient_id))


def responsible_of(taking_part: Iterable[Responsible]) -> list[Responsible]:
    """Return who of those that take part answers for the patient."""
    return [each for each in taking_part if each.role != MEMBER]


def members(session: Session, team_id: UUID) -> list[Responsible]:
    """Return everybody of an active team, its physicians first."""
    is_physician = CareTeamParticipant.role.in_(PHYSICIAN_ROLES)
    rows = session.execute(
        select(Practitioner, CareTeam, is_physician)
        .join(CareTeamParticipant, CareTeamParticipant.practitioner_id == Practitioner.id)
        .join(CareTeam, CareTeam.id == CareTeamParticipant.care_team_id)
        .where(CareTeam.id == team_id, CareTeam.active)
    ).all()
    roles = _roles(session, [row[0].id for row in rows])
    found = [
        _responsible(
            session,
            who,
            team,
            part=_part(manages=False, answers=answers),
            roles=roles.get(who.id, []),
        )
        for who, team, answers in rows
    ]
    return sorted(found, key=_first_managers)


def answering_of(session: Session, team_id: UUID) -> list[Responsible]:
    """Return who answers for the patients of a team: its care managers, then its physicians."""
    physicians = [each for each in members(session, team_id) if each.role == PHYSICIAN]
    rows = session.execute(
        select(Practitioner, CareTeam)
        .join(CareTeamPatient, CareTeamPatient.care_manager_id == Practitioner.id)
        .join(CareTeam, CareTeam.id == CareTeamPatient.care_team_id)
        .where(CareTeam.id == team_id, CareTeam.active)
        .distinct()  # one manages many
    )
    managers = {who.id: (who, team) for who, team in rows}
    roles = _roles(session, managers)
    found = [
        _responsible(session, who, team, part=MANAGER, roles=roles.get(who.id, []))
        for who, team in managers.values()
    ]
    return sorted([*found, *physicians], key=_first_managers)


def teams_of(session: Session, practitioner_id: UUID) -> set[UUID]:
    """Return the active teams that a clinician takes part in, or manages patients of."""
    part = select(CareTeamParticipant.care_team_id).where(
        CareTeamParticipant.practitioner_id == practitioner_id
    )
    managed = select(CareTeamPatient.care_team_id).where(
        CareTeamPatient.care_manager_id == practitioner_id
    )
    query = select(CareTeam.id).where(CareTeam.active, CareTeam.id.in_(part.union(managed)))
    return set(session.scalars(query))


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
    posts = _posts(session, [role.id for role in at_work])
    addresses = (_mail(session, role) for role in at_work)
    return Responsible(
        practitioner_id=who.id,
        name=unseal(session, Practitioner.name, who.name, id=who.id),
        email=next(filter(None, addresses), "") or _mail(session, who),
        role=part,
        team_id=team.id,
        team_name=team.name,
        active=who.active and not who.barred and (bool(at_work) or not roles),
        posts=tuple(posts),
    )


def _posts(session: Session, roles: Sequence[UUID]) -> list[Post]:
    """Return the times of posts; one that says nothing of them is for every hour."""
    rows = session.scalars(select(PostTimes).where(PostTimes.role_id.in_(roles))) if roles else ()
    found = {
        row.role_id: Post(
            tuple(Span(frozenset(days), start, end) for days, start, end in row.hours),
            tuple((since, until) for since, until in row.away),
            row.since,
            row.until,
            row.zone,
        )
        for row in rows
    }
    return [found.get(role, Post()) for role in roles] if found else []


def keep_times(session: Session, role_id: UUID, times: ParsedTimes) -> None:
    """Keep when the holder of a post works, in place of what was said before."""
    session.execute(delete(PostTimes).where(PostTimes.role_id == role_id))
    if times.said:
        session.add(
            PostTimes(
                role_id=role_id,
                hours=[[list(days), start, end] for days, start, end in times.hours],
                away=[list(period) for period in times.away],
                since=times.since,
                until=times.until,
                zone=times.zone,
            )
        )
        session.flush()


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
    works = Practitioner.active & ~Practitioner.barred
    rows = session.scalars(select(Practitioner).where(works, here)).all()
    roles = _roles(session, [row.id for row in rows])
    found: dict[UUID, str] = {}
    for who in rows:
        own = roles.get(who.id, [])
        addresses = (_mail(session, r) for r in own if r.active)
        if any(role.active for role in own) or not own:
            mail = _mail(session, who)
            found[who.id] = next(filter(None, addresses), "") or mail
    return found


def _mail(session: Session, row: Practitioner | PractitionerRole) -> str:
    """Return the address that stands with somebody or their post, where mail can be sent to it."""
    return mailable(unseal(session, type(row).email, row.email, id=row.id))


def email_of(session: Session, practitioner_id: UUID) -> str:
    """Return the address of somebody's mail, "" where they have none or are not active."""
    who = session.get(Practitioner, practitioner_id)
    own = _roles(session, [practitioner_id]).get(practitioner_id, [])
    at_work = [role for role in own if role.active]
    if who is None or not who.active or who.barred or (own and not at_work):
        return ""
    found = [_mail(session, r) for r in at_work]
    mail = _mail(session, who)
    return next(filter(None, found), "") or mail


def stayed(session: Session, team_id: UUID, start: datetime, end: datetime) -> frozenset[UUID]:
    """Return who was of a team at any time of a period: of a past week, those of then."""
    query = select(TeamStay.practitioner_id).where(
        TeamStay.care_team_id == team_id,
        TeamStay.since.is_(None) | (TeamStay.since <= end),
        TeamStay.until.is_(None) | (TeamStay.until > start),
    )
    return frozenset(session.scalars(query))


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


def looked_after(session: Session, teams: Iterable[UUID]) -> dict[UUID, frozenset[UUID]]:
    """Return whom each of some teams looks after, merged records under who stands for them."""
    row = CareTeamPatient
    query = select(row.care_team_id, row.patient_id).where(row.care_team_id.in_(list(teams)))
    rows = session.execute(query).all()
    heads = survivors(session, {each.patient_id for each in rows})
    found: dict[UUID, set[UUID]] = {}
    for team, patient in rows:
        found.setdefault(team, set()).add(heads.get(patient, patient))
    return {team: frozenset(patients) for team, patients in found.items()}
