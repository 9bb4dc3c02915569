"""Receives a request: its caller, its body within bounds; and gives answers their one form."""

from __future__ import annotations

from asyncio import timeout
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from fastapi import Response
from fastapi.responses import JSONResponse

from core.errors import UnauthenticatedError
from core.security import read_token
from fhir.outcome import operation_outcome
from ingest.admission.service import Arrival
from ingest.inflating import BrokenGzipError, Inflater, UnpackedTooLargeError
from ingest.negotiation import unacceptable, unreadable
from ingest.receipt import Answer, refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from fastapi import Request

    from core.database import Database
    from core.security import Caller
    from core.settings import Settings
    from ingest.admission.service import Gate

FHIR_JSON = "application/fhir+json; charset=utf-8"
BODY_SECONDS = 60.0  # for all of a body: whoever drips holds a connection, and no more
READING = ("GET", "HEAD")
NO_STORE = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class Reception:
    """What every handler of the door needs to know."""

    database: Database
    settings: Settings
    secret: str
    clock: Callable[[], datetime]
    gate: Gate | None = None

    def caller(self, request: Request) -> Caller:
        """Return who holds the bearer token; raise `UnauthenticatedError`."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise UnauthenticatedError("a bearer token is needed")
        caller = read_token(token.strip(), secret=self.secret, now=self.clock())
        if self.gate is not None and request.method in READING:
            self.gate.reader(caller)
        return caller

    async def admit(self, caller: Caller, kind: str, body: bytes) -> None:
        """Raise `LaterError` where this may not come in now (SEC-36, REL-25)."""
        if self.gate is not None and caller.id is not None:
            await self.gate.admit(Arrival(caller.id, kind, body))


def unacceptable_to(request: Request) -> Answer | None:
    """Return why no answer can be given in the form that the request asks for, or None."""
    query = request.query_params.get("_format", "")
    return unacceptable(request.headers.get("accept", ""), query)


async def read_body(request: Request, longest: int) -> bytes | Answer:
    """Return the received bytes, or why they are not read at all (SEC-32)."""
    no = unreadable(request.headers) or unacceptable_to(request)
    if no is not None:
        return no
    packed = request.headers.get("content-encoding", "identity").lower() == "gzip"
    try:
        async with timeout(BODY_SECONDS):
            if packed:
                return await _unpacked(request, longest)
            body = await limited(request, longest)
    except TimeoutError:
        text = f"the body must arrive within {BODY_SECONDS:g} s: send it again, in smaller Bundles"
        return refuse(408, "timeout", text)
    return _too_long(longest) if body is None else body


async def _unpacked(request: Request, longest: int) -> bytes | Answer:
    inflater, body = Inflater(longest), bytearray()
    try:
        async for part in request.stream():
            body += inflater.feed(part)
        inflater.end()
    except UnpackedTooLargeError:
        return _too_long(longest)
    except BrokenGzipError:
        return refuse(400, "structure", "the body is not gzip, as Content-Encoding says it is")
    return bytes(body)


def _too_long(longest: int) -> Answer:
    return refuse(413, "too-long", f"at most {longest} bytes are accepted, after unpacking too")


async def limited(request: Request, longest: int) -> bytes | None:
    """Return the body, or None as soon as it is longer than it may be."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > longest:
        return None
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > longest:
            return None
    return bytes(body)


def outcome(answer: Answer, said: Mapping[str, str] | None = None) -> Response:
    """Return an answer whose body is its OperationOutcome."""
    return JSONResponse(
        operation_outcome(answer.issues),
        status_code=answer.status,
        headers=dict(said or {}),
        media_type=FHIR_JSON,
    )


def resource(
    request: Request, body: bytes, said: Mapping[str, str], *, status: int = 200
) -> Response:
    """Return a resource as FHIR JSON, indented where `_pretty` asks for it."""
    if request.query_params.get("_pretty") == "true":
        body = msgspec.json.format(body, indent=2)
    return Response(body, status, {**said, **NO_STORE}, media_type=FHIR_JSON)
