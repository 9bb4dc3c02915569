"""The weekly reports of the reader's teams: which are there, which are late, and who was told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.pages.done import notice
from app.pages.door import Door, Visit
from app.pages.language import Language, language
from app.pages.refusals import page_route
from app.pages.strip import strip_of
from app.pages.wording import Moment, maybe
from app.weekly import letters, repository, service
from app.weekly.states import PENDING, Row, State, Told, Why
from app.weekly.timing import LOOK_BACK
from ingest import repository as people
from ingest.roster import Team
from reports.issue import ON_TIME_TARGET
from reports.rates import Rate
from reports.week import Week

Text = Annotated[str, Form()]
WHY = {
    Why.SLOW: "it took longer than a task may take",
    Why.LOST: "the program that made it ended again and again",
    Why.DATABASE: "the database did not answer as it should",
    Why.MEMORY: "there was not enough memory",
    Why.ERROR: "of a fault of the program",
}
SHAPE = {State.MADE: "made", State.FAILED: "failed"}


@dataclass(frozen=True, slots=True)
class Line:
    """One issue of one week."""

    week: str
    span: str
    href: str
    version: int
    state: str  # in words
    shape: str  # "made", "late", "failed", "waits"
    due: Moment | None
    made: Moment | None
    told: str
    done: int
    people: int
    running: bool


@dataclass(frozen=True, slots=True)
class TeamLines:
    """One team with its weeks, the newest first."""

    id: UUID
    name: str
    share: str
    lines: tuple[Line, ...]


def router(door: Door) -> APIRouter:
    """Return `/reports`, another issue of a week, and who wants to be told by mail."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get("/reports")
    def listed(request: Request, week: str = "", done: str = "") -> Response:
        with door.visit(request) as visit:
            only = Week.parse(week, zone=door.zone) if week else None
            teams = people.care_teams(visit.session, visit.caller)
            return door.pages.page(
                "report_issues.html",
                visit=visit,
                here="reports",
                strip=strip_of(door, visit),
                notice=notice(done),
                teams=_teams(door, visit, teams, only.monday if only else None),
                only=str(only) if only else "",
                mail=letters.wants_mail(visit.session, visit.caller),
                server=bool(door.settings.smtp_host),
            )

    @routes.post("/reports/mail")
    def mail(request: Request, on: Text = "", csrf: Text = "") -> Response:
        with door.act(request, csrf) as visit:
            letters.choose(visit.session, visit.caller, mail=on == "1", now=visit.now)
        done = "weekly-mail" if on == "1" else "weekly-mail-off"
        return RedirectResponse(f"/reports?done={done}", status_code=303)

    @routes.post("/reports/{team_id}/again")
    def again(
        request: Request, team_id: UUID, week: Text = "", reason: Text = "", csrf: Text = ""
    ) -> Response:
        with door.act(request, csrf) as visit:
            service.team_of(visit.session, visit.caller, team_id)
            wanted = Week.parse(week, zone=door.zone)
            service.issue_again(
                visit.session, visit.caller, team_id, wanted.monday, reason=reason, now=visit.now
            )
        query = urlencode({"week": str(wanted), "done": "weekly-again"})
        return RedirectResponse(f"/reports/{team_id}?{query}", status_code=303)

    return routes


def _teams(door: Door, visit: Visit, teams: Sequence[Team], only: date | None) -> list[TeamLines]:
    session = visit.session
    since = visit.now.astimezone(door.zone).date() - timedelta(weeks=LOOK_BACK + 1)
    rows = repository.rows(session, [t.id for t in teams], since=only or since, until=only)
    told = letters.told(session, [row.id for row in rows if row.state is State.MADE])
    said, last = language(visit.language), Week.of(visit.now, zone=door.zone).shifted(-1)
    found = []
    for team in teams:
        lines = tuple(line(door, visit, row, told) for row in rows if row.team_id == team.id)
        share = service.share_on_time(session, last.monday, now=visit.now, team_id=team.id)
        found.append(TeamLines(team.id, team.name, share_words(share, said), lines))
    return found


def line(door: Door, visit: Visit, row: Row, told: Mapping[UUID, Mapping[Told, int]]) -> Line:
    """Return one issue as a page prints it."""
    said, zone = language(visit.language), door.zone
    at = partial(maybe, now=visit.now, zone=zone, language=visit.language)
    week = Week(row.monday, ZoneInfo(row.zone))
    query = {"week": str(week)} | ({"version": str(row.version)} if row.made_at else {})
    late = row.late or (row.state in PENDING and row.due_at < visit.now)
    shape = SHAPE.get(row.state, "waits")
    sunday, today = row.monday + timedelta(days=6), visit.now.astimezone(zone).date()
    return Line(
        week=str(week),
        span=said.say(
            "{first} to {last}",
            first=said.day(row.monday, today=today),
            last=said.day(sunday, today=today),
        ),
        href=f"/reports/{row.team_id}?{urlencode(query)}",
        version=row.version,
        state=state_words(row, said, late=late),
        shape="late" if late and shape != "failed" else shape,
        due=at(row.due_at),
        made=at(row.made_at),
        told=told_words(told.get(row.id), said) if row.state is State.MADE else "",
        done=row.done,
        people=row.people,
        running=row.state is State.RUNNING,
    )


def state_words(row: Row, said: Language, *, late: bool) -> str:
    """Return where an issue stands."""
    if row.state is State.MADE:
        if late:
            return said.say("late")
        return said.say("on time") if row.version == 1 else said.say("issued again")
    if row.state is State.FAILED:
        why = said.say(WHY[row.why or Why.ERROR])
        return said.count(
            "failed at {count} attempt: {why}",
            "failed at {count} attempts: {why}",
            row.attempts,
            why=why,
        )
    if row.state is State.RUNNING:
        return said.count(
            "being made: {done} of {count} person",
            "being made: {done} of {count} people",
            row.people,
            done=row.done,
        )
    return said.say("overdue, not begun") if late else said.say("due")


def told_words(told: Mapping[Told, int] | None, said: Language) -> str:
    """Return who was told of an issue by e-mail; that nobody was, with the reason."""
    found = told or {}
    parts = [said.count(*words, found[state]) for state, words in _TOLD.items() if state in found]
    if Told.SENT in found or Told.WAITING in found:
        return " · ".join(parts)
    return " · ".join([said.say("nobody was told by e-mail"), *parts])


_TOLD = {
    Told.SENT: ("{count} told by e-mail", "{count} told by e-mail"),
    Told.WAITING: ("{count} e-mail waits", "{count} e-mails wait"),
    Told.NO_ADDRESS: ("{count} has no address", "{count} have no address"),
    Told.OFF: ("{count} wants none", "{count} want none"),
    Told.GONE: ("{count} left the team", "{count} left the team"),
    Told.NO_SERVER: ("{count} not sent: no mail server", "{count} not sent: no mail server"),
}


def share_words(share: Rate | None, said: Language) -> str:
    """Return how many of a team's reports came in time, beside the target; "" where none is due."""
    if share is None or not share.of:
        return ""
    return said.count(
        "{hits} of the last {count} report of this team came in time (target {target} %).",
        "{hits} of the last {count} reports of this team came in time (target {target} %).",
        share.of,
        hits=share.hits,
        target=round(ON_TIME_TARGET * 100),
    )
