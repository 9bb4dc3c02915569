"""What is wrong with a team's rota and the people of its chains, in words (AL-18)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.hours import EVERY_HOUR, NO_COVER
from alerts.policy import To

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from alerts.hours import Hours, Place
    from alerts.policy import Policy
    from alerts.rota import Rota
    from ingest.roster import Responsible


@dataclass(frozen=True, slots=True)
class Team:
    """A team as its check needs it; `answering` are its physicians and care managers."""

    place: Place
    rota: Rota
    keeps_rota: bool
    members: Sequence[Responsible]
    answering: Sequence[Responsible]
    reachable: frozenset[UUID] = frozenset()  # who has an address of their own, besides e-mail


def wanted(policy: Policy, place: Place) -> list[Hours]:
    """Return the hours at which some route of a place goes to who is on call."""
    found: list[Hours] = []
    for tier in policy.tiers.values():
        chains = [(route.hours, (*route.rungs, *route.repeat)) for route in tier.routes]
        chains = [chain for chain in chains if chain[0] != NO_COVER or place.cover]
        for name, rungs in [*chains, ("", (*tier.rungs, *tier.repeat))]:
            if any(rung.to is To.ON_CALL for rung in rungs):
                found.append(_hours(policy, place, name))
    return list(dict.fromkeys(found))


def _hours(policy: Policy, place: Place, name: str) -> Hours:
    if name == NO_COVER:
        return place.no_cover
    return policy.hours[name] if name else EVERY_HOUR


def warnings(policy: Policy, team: Team, start: datetime, end: datetime) -> list[str]:
    """Return what should be mended before it is needed: holes first, then people."""
    return [*_holes(policy, team, start, end), *_people(team, start, end)]


def _holes(policy: Policy, team: Team, start: datetime, end: datetime) -> Iterator[str]:
    hours = wanted(policy, team.place)
    if not hours:
        return
    if not team.keeps_rota:
        yield "no on-call rota is kept: off hours the responsible physician is told, if at work"
        return
    for hole in team.rota.holes(start, end, wanted=hours, place=team.place):
        day = hole.start.astimezone(team.place.clock).date()
        yield f"{hole.words(team.place.clock, {})} ({day})"


def _people(team: Team, start: datetime, end: datetime) -> Iterator[str]:
    if not team.answering:
        yield "no physician and no care manager: every page goes to the fallback team"
    planned = {who for turn in team.rota.turns(start, end) for who in turn.who}
    by_id = {person.practitioner_id: person for person in (*team.answering, *team.members)}
    chained = planned | {person.practitioner_id for person in team.answering}
    for identity, person in by_id.items():
        if identity in chained and not person.active:
            yield f"{person.name} is not active, and would be told"
        elif identity in chained and not (person.email or identity in team.reachable):
            yield f"{person.name} has no working channel but the inbox: no address is known"
    if lost := len(planned - set(by_id)):
        yield f"{lost} on the rota are no longer of the team: the fallback team is told instead"
