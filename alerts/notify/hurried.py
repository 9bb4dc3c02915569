"""A connection to a mail server that ends in time, wherever it stands then (FT-24)."""

from __future__ import annotations

import smtplib
from contextlib import suppress
from functools import cache
from socket import SHUT_RDWR, create_connection, getfqdn
from threading import Timer
from time import monotonic
from typing import TYPE_CHECKING

from core.lookup import within

if TYPE_CHECKING:
    from collections.abc import Callable
    from socket import socket

OWN_NAME_SECONDS = 1.0


class Hurried(smtplib.SMTP):
    """A connection whose time is counted as a whole: it is cut once that is over.

    A limit for each read is none for a server that drips its words, and encryption puts
    another object in the place of the socket: so a second handle on the line is kept to cut.
    """

    def __init__(
        self,
        host: str,
        port: int,
        resolver: Callable[[str, int], list[str]],
        *,
        seconds: float,
    ) -> None:
        self.late = False
        self._resolver, self._ends = resolver, monotonic() + seconds
        self._line: socket | None = None
        self._alarm = Timer(seconds, self._cut)
        self._alarm.daemon = True
        self._alarm.start()
        try:
            # Left to find out its own name, the library would ask a name server after connecting.
            super().__init__(host, port, local_hostname="localhost", timeout=seconds)
            self.local_hostname = _own_name() or self._literal()
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            if self.late:
                raise TimeoutError from error
            raise

    def _get_socket(self, host: str, port: int, timeout: float) -> socket:
        """Return a connection to the first address that answers, in what time is left."""
        addresses = within(self._ends - monotonic(), lambda: self._resolver(host, port))
        connected = self._connected(addresses or [], port)
        connected.settimeout(timeout)
        self._line = connected.dup()
        if self.late:
            connected.close()
            raise TimeoutError
        return connected

    def _connected(self, addresses: list[str], port: int) -> socket:
        """Give each address its share: one that is silent leaves time for the next."""
        failure: OSError = TimeoutError()
        for position, address in enumerate(addresses):
            share = (self._ends - monotonic()) / (len(addresses) - position)
            if share <= 0:
                raise TimeoutError
            try:
                return create_connection((address, port), share)
            except OSError as error:
                failure = error
        raise failure

    def _literal(self) -> str:
        """Return this end by its address (RFC 5321, 4.1.3)."""
        own = self._line.getsockname()[0] if self._line else "127.0.0.1"
        return f"[IPv6:{own}]" if ":" in own else f"[{own}]"

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Say farewell where all went well; what goes wrong in it takes nothing back."""
        if kind is None:
            with suppress(OSError, smtplib.SMTPException):
                self.docmd("QUIT")
        self.close()

    def close(self) -> None:
        """End it, and with it its time."""
        self._alarm.cancel()
        super().close()
        if self._line is not None:
            self._line.close()

    def _cut(self) -> None:
        self.late = True
        if self._line is not None:
            with suppress(OSError):
                self._line.shutdown(SHUT_RDWR)


@cache
def _own_name() -> str:
    """Return this machine's full name, or "" where none is found soon; asked for once."""
    name = within(OWN_NAME_SECONDS, getfqdn) or ""
    return name if "." in name else ""
