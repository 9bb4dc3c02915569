"""`/administration/teams`: the sites and teams of the clinic, and who was in which when."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.pages.done import notice
from app.pages.door import Door, Visit
from app.pages.refusals import page_route
from app.pages.site_policy import policy_of
from app.pages.users import id_of
from app.pages.wording import Moment, moment
from app.staff import teams

Text = Annotated[str, Form()]
TEAMS = "/administration/teams"
SITES = "/administration/sites"


def router(door: Door) -> APIRouter:
    """Return the list of sites and teams, one team, and what may be done to them."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)
    _of_teams(door, routes)
    _acts_on_teams(door, routes)
    _of_sites(door, routes)
    return routes


def _of_teams(door: Door, routes: APIRouter) -> None:
    policy = policy_of(door.settings)

    @routes.get(TEAMS)
    def listed(request: Request, done: str = "") -> Response:
        with door.visit(request) as visit:
            return door.pages.page(
                "teams.html",
                visit=visit,
                here="administration",
                notice=notice(done),
                teams=teams.teams(visit.session, visit.caller),
                sites=teams.sites(visit.session, visit.caller),
            )

    @routes.post(TEAMS)
    def add(request: Request, name: Text = "", site: Text = "", csrf: Text = "") -> Response:
        with door.act(request, csrf) as visit:
            at = id_of(site) if site else None
            teams.add_team(visit.session, visit.caller, name, at, now=visit.now)
        return _back(TEAMS)

    @routes.get(f"{TEAMS}/{{team_id}}")
    def one(request: Request, team_id: UUID, done: str = "") -> Response:
        with door.visit(request) as visit:
            team = teams.team(visit.session, visit.caller, team_id)
            place = policy.place(team.id, team.name)
            found = teams.stays(visit.session, visit.caller, team_id)
            return door.pages.page(
                "team.html",
                visit=visit,
                here="administration",
                notice=notice(done),
                team=team,
                zone=place.zone,
                by_policy=team.name in policy.teams or str(team.id) in policy.teams,
                sites=teams.sites(visit.session, visit.caller),
                again=[
                    (name, _at(door, visit, when))
                    for name, when in teams.named_again(visit.session, visit.caller, team_id)
                ],
                stays=found.each(
                    lambda each: (each, _at(door, visit, each.since), _at(door, visit, each.until))
                ),
            )


def _acts_on_teams(door: Door, routes: APIRouter) -> None:
    policy = policy_of(door.settings)

    @routes.post(f"{TEAMS}/{{team_id}}")
    def change(
        request: Request, team_id: UUID, name: Text = "", site: Text = "", csrf: Text = ""
    ) -> Response:
        with door.act(request, csrf) as visit:
            at = id_of(site) if site else None
            teams.change_team(
                visit.session, visit.caller, team_id, name, at, policy=policy, now=visit.now
            )
        return _back(f"{TEAMS}/{team_id}")

    @routes.post(f"{TEAMS}/{{team_id}}/close")
    def close(request: Request, team_id: UUID, csrf: Text = "") -> Response:
        with door.act(request, csrf) as visit:
            teams.set_open(visit.session, visit.caller, team_id, open_=False, now=visit.now)
        return _back(f"{TEAMS}/{team_id}")

    @routes.post(f"{TEAMS}/{{team_id}}/open")
    def open_(request: Request, team_id: UUID, csrf: Text = "") -> Response:
        with door.act(request, csrf) as visit:
            teams.set_open(visit.session, visit.caller, team_id, open_=True, now=visit.now)
        return _back(f"{TEAMS}/{team_id}")


def _of_sites(door: Door, routes: APIRouter) -> None:
    @routes.post(SITES)
    def add(request: Request, name: Text = "", csrf: Text = "") -> Response:
        with door.act(request, csrf) as visit:
            teams.add_site(visit.session, visit.caller, name, now=visit.now)
        return _back(TEAMS)

    @routes.post(f"{SITES}/{{site_id}}")
    def rename(request: Request, site_id: UUID, name: Text = "", csrf: Text = "") -> Response:
        with door.act(request, csrf) as visit:
            teams.rename_site(visit.session, visit.caller, site_id, name, now=visit.now)
        return _back(TEAMS)

    @routes.post(f"{SITES}/{{site_id}}/close")
    def close(request: Request, site_id: UUID, csrf: Text = "") -> Response:
        with door.act(request, csrf) as visit:
            teams.close_site(visit.session, visit.caller, site_id, now=visit.now)
        return _back(TEAMS)


def _back(to: str) -> Response:
    return RedirectResponse(f"{to}?done=kept", status_code=303)


def _at(door: Door, visit: Visit, at: datetime | None) -> Moment | None:
    return moment(at, now=visit.now, zone=door.zone, language=visit.language) if at else None
