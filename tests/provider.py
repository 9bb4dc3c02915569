"""A provider on loopback that takes what is posted, or fails in each way that providers do."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from core.outward import Outward

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

LOOPBACK = Outward(plain_loopback=True)


class Fault(StrEnum):
    """What a provider does instead of answering."""

    HANGS = "takes the request and says nothing"
    DROPS = "takes the request and closes the connection"
    DRIPS = "sends its answer a byte at a time"


@dataclass(frozen=True, slots=True)
class Reply:
    """One scripted answer."""

    status: int = 202
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Post:
    """What came: header names in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> dict[str, Any]:
        """Return the JSON object that was posted."""
        read: dict[str, Any] = json.loads(self.body)
        return read


@dataclass(slots=True)
class Provider:
    """Where it listens, what came, and what it does next; after the script, what it `always` does.

    What is posted is noted before it is answered, as with a provider that takes and then fails.
    """

    url: str = ""
    came: list[Post] = field(default_factory=list)
    script: list[Reply | Fault] = field(default_factory=list)
    always: Reply | Fault = field(default_factory=Reply)
    over: threading.Event = field(default_factory=threading.Event)

    def next(self) -> Reply | Fault:
        """Return what to do with what came."""
        return self.script.pop(0) if self.script else self.always


@contextmanager
def provider(trust: ssl.SSLContext | None = None) -> Iterator[Provider]:
    """Run one, with TLS where a context is given."""
    noted = Provider()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(noted))
    server.daemon_threads = True
    if trust is not None:
        server.socket = trust.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    scheme = "http" if trust is None else "https"
    noted.url = f"{scheme}://127.0.0.1:{server.server_port}/send"
    yield noted
    noted.over.set()
    server.shutdown()
    thread.join()
    server.server_close()


def _handler(noted: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            noted.came.append(Post(self.path, headers, body))
            reply = noted.next()
            if isinstance(reply, Fault):
                self._fail(reply)
            else:
                self._answer(reply)

        def _answer(self, reply: Reply) -> None:
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def _fail(self, fault: Fault) -> None:
            self.close_connection = True
            if fault is Fault.HANGS:
                noted.over.wait(30)
            while fault is Fault.DRIPS and not noted.over.wait(0.2):
                try:
                    self.wfile.write(b"H")
                except OSError:
                    return

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's)
            del format, args

    return Handler
