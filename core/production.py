"""What production refuses of its settings, and how each is mended; pure (SEC-08, SEC-30).

The settings ask at the start of every process, and `wardlight doctor` prints the same.
"""

from __future__ import annotations

import re
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from core.setting_kinds import listed, only_here

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import SecretStr

    from core.settings import Settings

NEEDED = (
    "database_url",
    "broker_url",
    "secret_key",
    "field_keys",
    "fallback_email",
    "smtp_host",
    "oidc_issuer",
)
# What nothing is sent to by plain http: signing in, messages and the ping would never come about.
ENCRYPTED = (
    "video_visit_url",
    "oidc_issuer",
    "sms_gateway_url",
    "chat_gateway_url",
    "heartbeat_url",
)
SECRET_LENGTH = 32
FEWEST_CHARACTERS = 8  # different ones: a drawn key of 32 characters has far more
PLAIN = "servers of this very machine may be named in WARDLIGHT_SAME_MACHINE"
# From manuals, examples and images; what is left of a secret without its digits and signs.
WELL_KNOWN = frozenset(
    {"admin", "change", "changeit", "changeme", "changethis", "default", "demo", "example"}
    | {"foobared", "guest", "insecure", "letmein", "mysecret", "pass", "password", "postgres"}
    | {"qwerty", "rabbitmq", "redis", "replaceme", "root", "secret", "secretkey", "setit", "test"}
    | {"valkey", "wardlight", "wardlightapp", "wardlightowner", "wardlightpassword"}
    | {"supersecret", "yoursecret", "yoursecretkey", "yourpassword"}
)


def refusals(settings: Settings) -> list[str]:
    """Return a sentence for each setting with which production may not start."""
    return [
        *_missing(settings),
        *_secrets(settings),
        *well_known(settings),
        *_addresses(settings),
        *_shortcuts(settings),
        *_database(settings, "database_url"),
        *_database(settings, "migration_database_url"),
        *_broker(settings, "broker_url"),
        *_broker(settings, "budget_url"),
        *_mail(settings),
        *_key_service(settings),
    ]


def well_known(settings: Settings) -> Iterator[str]:
    """Refuse secrets that everybody knows: only the demonstration and tests have such (SEC-08)."""
    for name in ("secret_key", "metrics_token", "oidc_client_secret", "smtp_password"):
        if _known(_text(getattr(settings, name))):
            yield f"{_variable(name)} is a secret that everybody knows: draw one, such as by" + DRAW
    for name in ("database_url", "migration_database_url", "broker_url", "budget_url"):
        if _known(unquote(urlsplit(_text(getattr(settings, name))).password or "")):
            yield (
                f"the password in {_variable(name)} is one that everybody knows: give the server"
                " another, such as one drawn by" + DRAW
            )


DRAW = " `python -c 'import secrets; print(secrets.token_urlsafe(32))'`"


def _known(secret: str) -> bool:
    letters = re.sub("[^a-z]", "", secret.casefold())
    return bool(secret) and (letters in WELL_KNOWN or (secret.isdigit() and len(secret) < 12))  # noqa: PLR2004 (a short row of digits)


def _missing(settings: Settings) -> Iterator[str]:
    missing = [_variable(name) for name in NEEDED if not getattr(settings, name)]
    if missing:
        yield (
            f"production needs {', '.join(missing)}; embedded servers and default secrets are"
            " refused: set each, as docs/operations.md says"
        )


def _secrets(settings: Settings) -> Iterator[str]:
    secret = _text(settings.secret_key)
    if secret and len(secret) < SECRET_LENGTH:
        yield f"WARDLIGHT_SECRET_KEY must have at least {SECRET_LENGTH} characters: draw it:{DRAW}"
    elif secret and len(set(secret)) < FEWEST_CHARACTERS:
        yield f"WARDLIGHT_SECRET_KEY repeats few characters: draw one by{DRAW}"


def _addresses(settings: Settings) -> Iterator[str]:
    if (wrong := _not_for_others(settings.base_url)) is not None:
        yield f"WARDLIGHT_BASE_URL {wrong}"
    for name in ENCRYPTED:
        url = getattr(settings, name)
        if url and not url.startswith("https://"):
            yield f"{_variable(name)} must begin with https://"


def _not_for_others(url: str) -> str | None:
    """Return why people elsewhere cannot use an address safely: cookies and links hang on it."""
    address = urlsplit(url)
    host = (address.hostname or "").rstrip(".")
    if address.scheme != "https" or not host:
        return "must begin with https:// and name a host in production"
    if only_here(host):
        return "must be an address that others reach, not loopback, in production"
    return None


def _shortcuts(settings: Settings) -> Iterator[str]:
    if settings.outbound_loopback:
        yield "WARDLIGHT_OUTBOUND_LOOPBACK is for demonstration and test only: unset it"
    if settings.escalation_scale != 1.0:
        yield "WARDLIGHT_ESCALATION_SCALE may not shorten deadlines in production: unset it"


def _database(settings: Settings, name: str) -> Iterator[str]:
    """Ask for a server that proves who it is, and for proof of who we are."""
    if not getattr(settings, name):
        return
    try:
        said = _parts(settings, name)
    except ProgrammingError:
        yield f"{_variable(name)} is no address that PostgreSQL's own library reads"
        return
    if nearby(settings, name):
        return
    if said.get("sslmode") != "verify-full":
        yield (
            f"{_variable(name)} must prove the server by TLS: add"
            " `?sslmode=verify-full&sslrootcert=/path/of/the/ca.pem` to it (`sslrootcert=system`"
            f" for a public certificate); {PLAIN}"
        )
    if not {"password", "passfile", "sslcert", "service"} & {k for k, v in said.items() if v}:
        yield (
            f"{_variable(name)} names no password and no client certificate: a server on another"
            " machine must not let anybody in"
        )


def _broker(settings: Settings, name: str) -> Iterator[str]:
    url = _text(getattr(settings, name))
    address = urlsplit(url)
    if not url or address.scheme == "unix" or near(address.hostname or "", settings):
        return
    secure = {"redis": "rediss", "amqp": "amqps"}.get(address.scheme)
    if secure:
        yield (
            f"{_variable(name)} must be encrypted between machines: begin it with {secure}:// and"
            f" turn TLS on at the server; {PLAIN}"
        )
    query = parse_qs(address.query)
    checks = {each.lower() for each in query.get("ssl_check_hostname", [])}
    if set(query.get("ssl_cert_reqs", [])) - {"required", "CERT_REQUIRED"} or checks - {"true"}:
        yield (
            f"{_variable(name)} does not prove the server: take ssl_cert_reqs and"
            " ssl_check_hostname out of it, and name your CA by `?ssl_ca_certs=/path/of/the/ca.pem`"
        )


def _mail(settings: Settings) -> Iterator[str]:
    host = settings.smtp_host
    if host and not settings.smtp_starttls and not near(host, settings):
        yield f"WARDLIGHT_SMTP_HOST is elsewhere: set WARDLIGHT_SMTP_STARTTLS=true; {PLAIN}"
    domain = parseaddr(settings.mail_from)[1].partition("@")[2]
    if host and not near(host, settings) and (not domain or only_here(domain)):
        yield (
            "WARDLIGHT_MAIL_FROM must be an address of yours: a mail server elsewhere refuses"
            " what comes from localhost, or throws it away"
        )


def _key_service(settings: Settings) -> Iterator[str]:
    address = urlsplit(settings.key_service_url or "")
    if address.scheme == "http" and not near(address.hostname or "", settings):
        yield "WARDLIGHT_KEY_SERVICE_URL must begin with https://, or be an agent on this machine"


def nearby(settings: Settings, name: str) -> bool:
    """Return whether a database is reached by a Unix socket, or on this machine."""
    said = _parts(settings, name)
    if said.get("service"):  # a file says where it is
        return False
    hosts = listed(str(said.get("hostaddr") or said.get("host") or ""))
    return all(each.startswith("/") or near(each, settings) for each in hosts)


def _parts(settings: Settings, name: str) -> dict[str, Any]:
    url = _text(getattr(settings, name))
    return conninfo_to_dict(url.replace("postgresql+psycopg://", "postgresql://", 1))


def near(host: str, settings: Settings) -> bool:
    """Return whether what is said to a host leaves no machine, so that nobody could listen."""
    return only_here(host) or host in listed(settings.same_machine)


def _variable(name: str) -> str:
    return f"WARDLIGHT_{name.upper()}"


def _text(value: SecretStr | None) -> str:
    return value.get_secret_value() if value else ""
