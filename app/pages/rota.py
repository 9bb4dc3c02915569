"""Who is on call for a team in the next days, the holes in words, and who is away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

from alerts.oncall.service import Overview, overview
from alerts.policy import Policy
from alerts.rota import UNKNOWN, Away, Turn, by_day
from app.pages.door import Door, Visit
from app.pages.language import Language, language
from app.pages.refusals import page_route
from app.pages.site_policy import policy_of
from app.pages.strip import strip_of
from core.audit import Action, record
from core.errors import NotFoundError
from core.security import SYSTEM, Role
from ingest import repository as people
from ingest.roster import Team
from ingest.weekly import DASH, NAMES

DAYS = 14


@dataclass(frozen=True, slots=True)
class TurnPrint:
    """One turn of a day: from when to when, and whose."""

    times: str
    who: str
    hole: bool


@dataclass(frozen=True, slots=True)
class DayPrint:
    """One day of the rota."""

    words: str
    holiday: str
    turns: list[TurnPrint]


def router(door: Door) -> APIRouter:
    """Return `/rota` and `/rota/{team_id}`, of the teams that somebody takes part in."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)
    policy = policy_of(door.settings)

    @routes.get("/rota")
    def listed(request: Request) -> Response:
        with door.visit(request) as visit:
            return door.pages.page(
                "rotas.html",
                visit=visit,
                here="rota",
                strip=strip_of(door, visit),
                teams=_teams(visit),
            )

    @routes.get("/rota/{team_id}")
    def rota(request: Request, team_id: UUID) -> Response:
        with door.visit(request) as visit:
            team = next((each for each in _teams(visit) if each.id == team_id), None)
            if team is None:
                raise NotFoundError("no such team")
            return _page(door, visit, team, policy)

    return routes


def _teams(visit: Visit) -> list[Team]:
    """Return whose rota somebody may see: it holds no patient, and supervisors see all."""
    supervises = visit.caller.role is Role.SUPERVISOR
    return people.care_teams(visit.session, SYSTEM if supervises else visit.caller)


def _page(door: Door, visit: Visit, team: Team, policy: Policy) -> Response:
    session, now = visit.session, visit.now
    record(session, visit.caller, Action.READ, "on_call_shift", now=now, entity_id=team.id)
    clock = policy.place(team.id, team.name).clock
    midnight = datetime.combine(now.astimezone(clock).date(), datetime.min.time(), clock)
    end = midnight.replace(tzinfo=None) + timedelta(days=DAYS)
    seen = overview(session, team, policy, start=midnight, end=end.replace(tzinfo=clock))
    said = language(visit.language)
    return door.pages.page(
        "rota.html",
        visit=visit,
        here="rota",
        strip=strip_of(door, visit),
        team=team,
        zone=str(clock),
        cover="; ".join(each.words() for each in seen.known.place.cover),
        keeps_rota=seen.known.keeps_rota,
        warnings=[said.phrase(each) for each in seen.warnings],
        days=days_of(seen, midnight, said),
        leaves=[leave_words(each, seen, said) for each in seen.leaves],
    )


def leave_words(leave: Away, seen: Overview, said: Language) -> str:
    """Return who is away, from when to when, and who is told in their place."""
    clock = seen.known.place.clock
    other = seen.names.get(leave.substitute, UNKNOWN) if leave.substitute else said.say("nobody")
    return said.say(
        "{who}, from {since} until {until}; in their place: {other}",
        who=seen.names.get(leave.who, UNKNOWN),
        since=_at(leave.since, clock, said),
        until=_at(leave.until, clock, said),
        other=other,
    )


def _at(at: datetime, clock: ZoneInfo, said: Language) -> str:
    return said.absolute(at, now=at + timedelta(days=1), zone=clock)


def days_of(seen: Overview, midnight: datetime, said: Language) -> list[DayPrint]:
    """Return the days of a rota, each with its turns."""
    place = seen.known.place
    first = midnight.date()
    days = [first + timedelta(days=ahead) for ahead in range(DAYS)]
    return [
        DayPrint(
            f"{said.say(NAMES[day.weekday()])} {said.day(day, today=first)}",
            place.holidays.get(day, ""),
            [_turn(turn, seen, said) for turn in turns],
        )
        for day, turns in by_day(seen.turns, days, place.clock).items()
    ]


def _turn(turn: Turn, seen: Overview, said: Language) -> TurnPrint:
    clock = seen.known.place.clock
    start, end = turn.start.astimezone(clock), turn.end.astimezone(clock)
    until = "24:00" if end.date() > start.date() else f"{end:%H:%M}"
    who = ", ".join(seen.names.get(each, UNKNOWN) for each in turn.who)
    return TurnPrint(f"{start:%H:%M}{DASH}{until}", who or said.say("nobody"), hole=not turn.who)
