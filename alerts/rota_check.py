"""What is wrong with a team's rota and the people of its chains, in words (AL-18)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.hours import EVERY_HOUR, NO_COVER, span_words
from alerts.policy import To
from monitoring.phrases import Phrase, whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from alerts.hours import Hours, Place
    from alerts.policy import Policy
    from alerts.rota import Rota, Turn
    from ingest.roster import Responsible


NO_ROTA = "no on-call rota is kept: off hours the responsible physician is told, if at work"


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


def warnings(policy: Policy, team: Team, start: datetime, end: datetime) -> list[Phrase]:
    """Return what should be mended before it is needed: holes first, then people."""
    return [*_holes(policy, team, start, end), *_people(team, start, end)]


def _holes(policy: Policy, team: Team, start: datetime, end: datetime) -> Iterator[Phrase]:
    hours = wanted(policy, team.place)
    if not hours:
        return
    if not team.keeps_rota:
        yield Phrase(NO_ROTA)
        return
    for hole in team.rota.holes(start, end, wanted=hours, place=team.place):
        yield hole_words(hole, team.place)


def hole_words(hole: Turn, place: Place) -> Phrase:
    """Return that nobody is on call, and when."""
    return Phrase(
        "{who} on call {span} ({day})",
        {
            "who": Phrase("nobody"),
            "span": span_words(hole.start, hole.end, place.clock),
            "day": Phrase(str(hole.start.astimezone(place.clock).date())),
        },
    )


def _people(team: Team, start: datetime, end: datetime) -> Iterator[Phrase]:
    if not team.answering:
        yield Phrase("no physician and no care manager: every page goes to the fallback team")
    planned = {who for turn in team.rota.turns(start, end) for who in turn.who}
    by_id = {person.practitioner_id: person for person in (*team.answering, *team.members)}
    chained = planned | {person.practitioner_id for person in team.answering}
    for identity, person in by_id.items():
        if identity in chained and not person.active:
            yield Phrase("{name} is not active, and would be told", {"name": Phrase(person.name)})
        elif identity in chained and not (person.email or identity in team.reachable):
            yield Phrase(
                "{name} has no working channel but the inbox: no address is known",
                {"name": Phrase(person.name)},
            )
    if lost := len(planned - set(by_id)):
        yield Phrase(
            "{count} on the rota are no longer of the team: the fallback team is told instead",
            {"count": whole(lost)},
        )
