"""Turns whatever is refused anywhere in the web application into the one form of a refusal."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from app import errors
from app.pages.headers import EVERYWHERE
from app.unread import unread
from core.errors import WardlightError
from ingest.receipt import HOW_TO_RETRACT, RETRACTABLE, STORED

if TYPE_CHECKING:
    from fastapi import FastAPI

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
OF_ANY_TYPE = {"POST", "PUT"}  # served at the address of any type, to say which there are
_BY_STATUS = tuple(f"/fhir/{kind}/" for kind in RETRACTABLE)


def add_refusals(web: FastAPI) -> None:
    """Have every refusal of the application answered as an OperationOutcome (FHIR-08)."""

    async def ours(_: Request, error: Any) -> Response:
        return errors.of_ours(error)

    async def invalid(_: Request, error: Any) -> Response:
        said = unread(error.errors())
        return errors.outcome(400, said.message, field=said.field)

    async def http(request: Request, error: Any) -> Response:
        if error.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
            return errors.outcome(error.status_code, str(error.detail), also=error.headers)
        served = _served(web, request)
        of_fhir = request.url.path.startswith("/fhir")
        if request.method == "OPTIONS" and of_fhir:
            return Response(status_code=204, headers={"Allow": ", ".join([*served, "OPTIONS"])})
        if _type_of(request) not in ("", *STORED) and set(served) <= OF_ANY_TYPE:
            return errors.outcome(404, f"no such type: stored here are {', '.join(STORED)}")
        text = f"{error.detail}: this address serves {', '.join(served)}"
        if request.method == "DELETE" and request.url.path.startswith(_BY_STATUS):
            text = f"{text}; {HOW_TO_RETRACT}"
        return errors.outcome(error.status_code, text, also={"Allow": ", ".join(served)})

    async def stored(_: Request, error: Any) -> Response:
        return errors.of_the_database(error)

    async def unexpected(_: Request, error: Any) -> Response:
        # Answered outside of every middleware, so that its headers are put on here.
        answer = errors.unexpected(error)
        answer.headers.update({**EVERYWHERE, "Cache-Control": "no-store"})
        return answer

    web.add_exception_handler(WardlightError, ours)
    web.add_exception_handler(RequestValidationError, invalid)
    web.add_exception_handler(HTTPException, http)
    web.add_exception_handler(DBAPIError, stored)
    web.add_exception_handler(Exception, unexpected)


def _type_of(request: Request) -> str:
    """Return the type of resource that an address names, or ""."""
    _, _, below = request.url.path.partition("/fhir/")
    return below.partition("/")[0]


def _served(web: FastAPI, request: Request) -> list[str]:
    """Return the methods that some route serves at the address of a request."""
    return [
        method
        for method in METHODS
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL
            for route in web.routes
        )
    ]
