"""Pages behind one-time links: the first administrator, and a password for who was invited."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from app.accounts import proving, second_factor, welcome
from app.accounts.passwords import LEAST_PASSWORD
from app.pages.door import Door
from app.pages.origin import form_secret
from app.pages.refusals import page_route
from app.staff import starting
from app.staff.starting import First
from core.errors import NotFoundError, Sentence, WardlightError

Text = Annotated[str, Form()]
MADE = "/sign-in?to=/administration"


def router(door: Door) -> APIRouter:
    """Return `/set-up/{secret}` and `/welcome/{secret}`; what opens nothing does not exist."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)
    _first(door, routes)
    _invited(door, routes)
    return routes


def _first(door: Door, routes: APIRouter) -> None:
    @routes.get("/set-up/{secret}")
    def first(request: Request, secret: str) -> Response:
        with door.database.transaction() as session:
            starting.check(session, secret, now=door.clock())
        return _set_up(door, request, secret)

    @routes.post("/set-up/{secret}")
    def begin(  # noqa: PLR0913, PLR0917 (the fields of the form)
        request: Request,
        secret: str,
        username: Text = "",
        display_name: Text = "",
        password: Text = "",
        csrf: Text = "",
    ) -> Response:
        door.check_form(request, csrf, request.cookies.get(door.form_cookie, ""))
        new = First(username, display_name, password)
        local = _local(door)
        try:
            with door.database.transaction() as session:
                invited = starting.begin(session, secret, new, local=local, now=door.clock())
                code = _code(door, session, username) if local else ""
        except NotFoundError:
            raise
        except WardlightError as refused:
            return _set_up(door, request, secret, refused)
        if code:
            return _authenticator(door, request, username, code)
        to = f"/sign-in/invited/{invited}" if invited else MADE
        return RedirectResponse(to, status_code=303)


def _invited(door: Door, routes: APIRouter) -> None:
    @routes.get("/welcome/{secret}")
    def invited(request: Request, secret: str) -> Response:
        if not _local(door):
            return RedirectResponse(f"/sign-in/invited/{secret}", status_code=303)
        with door.database.transaction() as session:
            welcome.invited(session, secret, now=door.clock())
        return _welcome(door, request, secret)

    @routes.post("/welcome/{secret}")
    def chosen(request: Request, secret: str, password: Text = "", csrf: Text = "") -> Response:
        door.check_form(request, csrf, request.cookies.get(door.form_cookie, ""))
        if not _local(door):
            raise NotFoundError("there are no passwords here")
        try:
            with door.database.transaction() as session:
                user = welcome.choose_password(session, secret, password, now=door.clock())
                code = _code(door, session, user.username)
        except NotFoundError:
            raise
        except WardlightError as refused:
            return _welcome(door, request, secret, refused)
        if code:
            return _authenticator(door, request, user.username, code)
        return RedirectResponse("/sign-in", status_code=303)


def _local(door: Door) -> bool:
    """Return whether people sign in here by a password: not where an organisation knows them."""
    return door.local_accounts and door.provider is None


def _code(door: Door, session: Session, username: str) -> str:
    """Return the secret of an authenticator app, for who needs a code from now on (SEC-05)."""
    if not second_factor.needed(door.settings.environment):
        return ""
    return proving.enrol(session, username, now=door.clock())


def _authenticator(door: Door, request: Request, username: str, code: str) -> Response:
    """Show the secret once: behind a link that opened once, it is their own."""
    return door.pages.page(
        "authenticator.html",
        language=door.language(request),
        address=second_factor.address(code, username),
        groups=[code[at : at + 4] for at in range(0, len(code), 4)],
    )


def _set_up(
    door: Door, request: Request, secret: str, refused: WardlightError | None = None
) -> Response:
    return _form(door, request, f"/set-up/{secret}", refused, whole=True, local=_local(door))


def _welcome(
    door: Door, request: Request, secret: str, refused: WardlightError | None = None
) -> Response:
    return _form(door, request, f"/welcome/{secret}", refused, whole=False, local=True)


def _form(  # noqa: PLR0913 (what the two forms differ in)
    door: Door,
    request: Request,
    path: str,
    refused: WardlightError | None,
    *,
    whole: bool,
    local: bool,
) -> Response:
    response = door.pages.page(
        "starting.html",
        status=422 if refused else 200,
        language=door.language(request),
        csrf=door.token(form_secret(request, door.form_cookie)),
        action=path,
        whole=whole,
        local=local,
        least=LEAST_PASSWORD,
        problem=Sentence(refused.sentence, refused.facts) if refused else None,
    )
    door.offer_form(request, response)
    return response
