"""How much of a session is left, a longer one for who is still there, and drafts (SEC-07)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from app.pages import drafts
from app.pages.door import Door, Visit
from app.pages.origin import foreign
from app.pages.refusals import page_route
from app.pages.signin import destination
from core.errors import ForbiddenError, UnauthenticatedError

Text = Annotated[str, Form()]


def router(door: Door) -> APIRouter:
    """Return `/session`, `/session/stay` and `/draft`."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get("/session")
    def left(request: Request) -> Response:
        try:
            with door.visit(request, present=False) as visit:
                return _left(door, visit)
        except UnauthenticatedError:
            return Response(status_code=401)

    @routes.post("/session/stay")
    def stay(request: Request, csrf: Text = "", back: Text = "") -> Response:
        with door.act(request, csrf) as visit:
            if "application/json" in request.headers.get("accept", ""):
                return _left(door, visit)
        return RedirectResponse(destination(back), status_code=303)

    @routes.post("/draft")
    def again(request: Request, draft: Text = "") -> Response:
        """Offer a kept form to its writer; it is sent by their own hand, with a new token."""
        if foreign(request, door.settings.base_url):
            raise ForbiddenError("This form did not come from your own page. Open it again.")
        with door.visit(request) as visit:
            kept = drafts.open_(draft, key=door.key, now=visit.now)
            if (
                kept is None
                or kept.owner != visit.caller.id
                or not drafts.OURS.fullmatch(kept.path)
            ):
                raise ForbiddenError("This form did not come from your own page. Open it again.")
            return door.pages.page("draft_again.html", visit=visit, kept=kept)

    return routes


def _left(door: Door, visit: Visit) -> Response:
    """Say it as seconds, so that no clock of a browser matters."""
    return JSONResponse(
        {
            "idle": _seconds(visit, idle=True),
            "absolute": _seconds(visit, idle=False),
            "csrf": visit.csrf,
            "who": door.who(visit.caller),
        }
    )


def _seconds(visit: Visit, *, idle: bool) -> int:
    until = visit.idle_at if idle else visit.ends_at
    return max(0, int((until - visit.now).total_seconds())) if until else 0
