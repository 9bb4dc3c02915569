"""What every request passes first: the count of its address, and one line in the log."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app import errors
from core.asking import asking
from core.errors import ThrottledError
from core.logging import logger
from core.tracing import taken, traced

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from ingest.admission.service import Gate

log = logger(__name__)
HEADER = b"x-request-id"


@dataclass(frozen=True, slots=True)
class Access:
    """Plain ASGI: it costs a few microseconds where a middleware with its own tasks costs 100."""

    app: ASGIApp
    gate: Gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Turn away an address that asks too often, before anything is read (SEC-36)."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status = time.perf_counter(), 0

        trace = taken(_said(scope))

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (HEADER, trace.encode())]
            await send(message)

        address = (scope.get("client") or ("",))[0]
        with traced(trace), asking(address, scope.get("query_string", b"").decode("latin-1")):
            try:
                self.gate.request(address)
            except ThrottledError as error:
                await errors.of_ours(error)(scope, receive, noted)
            else:
                await self.app(scope, receive, noted)
            _log(scope, status, time.perf_counter() - started)


def _said(scope: Scope) -> str:
    """Return the id that a caller gave its request, of which only an opaque one is taken."""
    said: bytes = next((value for name, value in scope["headers"] if name == HEADER), b"")
    return said.decode("latin-1")


def _log(scope: Scope, status: int, seconds: float) -> None:
    # The route's pattern, never the path or the query: those may name people (SEC-24).
    log.info(
        "request",
        method=scope["method"],
        route=getattr(scope.get("route"), "path", "unmatched"),
        status=status,
        ms=round(seconds * 1000, 1),
    )
