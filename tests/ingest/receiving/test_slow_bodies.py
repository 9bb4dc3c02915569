"""A body that drips is not waited for (SEC-32)."""

from __future__ import annotations

import asyncio
import gzip
from typing import TYPE_CHECKING, Any

import pytest
from starlette.requests import Request

from ingest.receipt import Answer
from ingest.receiving import router

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

JSON = (b"content-type", b"application/fhir+json")
GZIP = (b"content-encoding", b"gzip")


def request(*headers: tuple[bytes, bytes], sends: list[bytes], then: float = 0) -> Request:
    """Return a request whose body comes in parts, and whose sender then waits before the end."""
    parts = [{"type": "http.request", "body": each, "more_body": True} for each in sends]

    async def receive() -> dict[str, Any]:
        if parts:
            return parts.pop(0)
        await asyncio.sleep(then)
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": headers}
    made: Callable[[], Awaitable[Any]] = receive
    return Request(scope, made)


@pytest.mark.parametrize(
    ("headers", "part"),
    [((JSON,), b'{"a"'), ((JSON, GZIP), gzip.compress(b"{}")[:12])],
    ids=["plain", "gzip"],
)
def test_a_body_that_does_not_end_is_408_sec_32(
    monkeypatch: pytest.MonkeyPatch, headers: tuple[tuple[bytes, bytes], ...], part: bytes
) -> None:
    monkeypatch.setattr(router, "BODY_SECONDS", 0.05)

    answer = asyncio.run(router.read_body(request(*headers, sends=[part], then=600), 1000))

    assert isinstance(answer, Answer)
    assert (answer.status, answer.issues[0].code) == (408, "timeout")


def test_a_body_in_parts_is_read_whole_sec_32() -> None:
    body = asyncio.run(router.read_body(request(JSON, sends=[b"{", b"}"]), 1000))

    assert body == b"{}"
