"""A network between the API and PostgreSQL that can be cut at the worst moment: in the COMMIT."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# How a COMMIT and its CommandComplete end on the wire, in the simple and extended protocol.
COMMIT = b"COMMIT\x00"
# A bound parameter: the transaction offers a person to be assessed, so it stores a reading.
STORES_A_READING = b"\x00\x00\x00\x06assess"


class Cut(Enum):
    """When the connection is lost."""

    BEFORE = auto()  # the COMMIT never reaches the server
    AFTER = auto()  # the server has committed, and its answer never returns


@dataclass(slots=True)
class CuttingProxy:
    """Forwards bytes from a TCP port to the server's socket, until the armed cut comes."""

    server: str
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    armed: Cut | None = None
    then: Callable[[], object] | None = None  # what happens at the cut, before anything returns
    cuts: list[Cut] = field(default_factory=list)
    pairs: list[tuple[socket.socket, socket.socket]] = field(default_factory=list)

    @property
    def database_url(self) -> str:
        port = self.listener.getsockname()[1]
        return f"postgresql://wardlight_app@127.0.0.1:{port}/wardlight?sslmode=disable"

    def accept(self) -> None:
        """Serve whoever connects until the listener is closed."""
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self.server)
                self.pairs.append((client, server))
                held = threading.Event()  # set: nothing more returns to the client
                for body in (self._forward, self._return):
                    threading.Thread(target=body, args=(client, server, held), daemon=True).start()

    def _forward(self, client: socket.socket, server: socket.socket, held: threading.Event) -> None:
        stores, tail = False, b""
        with suppress(OSError):
            while chunk := client.recv(65536):
                seen = tail + chunk
                stores = stores or STORES_A_READING in seen
                if COMMIT in seen:
                    if stores and self.armed is not None:
                        cut, self.armed = self.armed, None
                        self.cuts.append(cut)
                        if cut is Cut.BEFORE:
                            self._happen()
                            break
                        held.set()
                    stores = False
                tail = seen[-32:] if COMMIT not in seen else b""
                server.sendall(chunk)
        if not held.is_set():
            close(client, server)

    def _return(self, client: socket.socket, server: socket.socket, held: threading.Event) -> None:
        seen = b""
        with suppress(OSError):
            while chunk := server.recv(65536):
                if not held.is_set():
                    client.sendall(chunk)
                    continue
                seen += chunk
                if COMMIT in seen:
                    self._happen()
                    break
        close(client, server)

    def _happen(self) -> None:
        if self.then is not None:
            self.then()

    def close(self) -> None:
        close(self.listener, *(end for pair in self.pairs for end in pair))


def close(*ends: socket.socket) -> None:
    for end in ends:
        # A thread that waits in it is woken by the shutdown, not by the close.
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


@contextmanager
def cutting_proxy(database_url: str) -> Iterator[CuttingProxy]:
    """Yield a proxy in front of the embedded server, which listens on a Unix socket."""
    folder = parse_qs(urlsplit(database_url).query)["host"][0]
    proxy = CuttingProxy(f"{folder}/.s.PGSQL.5432")
    accepting = threading.Thread(target=proxy.accept)
    accepting.start()
    try:
        yield proxy
    finally:
        proxy.close()
        accepting.join()
