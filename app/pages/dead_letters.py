"""Work that was given up, for who supervises: what, why, try again, or discard with a reason."""

from __future__ import annotations

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app import dead_letters
from app.pages.done import notice
from app.pages.door import Door, Visit
from app.pages.refusals import page_route
from app.pages.strip import strip_of
from app.pages.wording import moment
from core.audit import Action, record
from core.errors import NotFoundError
from core.security import Role

Csrf = Annotated[str, Form()]


def router(door: Door) -> APIRouter:
    """Return `/dead-letters` and its two acts; for anybody but a supervisor they do not exist."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get("/dead-letters")
    def given_up(request: Request, done: str = "") -> Response:
        with door.visit(request) as visit:
            _supervises(visit)
            record(visit.session, visit.caller, Action.READ, "dead-letter", now=visit.now)
            letters = dead_letters.letters(visit.session)
            at = partial(moment, now=visit.now, zone=door.zone, language=visit.language)
            return door.pages.page(
                "dead_letters.html",
                visit=visit,
                here="dead-letters",
                notice=notice(done),
                strip=strip_of(door, visit),
                letters=letters.each(lambda each: (each, at(each.created_at))),
            )

    @routes.post("/dead-letters/{row_id}/resubmit")
    def resubmit(request: Request, row_id: UUID, csrf: Csrf = "") -> Response:
        with door.act(request, csrf) as visit:
            _supervises(visit)
            dead_letters.resubmit(visit.session, visit.caller, row_id, now=visit.now)
        return RedirectResponse("/dead-letters?done=resubmitted", status_code=303)

    @routes.post("/dead-letters/{row_id}/discard")
    def discard(
        request: Request, row_id: UUID, reason: Annotated[str, Form()] = "", csrf: Csrf = ""
    ) -> Response:
        with door.act(request, csrf) as visit:
            _supervises(visit)
            dead_letters.discard(visit.session, visit.caller, row_id, reason, now=visit.now)
        return RedirectResponse("/dead-letters?done=discarded", status_code=303)

    return routes


def _supervises(visit: Visit) -> None:
    if visit.caller.role is not Role.SUPERVISOR:
        raise NotFoundError("no such page")
