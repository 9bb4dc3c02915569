"""What a setting may look like: each kind refuses what cannot work, and repeats no secret."""

from __future__ import annotations

import re
from email.utils import getaddresses
from ipaddress import ip_address, ip_network
from typing import Annotated, TypeVar
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, SecretStr

from core.sealing import Keyring
from core.signing import secrets_in
from core.wrapping import is_wrapped

T = TypeVar("T")
_MAILBOX = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?/?")


def only_here(host: str) -> bool:
    """Return whether a host is this machine's own loopback, however it is written."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_loopback or mapped.is_unspecified)


def _begins(*schemes: str) -> AfterValidator:
    """Refuse an address of another kind, without repeating it: it may hold a password."""

    def checked(value: T) -> T:
        text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        if not text.startswith(schemes):
            msg = f"must begin with {' or '.join(schemes)}"
            raise ValueError(msg)
        return value

    return AfterValidator(checked)


def _not_open(value: SecretStr) -> SecretStr:
    """Refuse a broker on the network that lets anybody in, or in by RabbitMQ's own password."""
    address = urlsplit(value.get_secret_value())
    if address.scheme == "unix" or address.hostname in {"127.0.0.1", "::1", "localhost"}:
        return value
    if not address.password:
        raise ValueError("must have a password where the server is on another machine")
    if address.username == address.password == "guest":
        raise ValueError("must not have the password that RabbitMQ comes with")
    return value


def _readable_keys(value: SecretStr) -> SecretStr:
    if not is_wrapped(value.get_secret_value()):
        Keyring.read(value.get_secret_value())
    return value


def _readable_secrets(value: SecretStr) -> SecretStr:
    secrets_in(value.get_secret_value())
    return value


def _push_key(value: SecretStr) -> SecretStr:
    if not re.fullmatch("[A-Za-z0-9_-]{43}", value.get_secret_value()):
        raise ValueError("must be 32 bytes in base64url, as its command prints it")
    return value


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("must be an IANA time zone such as Europe/Berlin")
    return value


def _networks(value: str) -> str:
    for each in listed(value):
        ip_network(each)
    return value


def _origins(value: str) -> str:
    if not all(_ORIGIN.fullmatch(each) for each in listed(value)):
        raise ValueError("must be origins such as https://app.example, with commas between")
    return value


def listed(value: str) -> tuple[str, ...]:
    """Return what a setting lists with commas between."""
    return tuple(each.strip() for each in value.split(",") if each.strip())


def _visit_url(value: str) -> str:
    """Refuse an address that has not exactly one place for the id, behind the host."""
    before, place, after = value.partition("{id}")
    rest = before + after
    host = urlsplit(before)
    if not place or {"{", "}"} & set(rest) or not host.hostname or not host.path or host.username:
        raise ValueError("must hold {id} once, behind the host, and no other placeholder")
    return value


def _mailbox(value: str) -> str:
    """Refuse what no mail reaches: nobody would notice until it is needed."""
    found = getaddresses([value]) if value else []
    if value and not (len(found) == 1 and _MAILBOX.fullmatch(found[0][1])):
        raise ValueError("must be one e-mail address such as duty@clinic.example")
    return value


DatabaseUrl = Annotated[SecretStr, _begins("postgresql://", "postgres://", "postgresql+psycopg://")]
SigningSecrets = Annotated[SecretStr, AfterValidator(_readable_secrets)]
BrokerUrl = Annotated[
    SecretStr,
    _begins("redis://", "rediss://", "unix://", "amqp://", "amqps://"),
    AfterValidator(_not_open),
]
ValkeyUrl = Annotated[
    SecretStr, _begins("redis://", "rediss://", "unix://"), AfterValidator(_not_open)
]
PushKey = Annotated[SecretStr, AfterValidator(_push_key)]
FieldKeys = Annotated[SecretStr, AfterValidator(_readable_keys)]
VisitUrl = Annotated[str, _begins("http://", "https://"), AfterValidator(_visit_url)]
WebUrl = Annotated[str, _begins("http://", "https://")]
Mailbox = Annotated[str, AfterValidator(_mailbox)]
Zone = Annotated[str, AfterValidator(_zone)]
Networks = Annotated[str, AfterValidator(_networks)]
Origins = Annotated[str, AfterValidator(_origins)]
