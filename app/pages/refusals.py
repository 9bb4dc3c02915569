"""What a person sees when something is refused: one page, and no hint of what exists (SEC-12)."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from app.errors import NOT_TAKEN, numbered, passes
from app.pages import drafts
from app.pages.door import StaleFormError
from app.pages.language import language
from app.pages.rendering import Renderer
from app.typed import UNFIT, check_texts
from app.unread import unread
from core.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    LaterError,
    NotFoundError,
    OverloadedError,
    ThrottledError,
    UnauthenticatedError,
    UnequippedError,
    WardlightError,
)

MOST_FORM_BYTES = 64 * 1024
READING = ("GET", "HEAD")
RETRY_AFTER = "5"


@dataclass(frozen=True, slots=True)
class Words:
    """How one kind of refusal is said."""

    status: int
    heading: str
    message: str  # empty: the error's own


ABSENT = Words(404, "Not found", "There is no such page, or it is not yours to see.")
WORDS: dict[type[WardlightError], Words] = {
    NotFoundError: ABSENT,
    ForbiddenError: Words(403, "Not done", ""),
    ConflictError: Words(409, "Not done", ""),
    InvalidError: Words(422, "Not understood", ""),
    ThrottledError: Words(429, "Not yet", ""),
    OverloadedError: Words(503, "Not yet", ""),
    UnequippedError: Words(503, "Not available", ""),
}
TOO_LARGE = Words(413, "Too much", "The form was larger than any form of ours.")
UNAVAILABLE = Words(
    503, "Not available", "The store cannot be reached at the moment. Nothing was changed."
)
FAULT = Words(
    500,
    "Something went wrong",
    "Nothing was changed. If it happens again, tell whoever runs this site the number {number}.",
)


def refuse(
    pages: Renderer, request: Request, words: Words, message: str = "", number: str = ""
) -> Response:
    """Return the page of a refusal, in the language of who asked."""
    response = pages.page(
        "refusal.html",
        status=words.status,
        language=pages.language(request),
        heading=words.heading,
        message=words.message or message,
        number=number,
        back="/",
        back_words="To the first page",
        absent=words is ABSENT,
    )
    if words.status == UNAVAILABLE.status:
        response.headers["Retry-After"] = RETRY_AFTER
    return response


Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def page_route(pages: Renderer, most: int = MOST_FORM_BYTES) -> type[APIRoute]:
    """Return a route class whose refusals are pages instead of OperationOutcomes.

    `most` is how large a body of its forms may be, in bytes.
    """

    class PageRoute(APIRoute):
        def get_route_handler(self) -> Handler:
            answer = super().get_route_handler()

            async def handle(request: Request) -> Response:
                if _too_large(request, most):
                    return refuse(pages, request, TOO_LARGE)
                try:
                    await _check_typed(request)
                    return await answer(request)
                except StaleFormError as stale:
                    return await drafts.offer(pages, request, stale)
                except Exception as error:  # noqa: BLE001 (a reader gets a page for any of them)
                    return _refused(pages, request, error)

            return handle

    return PageRoute


async def _check_typed(request: Request) -> None:
    """Refuse a text that the store cannot hold, before anything is done with it."""
    if any(UNFIT.search(str(each)) for each in request.path_params.values()):
        raise NotFoundError("no such address")
    check_texts(request.query_params.multi_items())
    if request.method not in READING:
        check_texts((await request.form()).multi_items())


def _refused(pages: Renderer, request: Request, error: Exception) -> Response:
    """Return the page for what went wrong; a fault of ours shows its number only (SEC-22)."""
    match error:
        case UnauthenticatedError():
            return _to_sign_in(request)
        case WardlightError() if type(error) in WORDS:
            said = language(pages.language(request))
            answer = refuse(pages, request, WORDS[type(error)], said.refusal(error))
            if isinstance(error, LaterError):
                answer.headers["Retry-After"] = str(error.after)
            return answer
        case RequestValidationError() if any(each["loc"][0] == "path" for each in error.errors()):
            return refuse(pages, request, ABSENT)  # an id that is none, like one of nobody
        case RequestValidationError():
            return _refused(pages, request, unread(error.errors()))
        case HTTPException():
            raise error
        case DBAPIError() if _withheld(error):
            return refuse(pages, request, UNAVAILABLE)
    return refuse(pages, request, FAULT, number=numbered(error))


def _withheld(error: DBAPIError) -> bool:
    """Return whether the store is away, or does not take a row of ours.

    What was read without its row in the audit is not shown (SEC-16).
    """
    return passes(error) or getattr(error.orig, "sqlstate", None) in NOT_TAKEN


def answer_browsers(web: FastAPI, pages: Renderer) -> None:
    """Answer a browser's address that leads nowhere with our page, and programs as before."""
    before = web.exception_handlers.get(HTTPException, http_exception_handler)

    async def absent(request: Request, error: Any) -> Response:
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            return refuse(pages, request, ABSENT)
        answer = before(request, error)
        return await answer if isawaitable(answer) else answer

    web.add_exception_handler(HTTPException, absent)


def _too_large(request: Request, most: int) -> bool:
    """Return whether a form's body is too large, or of unknown size."""
    if request.method in READING:
        return False
    length = request.headers.get("content-length", "")
    return not length.isdecimal() or int(length) > most


def _to_sign_in(request: Request) -> Response:
    """Send somebody to sign in, and back afterwards to what they wanted to read."""
    if "hx-request" in request.headers:
        return Response(status_code=200, headers={"HX-Redirect": "/sign-in?ended=1"})
    to = request.url.path if request.method == "GET" else "/inbox"
    return RedirectResponse(f"/sign-in?to={to}", status_code=303)
