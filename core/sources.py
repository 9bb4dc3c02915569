"""From where a request comes, as far as a budget can tell one source from another (SEC-36)."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

SITE = 64  # bits: whoever has one IPv6 address has all that begin so (RFC 6177)


def source_of(address: str) -> str:
    """Return an address, of IPv6 the network that one subscriber has at the least."""
    try:
        read = ip_address(address)
    except ValueError:  # a socket, or a test
        return address
    if not isinstance(read, IPv6Address):
        return address
    if read.ipv4_mapped:
        return str(read.ipv4_mapped)
    return str(ip_network((int(read), SITE), strict=False))
