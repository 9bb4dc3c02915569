"""Where the program may send a request of its own, and how it does (SEC-34).

An address that somebody else gave us could point into our own network. So every address that
its name stands for is checked, the connection goes to the very address that was checked, and
no redirect is followed.
"""

from __future__ import annotations

import re
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection, HTTPException
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from threading import Timer
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from core.errors import InvalidError
from core.lookup import resolve, within
from core.settings import Environment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from ipaddress import IPv4Network, IPv6Network

    from core.settings import Settings

PORTS = (443, 8443)
LONGEST_URL = 2000
SECONDS = 5.0
LONGEST_ANSWER = 256 << 10
_PLAIN = re.compile(r"[!-~]+")
_NAME = re.compile(r"(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9-]{1,63}")
_NUMBER = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)")
# IPv6 in which an IPv4 address stands, or that has no business outside: the deprecated
# compatible and site-local forms, 6to4, Teredo, and both prefixes of NAT64.
_TRANSLATED = tuple(
    ip_network(each)
    for each in ("::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16", "fec0::/10")
)


class OutwardError(Exception):
    """A request that was not sent or not answered; `code` says why, without the address."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Target(NamedTuple):
    """An address that was checked: where to connect, and what to say there."""

    secure: bool
    host: str
    port: int
    path: str
    address: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Outward:
    """The one way out.

    Parameters
    ----------
    allowed : sequence of networks
        Networks that may be reached although they are not public.
    plain_loopback : bool
        Whether plain http to this machine is let through: for demonstration and test only.
    resolver : callable
        (host, port) to addresses.
    trust : ssl.SSLContext or None
        Whose certificates are believed; the system's where None.
    seconds : float
        How long everything together may take, from looking up its name.
    longest : int
        How many bytes of an answer are read.
    """

    allowed: Sequence[IPv4Network | IPv6Network] = ()
    plain_loopback: bool = False
    resolver: Callable[[str, int], list[str]] = resolve
    trust: ssl.SSLContext | None = field(default=None, repr=False)
    seconds: float = SECONDS
    longest: int = LONGEST_ANSWER

    @classmethod
    def of(cls, settings: Settings) -> Outward:
        """Return the way out that an installation permits."""
        networks = [ip_network(each) for each in settings.outbound_networks]
        shown = settings.environment in (Environment.DEMO, Environment.TEST)
        return cls(networks, plain_loopback=settings.outbound_loopback and shown)

    def within(self, seconds: float) -> Outward:
        """Return the same way out with another limit of time."""
        return replace(self, seconds=seconds)

    def check(self, url: str) -> Target:
        """Return where a request to an address would go.

        Raises
        ------
        InvalidError
            Saying which rule the address breaks, and never repeating it.
        """
        try:
            return self._target(url)
        except OutwardError as error:
            raise InvalidError("the name in the address is not known") from error

    def _target(self, url: str) -> Target:
        """Return where a request goes; a name that nobody looks up breaks no rule, and is apart."""
        secure, host, port, path = _read(url)
        if not secure and not self.plain_loopback:
            raise InvalidError("the address must begin with https://")
        addresses = self._addresses(host, port)
        local = self.plain_loopback and all(each.is_loopback for each in addresses)
        if not secure and not local:
            raise InvalidError("the address must begin with https://")
        if not local and port not in PORTS:
            raise InvalidError(
                "the port must be one of {ports}", facts={"ports": ", ".join(map(str, PORTS))}
            )
        if not local and not all(self._reachable(each) for each in addresses):
            raise InvalidError("the address must be a public one, or in a network that is allowed")
        return Target(secure, host, port, path, str(addresses[0]))

    def _addresses(self, host: str, port: int) -> list[IPv4Address | IPv6Address]:
        try:
            found = within(self.seconds, lambda: self.resolver(host, port))
            addresses = [ip_address(each) for each in found or []]
        except (OSError, ValueError) as error:
            raise OutwardError("unresolved") from error
        if not addresses:
            raise OutwardError("too-slow" if found is None else "unresolved")
        return addresses

    def _reachable(self, address: IPv4Address | IPv6Address) -> bool:
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        # An IPv6 address is in no IPv4 network, and the other way round.
        return any(address in network for network in self.allowed) or is_public(address)

    def send(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        """Send one request to an address that is checked anew, and return what came back.

        A redirect is an answer like any other: nobody follows it.

        Raises
        ------
        InvalidError
            As `check` does, but not for a name that is not known.
        OutwardError
            `unresolved`, `unreachable`, `untrusted`, `too-slow`, `too-long` or `not-http`.
        """
        ends = monotonic() + self.seconds
        target = self._target(url)
        left = ends - monotonic()
        if left <= 0:
            raise OutwardError("too-slow")
        connection = _Pinned(target, self.trust, left)
        alarm = Timer(left, connection.cut)
        alarm.daemon = True
        alarm.start()
        try:
            connection.request(method, target.path, body, dict(headers))
            said = connection.getresponse()
            read = said.read(self.longest + 1)
        except (OSError, HTTPException, ValueError) as error:
            raise OutwardError("too-slow" if connection.late else _code(error)) from error
        finally:
            alarm.cancel()
            connection.close()
        if connection.late:
            raise OutwardError("too-slow")
        if len(read) > self.longest:
            raise OutwardError("too-long")
        return Answer(said.status, {k.lower(): v for k, v in said.getheaders()}, read)


class _Pinned(HTTPConnection):
    """A connection to the address that was checked, under the name that was asked for."""

    def __init__(self, target: Target, trust: ssl.SSLContext | None, seconds: float) -> None:
        super().__init__(target.host, target.port, timeout=seconds)
        self.default_port = 443 if target.secure else 80
        self.target, self.trust, self.late = target, trust, False

    def connect(self) -> None:
        """Connect, and prove over TLS that it is who the name says."""
        place = (self.target.address, self.target.port)
        self.sock = socket.create_connection(place, self.timeout)
        if self.target.secure:
            trust = self.trust or ssl.create_default_context()
            host = self.target.host
            wrapped = trust.wrap_socket(
                self.sock, server_hostname=host, do_handshake_on_connect=False
            )
            self.sock = wrapped  # before the handshake, so that `cut` can end that too
            wrapped.do_handshake()

    def cut(self) -> None:
        """End it from outside: whoever drips an answer would hold us for ever."""
        self.late = True
        with suppress(OSError, AttributeError):
            self.sock.shutdown(socket.SHUT_RDWR)


def _code(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return "untrusted"
    if isinstance(error, TimeoutError):
        return "too-slow"
    return "unreachable" if isinstance(error, OSError) else "not-http"


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Return whether an address belongs to the public internet, and to nothing translated."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return is_public(address.ipv4_mapped)
        if any(address in each for each in _TRANSLATED):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _read(url: str) -> tuple[bool, str, int, str]:
    """Return (https, host, port, path with query) of an address written in one way only."""
    if not url or len(url) > LONGEST_URL or not _PLAIN.fullmatch(url) or "\\" in url:
        raise InvalidError("the address must be an absolute https URL")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if parts.scheme not in ("http", "https") or not _one_way(host):
        raise InvalidError("the address must be an absolute https URL")
    if "@" in parts.netloc:
        raise InvalidError("the address may hold no user name or password")
    if parts.fragment:
        raise InvalidError("the address may have no fragment")
    secure = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return secure, host, port or (443 if secure else 80), path


def _one_way(host: str) -> bool:
    """Return whether a host is a name, or an address in its usual form: no 0x7f.1, no 0177."""
    with suppress(ValueError):
        return "%" not in host and bool(ip_address(host))
    return bool(_NAME.fullmatch(host)) and not _NUMBER.fullmatch(host.rpartition(".")[2])
