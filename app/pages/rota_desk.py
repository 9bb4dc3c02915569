"""`/administration/rota`: who is on call, changed by page, its holes shown before it is kept."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from alerts.oncall.repository import rows
from alerts.oncall.service import overview
from app.pages.done import notice
from app.pages.door import Door, Visit
from app.pages.language import language
from app.pages.refusals import page_route
from app.pages.rota import DAYS, days_of, leave_words
from app.pages.site_policy import policy_of
from app.staff import rota
from app.staff.rota import Wanted
from app.staff.service import check_runs
from core.errors import NotFoundError
from core.security import SYSTEM
from ingest import repository as people

if TYPE_CHECKING:
    from alerts.oncall.service import Overview
    from alerts.policy import Policy
    from ingest.roster import Team

HERE = "/administration/rota"
ACTS = {
    rota.ONCE: "On call once",
    rota.WEEKLY: "On call every week",
    rota.INSTEAD: "On call before whoever the rota names",
    rota.LEAVE: "Away",
}


class Asked(BaseModel):
    """A change of a rota as a form says it; `sure` is set by the page that shows its checks."""

    act: str = ""
    who: str = ""
    since: str = ""
    until: str = ""
    days: str = ""
    first: str = ""
    last: str = ""
    substitute: str = ""
    row: str = ""
    sure: str = ""
    csrf: str = ""

    @property
    def wanted(self) -> Wanted:
        """Return the change itself."""
        return Wanted(**{name: getattr(self, name) for name in Wanted.__slots__})


def router(door: Door) -> APIRouter:
    """Return the rotas, one of them, and its change."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)
    policy = policy_of(door.settings)

    @routes.get(HERE)
    def listed(request: Request) -> Response:
        with door.visit(request) as visit:
            check_runs(visit.caller)
            teams = people.care_teams(visit.session, SYSTEM)
            return door.pages.page(
                "rota_desks.html", visit=visit, here="administration", teams=teams
            )

    @routes.get(f"{HERE}/{{team_id}}")
    def one(request: Request, team_id: UUID, done: str = "") -> Response:
        with door.visit(request) as visit:
            team = _team(visit, team_id)
            start, end = _bounds(visit, team, policy)
            seen = overview(visit.session, team, policy, start=start, end=end)
            return _page(door, visit, seen, start, done=done)

    @routes.post(f"{HERE}/{{team_id}}")
    def change(request: Request, team_id: UUID, form: Annotated[Asked, Form()]) -> Response:
        """Show what would be; keep it once whoever runs the clinic has seen that."""
        with door.act(request, form.csrf) as visit:
            team = _team(visit, team_id)
            start, end = _bounds(visit, team, policy)
            if not form.sure:
                seen = rota.tried(
                    visit.session,
                    visit.caller,
                    team,
                    policy,
                    form.wanted,
                    bounds=(start, end),
                    now=visit.now,
                )
                return _page(door, visit, seen, start, tried=form.wanted)
            clock = policy.place(team.id, team.name).clock
            rota.change(visit.session, visit.caller, team, clock, form.wanted, now=visit.now)
        return RedirectResponse(f"{HERE}/{team_id}?done=kept", status_code=303)

    return routes


def _team(visit: Visit, team_id: UUID) -> Team:
    check_runs(visit.caller)
    for each in people.care_teams(visit.session, SYSTEM):
        if each.id == team_id:
            return each
    raise NotFoundError("no such team")


def _bounds(visit: Visit, team: Team, policy: Policy) -> tuple[datetime, datetime]:
    clock = policy.place(team.id, team.name).clock
    midnight = datetime.combine(visit.now.astimezone(clock).date(), datetime.min.time(), clock)
    end = midnight.replace(tzinfo=None) + timedelta(days=DAYS)
    return midnight, end.replace(tzinfo=clock)


def _page(  # noqa: PLR0913 (the rota as it is, or as it would be)
    door: Door,
    visit: Visit,
    seen: Overview,
    start: datetime,
    *,
    tried: Wanted | None = None,
    done: str = "",
) -> Response:
    said, clock = language(visit.language), seen.known.place.clock
    return door.pages.page(
        "rota_desk.html",
        visit=visit,
        here="administration",
        notice=notice(done),
        team=seen.team,
        zone=str(clock),
        span=DAYS,
        acts=ACTS,
        tried=asdict(tried) if tried else {},
        warnings=[said.phrase(each) for each in seen.warnings],
        days=days_of(seen, start, said),
        leaves=[leave_words(each, seen, said) for each in seen.leaves],
        members=sorted((name, id_) for id_, name in seen.names.items()),
        rows=[
            (id_, words(seen.names))
            for id_, words in rows(visit.session, seen.team.id, clock, since=visit.now)
        ],
    )
