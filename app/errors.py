"""What a refusal looks like from outside: an OperationOutcome, a page, and never a stack."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import uuid4

from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError, OperationalError

from core.errors import (
    ConflictError,
    ForbiddenError,
    GoneError,
    InvalidError,
    LaterError,
    NotFoundError,
    OverloadedError,
    ThrottledError,
    UnauthenticatedError,
    UnequippedError,
    WardlightError,
)
from core.logging import logger, place_of
from fhir.outcome import Issue, operation_outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import Request
    from fastapi.responses import Response

log = logger(__name__)
FHIR_JSON = "application/fhir+json; charset=utf-8"
RETRY_AFTER_SECONDS = "5"
# SQLSTATE classes and codes of trouble that passes: connection lost, read-only after a
# failover, transaction ended from outside, rolled back for others' sake, out of resources,
# lock not to be had, shutting down.
PASSING = ("08", "25006", "25P03", "25P04", "40", "53", "55P03", "57")
# No right to write a row, no such table: what was read without its row in the audit is not
# given out (SEC-16), and stays until somebody sets the store right.
NOT_TAKEN = ("42501", "42P01")

STATUS: dict[type[WardlightError], HTTPStatus] = {
    NotFoundError: HTTPStatus.NOT_FOUND,
    GoneError: HTTPStatus.GONE,
    ConflictError: HTTPStatus.CONFLICT,
    ForbiddenError: HTTPStatus.FORBIDDEN,
    UnauthenticatedError: HTTPStatus.UNAUTHORIZED,
    InvalidError: HTTPStatus.UNPROCESSABLE_ENTITY,
    ThrottledError: HTTPStatus.TOO_MANY_REQUESTS,
    OverloadedError: HTTPStatus.SERVICE_UNAVAILABLE,
    UnequippedError: HTTPStatus.SERVICE_UNAVAILABLE,
}
ISSUE_CODE = {
    HTTPStatus.BAD_REQUEST: "invalid",
    HTTPStatus.UNAUTHORIZED: "login",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.NOT_FOUND: "not-found",
    HTTPStatus.METHOD_NOT_ALLOWED: "not-supported",
    HTTPStatus.NOT_ACCEPTABLE: "not-supported",
    HTTPStatus.REQUEST_TIMEOUT: "timeout",
    HTTPStatus.CONFLICT: "conflict",
    HTTPStatus.GONE: "deleted",
    HTTPStatus.PRECONDITION_FAILED: "conflict",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too-long",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "not-supported",
    HTTPStatus.UNPROCESSABLE_ENTITY: "business-rule",
    HTTPStatus.TOO_MANY_REQUESTS: "throttled",
    HTTPStatus.SERVICE_UNAVAILABLE: "transient",
}


def speaks_fhir(request: Request) -> bool:
    """Return whether the answer goes to a program and not to a person's browser."""
    return "text/html" not in request.headers.get("accept", "")


def outcome(
    status: int, text: str, *, field: str = "", also: Mapping[str, str] | None = None
) -> Response:
    """Return an OperationOutcome with a status and, where due, what to do next."""
    code = ISSUE_CODE.get(HTTPStatus(status), "processing")
    issue = Issue(severity="error", code=code, text=text, expression=field)
    headers = dict(also or {})
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="wardlight"'
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers.setdefault("Retry-After", RETRY_AFTER_SECONDS)
    return JSONResponse(
        operation_outcome([issue]), status_code=status, headers=headers, media_type=FHIR_JSON
    )


def of_ours(error: WardlightError) -> Response:
    """Answer one of the program's own refusals."""
    also = {"Retry-After": str(error.after)} if isinstance(error, LaterError) else None
    return outcome(STATUS[type(error)], error.message, field=error.field, also=also)


def passes(error: DBAPIError) -> bool:
    """Return whether trouble with the database is of a kind that passes."""
    state = getattr(error.orig, "sqlstate", None) or ""
    known = state.startswith(PASSING) or error.connection_invalidated
    return known or isinstance(error, OperationalError)


def of_the_database(error: DBAPIError) -> Response:
    """Answer trouble with the database: come back later, or a number to quote."""
    state = getattr(error.orig, "sqlstate", None) or ""
    if passes(error):
        log.warning("database unavailable", error=type(error).__name__, state=state)
        return outcome(
            503, "the store is not available at the moment; nothing was acknowledged: send it again"
        )
    if state in NOT_TAKEN:
        log.error("database does not take a row", error=type(error).__name__, state=state)
        return outcome(503, "the store does not take what must be written down; nothing was done")
    return unexpected(error)


def unexpected(error: Exception) -> Response:
    """Answer a fault of ours with a number that the log also has, and nothing else (SEC-22)."""
    return outcome(500, f"internal error {numbered(error)}; nothing was accepted")


def numbered(error: Exception) -> str:
    """Write a fault of ours into the log, by its class and place, and return its number."""
    number = str(uuid4())
    log.error("unexpected", number=number, error=type(error).__name__, at=place_of(error))
    return number
