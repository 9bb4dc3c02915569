"""Field keys that lie wrapped: only a key service can open them, and it never gives its key away.

The ring that seals people's fields is data to the service (an envelope). It is opened once at
the start of a process, stays in memory, and is written nowhere.
"""

from __future__ import annotations

import json
import shlex
import subprocess
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from core.errors import WardlightError

if TYPE_CHECKING:
    from core.settings import Settings

MARK = "wrapped:"
SECONDS = 10.0
LONGEST = 256 << 10


class KeyServiceError(WardlightError):
    """The key service did not do what was asked; its words and the keys are not repeated."""


class Wrapper(Protocol):
    """What keeps a key of its own and wraps ours with it."""

    def __hash__(self) -> int:
        """Return a number by which it is told from another."""

    def wrap(self, plain: str) -> str:
        """Return a text that only `unwrap` opens."""

    def unwrap(self, wrapped: str) -> str:
        """Return the text that was wrapped; raise `KeyServiceError` where it is refused."""


def is_wrapped(text: str) -> bool:
    """Return whether field keys lie wrapped."""
    return text.startswith(MARK)


def wrapper(settings: Settings) -> Wrapper:
    """Return the key service of the settings; raise `KeyServiceError` where there is none."""
    token = settings.key_service_token
    if settings.key_service_url:
        return Transit(settings.key_service_url, token.get_secret_value() if token else "")
    if settings.key_command:
        return Command(settings.key_command)
    raise KeyServiceError(
        "the field keys are wrapped, and no key service is set:"
        " set WARDLIGHT_KEY_SERVICE_URL or WARDLIGHT_KEY_COMMAND"
    )


def wrap(text: str, by: Wrapper) -> str:
    """Return field keys as they lie at rest."""
    return MARK + by.wrap(text)


def unwrap(text: str, by: Wrapper) -> str:
    """Return field keys as `core.sealing.Keyring.read` reads them."""
    return _opened(text.removeprefix(MARK), by)


@cache  # a worker's children inherit it: they start also while the service is away
def _opened(wrapped: str, by: Wrapper) -> str:
    return by.unwrap(wrapped)


@dataclass(frozen=True, slots=True)
class Transit:
    """A key service that speaks as Vault's and OpenBao's transit engine do.

    Parameters
    ----------
    url : str
        The engine and the key: `https://vault.example:8200/v1/transit/wardlight`.
    token : str
        Who we are there.
    """

    url: str
    token: str = field(repr=False)

    def wrap(self, plain: str) -> str:
        """Return the engine's ciphertext, such as `vault:v1:…`."""
        said = self._ask("encrypt", {"plaintext": b64encode(plain.encode()).decode()})
        return _text(said, "ciphertext")

    def unwrap(self, wrapped: str) -> str:
        """Return the text that was wrapped."""
        said = self._ask("decrypt", {"ciphertext": wrapped})
        try:
            return b64decode(_text(said, "plaintext"), validate=True).decode()
        except ValueError as error:
            raise KeyServiceError("the key service answered with no text") from error

    def _ask(self, what: str, body: dict[str, str]) -> object:
        address = urlsplit(self.url)
        engine, _, name = address.path.rstrip("/").rpartition("/")
        kind = HTTPSConnection if address.scheme == "https" else HTTPConnection
        connection = kind(address.hostname or "", address.port, timeout=SECONDS)
        headers = {"X-Vault-Token": self.token, "Content-Type": "application/json"}
        try:
            connection.request("POST", f"{engine}/{what}/{name}", json.dumps(body), headers)
            with connection.getresponse() as answer:
                said = answer.read(LONGEST)
        except (OSError, HTTPException) as error:
            raise KeyServiceError("the key service of WARDLIGHT_KEY_SERVICE_URL is away") from error
        finally:
            connection.close()
        if answer.status != 200:  # noqa: PLR2004 (every other answer is a refusal)
            raise KeyServiceError(f"the key service refused ({answer.status})")
        try:
            return json.loads(said)
        except ValueError as error:
            raise KeyServiceError("the key service did not answer in JSON") from error


@dataclass(frozen=True, slots=True)
class Command:
    """A program of the site's own: called with `wrap` or `unwrap`, text in and text out.

    So a cloud's command line, a hardware module or a smart card is a script of a few lines. What
    is secret goes through pipes: a process list shows neither.
    """

    line: str

    def wrap(self, plain: str) -> str:
        """Return what the program prints for `wrap`."""
        return self._run("wrap", plain)

    def unwrap(self, wrapped: str) -> str:
        """Return what the program prints for `unwrap`."""
        return self._run("unwrap", wrapped)

    def _run(self, what: str, text: str) -> str:
        try:
            done = subprocess.run(
                [*shlex.split(self.line), what],
                input=text,
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=True,
            )
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            raise KeyServiceError(f"the program of WARDLIGHT_KEY_COMMAND failed to {what}") from (
                None if isinstance(error, subprocess.SubprocessError) else error
            )
        return done.stdout.strip("\r\n")


def _text(said: object, name: str) -> str:
    data = said.get("data") if isinstance(said, dict) else None
    value = data.get(name) if isinstance(data, dict) else None
    if not isinstance(value, str) or not value:
        raise KeyServiceError(f"the key service answered without `data.{name}`")
    return value
