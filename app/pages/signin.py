"""Sign-in and sign-out; the same words for every failed try (SEC-06)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from app.accounts import organisation, second_factor
from app.accounts import service as accounts
from app.pages.areas import HOME, landing
from app.pages.door import Door
from app.pages.origin import form_secret
from app.pages.refusals import page_route
from core.errors import ForbiddenError, UnauthenticatedError
from core.settings import Environment
from core.sources import source_of

# A page of ours, and what a list of it is narrowed to: words and opaque ids.
OURS = re.compile(
    r"/([a-z-]+)(/[A-Za-z0-9_-]+)*(\?[a-z]+=[A-Za-z0-9_,-]+(&[a-z]+=[A-Za-z0-9_,-]+)*)?"
)
WRONG = "User name or password is not right."
WRONG_OR_CODE = "User name, password or code is not right."
NO_PASSWORDS = "There are no passwords here. Sign in with your organisation."
ENDED = "You were signed out because nothing happened for 15 minutes."
Text = Annotated[str, Form()]


class Entry(BaseModel):
    """What the form of the sign-in says."""

    username: str
    password: str
    code: str = ""
    csrf: str = ""
    to: str = ""


def router(door: Door) -> APIRouter:
    """Return `/`, `/sign-in` and `/sign-out`."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get("/")
    def root(request: Request) -> Response:
        try:
            with door.visit(request) as visit:
                return RedirectResponse(visit.home, status_code=303)
        except UnauthenticatedError:
            return RedirectResponse(HOME, status_code=303)

    @routes.get("/sign-in")
    def form(request: Request, to: str = "", ended: str = "") -> Response:
        return sign_in_page(door, request, to, Said(notice=ENDED if ended else ""))

    @routes.post("/sign-in")
    def enter(request: Request, said: Annotated[Entry, Form()]) -> Response:
        to = said.to
        door.check_form(request, said.csrf, request.cookies.get(door.form_cookie, ""))
        if not door.local_accounts:
            raise ForbiddenError(NO_PASSWORDS)
        attempt = _attempt(door, request, said)
        with door.database.transaction() as session:
            found = accounts.sign_in(session, attempt, now=door.clock())
            if isinstance(found, str):  # the session that this browser had is not left behind
                accounts.sign_out(session, request.cookies.get(door.cookie, ""), now=door.clock())
                to = landing(accounts.role_of(session, found), destination(to))
        if isinstance(found, accounts.Refused):
            problem = WRONG_OR_CODE if attempt.strict else WRONG
            wrong = Said(problem=problem, wait=_seconds(found.retry_after), status=401)
            return sign_in_page(door, request, to, wrong)
        response = RedirectResponse(to, status_code=303)
        door.remember(response, found, former=request.cookies.get(door.cookie, ""))
        return response

    @routes.post("/sign-out")
    def leave(request: Request, csrf: Text = "") -> Response:
        with door.act(request, csrf) as visit:
            elsewhere = organisation.is_bound(visit.session, visit.caller)
            accounts.sign_out(visit.session, request.cookies[door.cookie], now=visit.now)
        response = _left(door, request, elsewhere=elsewhere)
        door.forget(response)
        return response

    return routes


def _attempt(door: Door, request: Request, said: Entry) -> accounts.Attempt:
    where = door.settings.environment
    return accounts.Attempt(
        said.username,
        said.password,
        source_of(request.client.host) if request.client else "",
        demo=where is not Environment.PRODUCTION,
        code=said.code,
        strict=second_factor.needed(where),
    )


def destination(to: str) -> str:
    """Return where to go after sign-in: one of our own pages, never another site."""
    return to if OURS.fullmatch(to) else "/inbox"


def _seconds(retry_after: timedelta) -> int:
    return int(retry_after.total_seconds()) + 1 if retry_after else 0


def _left(door: Door, request: Request, *, elsewhere: bool) -> Response:
    """Go on to sign out at the organisation too, where it says how (a shared computer)."""
    there = door.provider.leaving() if elsewhere and door.provider else ""
    if not there:
        return RedirectResponse("/sign-in", status_code=303)
    # By the header: a form may lead to no other site, and the page works without a script.
    response = door.pages.page("signed_out.html", language=door.language(request), there=there)
    response.headers["Refresh"] = f"0; url={there}"
    return response


@dataclass(frozen=True, slots=True)
class Said:
    """What the form says above its fields."""

    problem: str = ""
    notice: str = ""
    wait: int = 0  # seconds
    status: int = 200


def sign_in_page(door: Door, request: Request, to: str, said: Said) -> Response:
    """Return the page of the ways to sign in that this installation has."""
    secret = form_secret(request, door.form_cookie)
    response = door.pages.page(
        "sign_in.html",
        status=said.status,
        language=door.language(request),
        csrf=door.token(secret),
        to=destination(to),
        problem=said.problem,
        notice=said.notice,
        wait=said.wait,
        local=door.local_accounts,
        codes=door.settings.environment is not Environment.DEMO,
        organisation=door.provider is not None,
        demo=door.settings.environment is Environment.DEMO,
    )
    door.offer_form(request, response)
    return response
