"""The choice of a language, kept in the browser; it needs no account."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.pages.door import Door
from app.pages.refusals import page_route
from app.pages.signin import destination
from core.errors import InvalidError
from monitoring.catalogue import LANGUAGES

Text = Annotated[str, Form()]


def router(door: Door) -> APIRouter:
    """Return `/language`."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.post("/language")
    def choose(request: Request, language: Text, csrf: Text = "", back: Text = "") -> Response:
        cookies = request.cookies
        door.check_form(
            request, csrf, cookies.get(door.cookie, "") or cookies.get(door.form_cookie, "")
        )
        if language not in LANGUAGES:
            raise InvalidError("there is no such language", field="language")
        response = RedirectResponse(_back(back), status_code=303)
        door.speak(response, language)
        return response

    return routes


def _back(path: str) -> str:
    return path if path == "/sign-in" else destination(path)
