"""Which learned model judges, since when and by whose word; those in shadow; what happened.

Everybody who signs in reads it: it names no patient. A supervisor changes it, each time with a
reason; each form says what its page showed, so that who was slower than a colleague is told.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from app.pages.done import notice
from app.pages.door import Door, Visit
from app.pages.model_life import life
from app.pages.model_prints import registry
from app.pages.refusals import page_route
from app.pages.strip import strip_of
from core.audit import Action, record
from monitoring.models import service


class Decided(BaseModel):
    """What a supervisor decided, and what the page had shown them of it."""

    reason: str = ""
    without_shadow: str = ""
    stood: str = ""  # the state of the model
    judging: str = ""  # which one judged; nothing for the one that ships
    csrf: str = ""


Decision = Annotated[Decided, Form()]


def router(door: Door) -> APIRouter:
    """Return `/models` and what a supervisor may do there."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get("/models")
    def models(request: Request, done: str = "") -> Response:
        with door.visit(request) as visit:
            return _page(door, visit, done)

    _acts(door, routes)
    return routes


def _acts(door: Door, routes: APIRouter) -> None:
    """Add what a supervisor may do, each act with its reason."""

    @routes.post("/models/roll-back")
    def roll_back(request: Request, form: Decision) -> Response:
        with door.act(request, form.csrf) as visit:
            service.roll_back(
                *(visit.session, visit.caller),
                reason=form.reason,
                judging=form.judging,
                now=visit.now,
            )
        return _back("rolled-back")

    @routes.post("/models/{model_id}/promote")
    def promote(request: Request, model_id: str, form: Decision) -> Response:
        with door.act(request, form.csrf) as visit:
            service.promote(
                *(visit.session, visit.caller, model_id),
                reason=form.reason,
                without_shadow=bool(form.without_shadow),
                stood=form.stood,
                judging=form.judging,
                now=visit.now,
            )
        return _back("promoted")

    @routes.post("/models/{model_id}/shadow")
    def shadow(request: Request, model_id: str, form: Decision) -> Response:
        with door.act(request, form.csrf) as visit:
            service.put_in_shadow(
                *(visit.session, visit.caller, model_id),
                reason=form.reason,
                stood=form.stood,
                now=visit.now,
            )
        return _back("in-shadow")

    @routes.post("/models/{model_id}/retire")
    def retire(request: Request, model_id: str, form: Decision) -> Response:
        with door.act(request, form.csrf) as visit:
            service.retire(
                *(visit.session, visit.caller, model_id),
                reason=form.reason,
                stood=form.stood,
                now=visit.now,
            )
        return _back("retired")


def _page(door: Door, visit: Visit, done: str) -> Response:
    record(visit.session, visit.caller, Action.READ, service.ENTITY, now=visit.now)
    known = registry(door, visit)
    return door.pages.page(
        "models.html",
        visit=visit,
        here="models",
        notice=notice(done),
        strip=strip_of(door, visit),
        may=service.may_change(visit.caller),
        registry=known,
        life=life(door, visit, known.judging.id, [each.id for each in known.shadows]),
    )


def _back(done: str) -> Response:
    return RedirectResponse(f"/models?done={done}", status_code=303)
