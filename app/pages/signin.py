"""Sign-in and sign-out; the same words for every failed try (SEC-06)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.accounts import service as accounts
from app.pages.door import Door, form_secret
from app.pages.refusals import page_route
from core.settings import Environment

OURS = re.compile(r"/(inbox|patients|reports|n)(/[A-Za-z0-9_-]+)?")
WRONG = "User name or password is not right."
ENDED = "You were signed out because nothing happened for 15 minutes."
Text = Annotated[str, Form()]


def router(door: Door) -> APIRouter:
    """Return `/`, `/sign-in` and `/sign-out`."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get("/")
    def root() -> Response:
        return RedirectResponse("/inbox", status_code=303)

    @routes.get("/sign-in")
    def form(request: Request, to: str = "", ended: str = "") -> Response:
        return _form(door, request, to, Said(notice=ENDED if ended else ""))

    @routes.post("/sign-in")
    def enter(
        request: Request, username: Text, password: Text, csrf: Text = "", to: Text = ""
    ) -> Response:
        door.check_form(request, csrf, request.cookies.get(door.form_cookie, ""))
        source = request.client.host if request.client else ""
        demo = door.settings.environment is not Environment.PRODUCTION
        attempt = accounts.Attempt(username, password, source, demo=demo)
        with door.database.transaction() as session:
            found = accounts.sign_in(session, attempt, now=door.clock())
        if isinstance(found, accounts.Refused):
            return _form(door, request, to, Said(problem=_words(found.retry_after), status=401))
        response = RedirectResponse(destination(to), status_code=303)
        door.remember(response, found)
        return response

    @routes.post("/sign-out")
    def leave(request: Request, csrf: Text = "") -> Response:
        with door.act(request, csrf) as visit:
            accounts.sign_out(visit.session, request.cookies[door.cookie], now=visit.now)
        response = RedirectResponse("/sign-in", status_code=303)
        door.forget(response)
        return response

    return routes


def destination(to: str) -> str:
    """Return where to go after sign-in: one of our own pages, never another site."""
    return to if OURS.fullmatch(to) else "/inbox"


def _words(retry_after: timedelta) -> str:
    seconds = int(retry_after.total_seconds())
    return f"{WRONG} Too many tries: wait {seconds + 1} seconds." if retry_after else WRONG


@dataclass(frozen=True, slots=True)
class Said:
    """What the form says above its fields."""

    problem: str = ""
    notice: str = ""
    status: int = 200


def _form(door: Door, request: Request, to: str, said: Said) -> Response:
    secret = form_secret(request, door.form_cookie)
    response = door.pages.page(
        "sign_in.html",
        status=said.status,
        csrf=door.token(secret),
        to=destination(to),
        problem=said.problem,
        notice=said.notice,
        demo=door.settings.environment is Environment.DEMO,
    )
    door.offer_form(request, response)
    return response
