"""Bounds what a request says before its body: 16 KiB, within 30 seconds (SEC-32).

The parser of the server reads lines and headers without an end; whoever sends them so is told
and let go before the application hears of the request.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from fhir.outcome import Issue, operation_outcome

if TYPE_CHECKING:
    import asyncio

LONGEST = 16 << 10  # bytes of the request line and all headers
SECONDS = 30.0  # for all of them; the body has a time of its own (`ingest/receiving`)
LINGER = 1.0  # seconds to hear out whoever was refused
TOO_LONG = Issue("fatal", "too-long", f"request line and headers may have {LONGEST} bytes together")
TOO_SLOW = Issue("fatal", "timeout", f"request line and headers must arrive within {SECONDS:g} s")


class BoundedHeads(HttpToolsProtocol):
    """One connection, on which no head of a request is longer or slower than it may be."""

    def __init__(self, *args: Any, **named: Any) -> None:
        """Take what uvicorn gives each connection."""
        super().__init__(*args, **named)
        self._in_head, self._refused = True, False
        self._fed = self._size = 0
        self._due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._hurry()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._heard()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what arrived, as long as it is no endless head."""
        if self._refused:
            return
        if self._in_head:
            self._fed += len(data)
            self._hurry()
        super().data_received(data)
        # A header that does not end has not been counted piece by piece yet.
        if self._in_head and self._fed > LONGEST:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, TOO_LONG)

    def on_url(self, url: bytes) -> None:
        """Count a part of the request line."""
        if self._fits(len(url)):
            super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header, with its colon and the end of its line."""
        if self._fits(len(name) + len(value) + 4):
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Let the application hear of the request."""
        self._in_head = False
        self._heard()
        if not self._refused:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Pass a part of the body on; it is bounded where it is read."""
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Expect the next head."""
        self._in_head, self._fed, self._size = True, 0, 0
        if not self._refused:
            super().on_message_complete()

    def _fits(self, size: int) -> bool:
        self._size += size
        if self._size > LONGEST:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, TOO_LONG)
        return not self._refused

    def _hurry(self) -> None:
        if self._due is None:
            self._due = self.loop.call_later(SECONDS, self._late)

    def _heard(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _late(self) -> None:
        self._due = None
        self._refuse(HTTPStatus.REQUEST_TIMEOUT, TOO_SLOW)

    def _refuse(self, status: HTTPStatus, issue: Issue) -> None:
        """Say why and hang up; in silence where an earlier answer is still being given."""
        if self._refused:
            return
        self._refused = True
        self._heard()
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.close()
            return
        self.transport.write(_answer(status, issue))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        # Hanging up on what is still being sent would take the answer with it.
        self.loop.call_later(LINGER, self.transport.close)


def _answer(status: HTTPStatus, issue: Issue) -> bytes:
    body = json.dumps(operation_outcome([issue])).encode()
    said = (
        b"content-type: application/fhir+json; charset=utf-8\r\n"
        b"cache-control: no-store\r\nconnection: close\r\n"
    )
    return STATUS_LINE[status] + said + b"content-length: %d\r\n\r\n" % len(body) + body
