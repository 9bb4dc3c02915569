"""Who could be told of a patient at an instant: teams, rota, leave and working hours (REL-40)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts import rota, routing
from alerts.contacts import repository as contacts
from alerts.oncall import repository
from alerts.policy import thaw
from core.security import SYSTEM
from ingest import repository as people
from ingest.roster import Team
from ingest.teams.repository import responsible_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.hours import Place
    from alerts.policy import Policy
    from alerts.reasons import Reason
    from alerts.tables import Alert
    from ingest.roster import Responsible


def roster_of(session: Session, alert: Alert, *, at: datetime) -> routing.Roster:
    """Return who could be told of an alert's patient at an instant, and who is away and why."""
    taking_part = people.taking_part(session, alert.patient_id)
    answering = responsible_of(taking_part)
    team = team_of(session, alert.patient_id, answering)
    place = thaw(alert.policy).site
    held = repository.rota(session, team.id, place.clock, since=at) if team else None
    kept = held is not None and team is not None and repository.kept(session, team.id)
    ids = {person.practitioner_id for person in taking_part}
    keys = {routing.practitioner(who): who for who in ids}
    gone = _gone(session, ids, at=at)
    return routing.Roster(
        answering,
        team,
        alert.owner_id,
        alert.owner_team_id,
        members=taking_part,
        away=rota.absent(taking_part, gone, at, place.clock),
        instead={
            who: other
            for who in gone
            if (other := rota.instead(who, gone)) is not None and other != who
        },
        reachable=frozenset(keys[key] for key in contacts.ways(session, keys)),
        on_call=held.on_call(at) if kept and held else None,
    )


def gone_of(
    session: Session, alert: Alert, members: Sequence[Responsible], *, at: datetime
) -> dict[UUID, Reason]:
    """Return who of some people is on leave or left, by the rows or by what their posts say."""
    leaves = _gone(session, {person.practitioner_id for person in members}, at=at)
    away = rota.absent(members, leaves, at, thaw(alert.policy).site.clock)
    return {who: why for who, why in away.items() if why in routing.GONE}


def _gone(session: Session, ids: Iterable[UUID], *, at: datetime) -> dict[UUID, UUID | None]:
    leaves = repository.leaves_of(session, ids, since=at)
    return {leave.who: leave.substitute for leave in leaves if leave.holds(at)}


def team_of(session: Session, patient_id: UUID, answering: Sequence[Responsible]) -> Team | None:
    """Return the team by whose rota and hours a patient goes: of who answers, else the first."""
    if answering:
        return Team(answering[0].team_id, answering[0].team_name)
    for profile in people.profiles(session, people.visible_to(SYSTEM), [patient_id]):
        if profile.team_id is not None:
            return Team(profile.team_id, profile.team_name)
    return None


def place_of(session: Session, policy: Policy, patient_id: UUID) -> Place:
    """Return the clock, the holidays and the hours that a patient goes by: their team's."""
    team = team_of(session, patient_id, people.responsible(session, patient_id))
    return policy.place(team.id if team else None, team.name if team else "")


def narrowed(session: Session, policy: Policy, patient_id: UUID, problem: str) -> Policy:
    """Return what of a policy an episode of a patient keeps (AL-13)."""
    place = place_of(session, policy, patient_id)
    asks = any(r.conditions for tier in policy.tiers.values() for r in tier.routes)
    profiles = people.profiles(session, people.visible_to(SYSTEM), [patient_id]) if asks else []
    conditions = {group for profile in profiles for group in profile.groups}
    return policy.narrowed(place, conditions, problem)
