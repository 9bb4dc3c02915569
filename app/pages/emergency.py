"""`/break-glass`: access in an emergency, asked for with a reason, and its review (SEC-14)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from app.emergency import looking, service
from app.pages.door import Door, Visit
from app.pages.refusals import page_route
from app.pages.strip import strip_of
from app.pages.wording import Moment, moment
from core.errors import ForbiddenError, NotFoundError

Text = Annotated[str, Form()]
NOBODY = (
    "Nobody is found by exactly this. Check the number and its system, or the name and birth date."
)
HELD = (
    "Several tries found nobody, so the next one must wait a little. If somebody is in danger,"
    " treat them first and look again in a few minutes."
)
PROBLEMS = {NOBODY: 404, HELD: 429}


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
            return _form(door, visit, Asked())

    @routes.post("/break-glass")
    def begin(request: Request, form: Annotated[Asked, Form()]) -> Response:
        with door.act(request, form.csrf) as visit:
            patient = _opened(visit, form)
            if isinstance(patient, str):
                return _form(door, visit, form, problem=patient)
        return RedirectResponse(f"/patients/{patient}", status_code=303)

    @routes.post("/break-glass/{access_id}/end")
    def end(request: Request, access_id: UUID, csrf: Text = "") -> Response:
        with door.act(request, csrf) as visit:
            service.end(visit.session, visit.caller, access_id)
        return RedirectResponse("/inbox", status_code=303)

    @routes.get("/break-glass/reviews")
    def reviews(request: Request) -> Response:
        with door.visit(request) as visit:
            return _reviews(door, visit)

    @routes.post("/break-glass/{access_id}/review")
    def review(request: Request, access_id: UUID, note: Text = "", csrf: Text = "") -> Response:
        with door.act(request, csrf) as visit:
            service.review(visit.session, visit.caller, access_id, note)
        return RedirectResponse("/break-glass/reviews", status_code=303)

    return routes


def _reviews(door: Door, visit: Visit) -> Response:
    def at(instant: datetime) -> Moment:
        return moment(instant, now=visit.now, zone=door.zone, language=visit.language)

    found = service.to_review(visit.session, visit.caller, now=visit.now)
    tries = looking.in_vain(visit.session, visit.caller, now=visit.now)
    return door.pages.page(
        "emergency_reviews.html",
        visit=visit,
        strip=strip_of(door, visit) if visit.clinical else None,
        found=found.each(lambda each: (each, at(each.began_at), at(each.ended_at))),
        tries=[(each, at(each.last)) for each in tries],
    )


def _opened(visit: Visit, form: Asked) -> UUID | str:
    """Return whom access was opened to; why to nobody, with its row in the audit, as a sentence.

    A value and no error, so that the try is counted: guessing who is here takes ever longer.
    """
    wait = looking.must_wait(visit.session, visit.caller, now=visit.now)
    if wait:
        looking.note(visit.session, visit.caller, now=visit.now, held=True)
        return HELD
    sought = service.Sought(form.system, form.value, form.name, _day(form.born))
    why = service.Why(form.reason, form.text)
    try:
        return service.open_access(visit.session, visit.caller, sought, why)
    except NotFoundError:
        looking.note(visit.session, visit.caller, now=visit.now)
        return NOBODY


def _form(door: Door, visit: Visit, typed: Asked, *, problem: str = "") -> Response:
    if visit.caller.role not in service.MAY:
        raise ForbiddenError("Only physicians and nurses open access in an emergency.")
    response = door.pages.page(
        "emergency.html",
        status=PROBLEMS.get(problem, 200),
        visit=visit,
        strip=strip_of(door, visit),
        problem=problem,
        typed=typed,
        reasons=service.REASONS,
        longest=service.LONGEST,
    )
    if problem == HELD:
        wait = looking.must_wait(visit.session, visit.caller, now=visit.now)
        response.headers["Retry-After"] = str(int(wait.total_seconds()) + 1)
    return response


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
