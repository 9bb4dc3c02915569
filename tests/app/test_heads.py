"""Heads that are too long or never end, over a raw socket to a real server (SEC-32)."""

from __future__ import annotations

import json
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from app import heads
from tests.running_system import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

ASKED = b"POST /fhir HTTP/1.1\r\nHost: localhost\r\n"


async def echo(_: Any, receive: Any, send: Any) -> None:
    """Answer with the number of bytes of the body."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    body = str(size).encode()
    length = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": length})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def port() -> Iterator[int]:
    chosen = free_port()
    config = uvicorn.Config(
        echo, port=chosen, http=heads.BoundedHeads, lifespan="off", log_config=None
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield chosen
    server.should_exit = True
    thread.join()


def said(port: int, *parts: bytes) -> bytes:
    """Send parts, each on its own, and return all that comes until the server hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as wire:
        for part in parts:
            wire.sendall(part)
            time.sleep(0.01)
        got = b""
        try:
            while piece := wire.recv(1 << 16):
                got += piece
        except ConnectionResetError:
            pass  # what it did not read any more is thrown back
        return got


def headers(size: int) -> bytes:
    """Return one header that makes the head `size` bytes long, as it is counted."""
    used = len("/fhir") + len("Host") + len("localhost") + 4 + len("X-Long") + 4
    return b"X-Long: " + b"a" * (size - used) + b"\r\n"


LAST = b"Content-Length: 2\r\nConnection: close\r\n\r\n{}"
OF_LAST = sum(len(each) + 4 for each in ("Content-Length", "2", "Connection", "close")) - 8


@pytest.mark.parametrize(("over", "status"), [(0, b"200"), (1, b"431")])
def test_a_head_of_16_kib_is_read_and_one_byte_more_is_431_sec_32(
    port: int, over: int, status: bytes
) -> None:
    answer = said(port, ASKED + headers(heads.LONGEST - OF_LAST + over) + LAST)

    assert answer.split()[1] == status


ENDLESS = {
    "one header that never ends": [ASKED + b"X-Long: ", *[b"a" * 4096] * 8],
    "one name that never ends": [ASKED, *[b"a" * 4096] * 8],
    "an address that never ends": [b"GET /", *[b"a" * 4096] * 8],
    "many headers": [ASKED, *[b"X-A: b\r\n" * 512] * 8],
    "all at once": [ASKED + b"X-A: b\r\n" * 4096 + LAST],
}


@pytest.mark.parametrize("name", ENDLESS)
def test_an_endless_head_is_431_with_an_outcome_sec_32(port: int, name: str) -> None:
    answer = said(port, *ENDLESS[name])

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 431 ")
    assert b"connection: close" in head
    (issue,) = json.loads(body)["issue"]
    assert (issue["severity"], issue["code"]) == ("fatal", "too-long")
    assert "16384 bytes" in issue["diagnostics"]


def test_a_head_that_drips_is_408_sec_32(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "SECONDS", 0.2)

    for begun in ((), (b"GET / HT",), (ASKED, b"X-A: b\r\n", b"X-")):
        answer = said(port, *begun)

        assert answer.startswith(b"HTTP/1.1 408 ")


def test_bodies_and_further_requests_on_a_connection_are_not_counted_as_head_sec_32(
    port: int,
) -> None:
    body = b"x" * 200_000
    long = ASKED + b"Content-Length: 200000\r\n\r\n" + body

    answer = said(port, long, long, long[:-5], long[-5:] + ASKED + LAST)

    assert answer.count(b"HTTP/1.1 200 ") == 4
    assert answer.endswith(b"2")
