"""`/break-glass`: access in an emergency, asked for with a reason, and its review (SEC-14)."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from app.emergency import service
from app.pages.door import Door, Visit
from app.pages.refusals import page_route
from app.pages.wording import moment
from core.audit import Action, record
from core.errors import ForbiddenError, NotFoundError

Text = Annotated[str, Form()]
NOBODY = (
    "Nobody is found by exactly this. Check the number and its system, or the name and birth date."
)


class Asked(BaseModel):
    """Whom somebody looks for, and why."""

    reason: str = ""
    text: str = ""
    system: str = ""
    value: str = ""
    name: str = ""
    born: str = ""
    csrf: str = ""


def router(door: Door) -> APIRouter:
    """Return the form, its answer, the end of access, and the reviews."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get("/break-glass")
    def form(request: Request) -> Response:
        with door.visit(request) as visit:
            return _form(door, visit)

    @routes.post("/break-glass")
    def begin(request: Request, form: Annotated[Asked, Form()]) -> Response:
        with door.act(request, form.csrf) as visit:
            patient = _opened(visit, form)
            if patient is None:
                return _form(door, visit, problem=NOBODY)
        return RedirectResponse(f"/patients/{patient}", status_code=303)

    @routes.post("/break-glass/{access_id}/end")
    def end(request: Request, access_id: UUID, csrf: Text = "") -> Response:
        with door.act(request, csrf) as visit:
            service.end(visit.session, visit.caller, access_id)
        return RedirectResponse("/inbox", status_code=303)

    @routes.get("/break-glass/reviews")
    def reviews(request: Request) -> Response:
        with door.visit(request) as visit:
            found = [
                (
                    each,
                    moment(each.began_at, now=visit.now, zone=door.zone, language=visit.language),
                    moment(each.ended_at, now=visit.now, zone=door.zone, language=visit.language),
                )
                for each in service.to_review(visit.session, visit.caller)
            ]
            return door.pages.page("emergency_reviews.html", visit=visit, found=found)

    @routes.post("/break-glass/{access_id}/review")
    def review(request: Request, access_id: UUID, note: Text = "", csrf: Text = "") -> Response:
        with door.act(request, csrf) as visit:
            service.review(visit.session, visit.caller, access_id, note)
        return RedirectResponse("/break-glass/reviews", status_code=303)

    return routes


def _opened(visit: Visit, form: Asked) -> UUID | None:
    """Return whom access was opened to; None, and a row in the audit, where nobody is found."""
    sought = service.Sought(form.system, form.value, form.name, _day(form.born))
    why = service.Why(form.reason, form.text)
    try:
        return service.open_access(visit.session, visit.caller, sought, why)
    except NotFoundError:
        entity, now = service.STARTED, visit.now
        record(visit.session, visit.caller, Action.EXECUTE, entity, now=now, outcome="refused")
        return None


def _form(door: Door, visit: Visit, *, problem: str = "") -> Response:
    if visit.caller.role not in service.MAY:
        raise ForbiddenError("Only physicians and nurses open access in an emergency.")
    return door.pages.page(
        "emergency.html",
        status=404 if problem else 200,
        visit=visit,
        problem=problem,
        reasons=service.REASONS,
        longest=service.LONGEST,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
