"""`/administration/integrations`: who may post readings, with which keys, and what came."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.pages.done import notice
from app.pages.door import Door, Visit
from app.pages.refusals import page_route
from app.pages.users import id_of
from app.pages.wording import Moment, moment
from app.staff import integrations as service
from app.staff.integrations import OVERLAP, Registration
from core.outward import Outward

if TYPE_CHECKING:
    from app.staff.integrations import Line

Text = Annotated[str, Form()]
HERE = "/administration/integrations"
SCOPE = "system/Observation.cu"


def router(door: Door) -> APIRouter:
    """Return the list of integrations, one of them, and what may be done to it."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)
    _read(door, routes)
    _change(door, routes)
    _bind(door, routes)
    return routes


def _read(door: Door, routes: APIRouter) -> None:
    @routes.get(HERE)
    def listed(request: Request) -> Response:
        with door.visit(request) as visit:
            lines = service.listing(visit.session, visit.caller, now=visit.now)
            return door.pages.page(
                "integrations.html",
                visit=visit,
                here="administration",
                lines=[(each, _at(door, visit, each.last_seen)) for each in lines],
                scope=SCOPE,
            )

    @routes.post(HERE)
    def register(  # noqa: PLR0913, PLR0917 (the fields of the form)
        request: Request,
        name: Text = "",
        scope: Text = SCOPE,
        jwks_url: Text = "",
        everybody: Text = "",
        csrf: Text = "",
    ) -> Response:
        with door.act(request, csrf) as visit:
            new = Registration(name, scope, jwks_url, bound=not everybody)
            outward = Outward.of(door.settings)
            id_, key = service.register(
                visit.session, visit.caller, new, outward=outward, now=visit.now
            )
            return _one(door, visit, id_, key=key)

    @routes.get(f"{HERE}/{{client_id}}")
    def one(
        request: Request, client_id: UUID, done: str = "", after: UUID | None = None
    ) -> Response:
        with door.visit(request) as visit:
            return _one(door, visit, client_id, done=done, after=after)


def _change(door: Door, routes: APIRouter) -> None:
    @routes.post(f"{HERE}/{{client_id}}/rotate")
    def rotate(request: Request, client_id: UUID, csrf: Text = "") -> Response:
        with door.act(request, csrf) as visit:
            key = service.rotate(visit.session, visit.caller, client_id, now=visit.now)
            return _one(door, visit, client_id, key=key)

    @routes.post(f"{HERE}/{{client_id}}/retire")
    def retire(request: Request, client_id: UUID, csrf: Text = "") -> Response:
        with door.act(request, csrf) as visit:
            service.retire_old(visit.session, visit.caller, client_id, now=visit.now)
        return _back(client_id, "kept")

    @routes.post(f"{HERE}/{{client_id}}/suspend")
    def suspend(request: Request, client_id: UUID, csrf: Text = "") -> Response:
        with door.act(request, csrf) as visit:
            service.suspend(visit.session, visit.caller, client_id, suspended=True, now=visit.now)
        return _back(client_id, "suspended")

    @routes.post(f"{HERE}/{{client_id}}/resume")
    def resume(request: Request, client_id: UUID, csrf: Text = "") -> Response:
        with door.act(request, csrf) as visit:
            service.suspend(visit.session, visit.caller, client_id, suspended=False, now=visit.now)
        return _back(client_id, "kept")


def _bind(door: Door, routes: APIRouter) -> None:
    @routes.post(f"{HERE}/{{client_id}}/grant")
    def grant(request: Request, client_id: UUID, person: Text = "", csrf: Text = "") -> Response:
        with door.act(request, csrf) as visit:
            pair = (client_id, id_of(person))
            service.bind(visit.session, visit.caller, pair, granted=True, now=visit.now)
        return _back(client_id, "kept")

    @routes.post(f"{HERE}/{{client_id}}/revoke")
    def revoke(request: Request, client_id: UUID, person: Text = "", csrf: Text = "") -> Response:
        with door.act(request, csrf) as visit:
            pair = (client_id, id_of(person))
            service.bind(visit.session, visit.caller, pair, granted=False, now=visit.now)
        return _back(client_id, "kept")


def _one(  # noqa: PLR0913 (which integration, for whom, and with what the page opens)
    door: Door,
    visit: Visit,
    client_id: UUID,
    *,
    key: dict[str, Any] | None = None,
    done: str = "",
    after: UUID | None = None,
) -> Response:
    session, caller, now = visit.session, visit.caller, visit.now
    line = service.one(session, caller, client_id, now=now)
    days, reasons = service.sent(session, caller, client_id, now=now)
    people, more = service.bound_to(session, caller, client_id, now=now, after=after)
    return door.pages.page(
        "integration.html",
        visit=visit,
        here="administration",
        notice=notice(done),
        line=line,
        keys=_keys(door, visit, line),
        last=_at(door, visit, line.last_seen),
        days=days,
        reasons=sorted(reasons.items()),
        people=[(each.patient_id, _at(door, visit, each.since)) for each in people],
        after=after,
        more=more,
        secret=json.dumps(key) if key else "",
        overlap=OVERLAP.days,
    )


def _keys(door: Door, visit: Visit, line: Line) -> list[tuple[str, Moment | None]]:
    return [
        (kid, _at(door, visit, datetime.fromisoformat(until) if until else None))
        for kid, until in line.keys
    ]


def _back(client_id: UUID, done: str) -> Response:
    return RedirectResponse(f"{HERE}/{client_id}?done={done}", status_code=303)


def _at(door: Door, visit: Visit, at: datetime | None) -> Moment | None:
    return moment(at, now=visit.now, zone=door.zone, language=visit.language) if at else None
