"""Field keys wrapped by a key service: a real server on loopback, and a real program (SEC-27).

The server speaks as Vault's transit engine does, and keeps the only key that opens.
"""

from __future__ import annotations

import json
import secrets
import stat
import sys
import threading
from base64 import b64decode, b64encode
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr
from typer.testing import CliRunner

from app.cli import build
from core.embedded import field_keys
from core.sealing import Keyring
from core.settings import Settings
from core.wrapping import Command, KeyServiceError, Transit, Wrapper, unwrap, wrap, wrapper

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "s.of-a-test"


class Engine(BaseHTTPRequestHandler):
    """One transit engine with one key, for whoever has the token."""

    key = AESGCM(secrets.token_bytes(32))
    asked: list[str] = []  # noqa: RUF012 (of the class: a handler lives for one request)

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append(self.path)
        if self.headers["X-Vault-Token"] != TOKEN:
            self._answer(403, {"errors": ["permission denied"]})
        elif self.path == "/v1/transit/encrypt/wardlight":
            nonce = secrets.token_bytes(12)
            sealed = nonce + self.key.encrypt(nonce, b64decode(said["plaintext"]), None)
            self._answer(200, {"data": {"ciphertext": f"vault:v1:{b64encode(sealed).decode()}"}})
        elif self.path == "/v1/transit/decrypt/wardlight":
            self._decrypt(b64decode(said["ciphertext"].removeprefix("vault:v1:")))
        else:
            self._answer(404, {"errors": []})

    def _decrypt(self, sealed: bytes) -> None:
        try:
            plain = self.key.decrypt(sealed[:12], sealed[12:], None)
        except InvalidTag:
            self._answer(400, {"errors": ["invalid ciphertext"]})
        else:
            self._answer(200, {"data": {"plaintext": b64encode(plain).decode()}})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def engine() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Engine)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1/transit/wardlight"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with engine() as url:
        yield url


PROGRAM = """#!{python}
import base64, sys
text = sys.stdin.read()
if sys.argv[1:] == ["--key", "7", "wrap"]:
    print(base64.b85encode(text[::-1].encode()).decode())
elif sys.argv[1:] == ["--key", "7", "unwrap"]:
    print(base64.b85decode(text).decode()[::-1])
else:
    sys.exit(text)
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("kms") / "kms"
    path.write_text(PROGRAM.format(python=sys.executable))
    path.chmod(stat.S_IRWXU)
    return f"{path} --key 7"


@pytest.fixture(params=["transit", "command"])
def service(request: pytest.FixtureRequest, url: str, program: str) -> Wrapper:
    return Transit(url, TOKEN) if request.param == "transit" else Command(program)


def test_a_ring_lies_wrapped_and_comes_back_sec_27(service: Wrapper) -> None:
    ring = Keyring.fresh()

    at_rest = wrap(ring, service)

    assert not {part.partition(":")[2] for part in ring.split(",")} & set(at_rest.split(":"))
    assert ring not in at_rest
    assert unwrap(at_rest, service) == ring


def test_the_settings_open_a_wrapped_ring_once_for_a_process_sec_27(url: str) -> None:
    """A worker's children start also while the service is away."""
    ring = Keyring.fresh()
    with engine() as elsewhere:
        settings = Settings(
            field_keys=SecretStr(wrap(ring, Transit(elsewhere, TOKEN))),
            key_service_url=elsewhere,
            key_service_token=SecretStr(TOKEN),
        )
        Engine.asked.clear()
        assert [field_keys(settings) for _ in range(3)] == [ring] * 3

    assert Engine.asked == ["/v1/transit/decrypt/wardlight"]
    assert field_keys(settings) == ring
    assert url


def test_what_was_changed_at_rest_is_refused_and_not_repeated_sec_27(url: str) -> None:
    at_rest = wrap(Keyring.fresh(), Transit(url, TOKEN))
    spoilt = at_rest[:-6] + ("AAAA" if at_rest[-6:-2] != "AAAA" else "BBBB") + at_rest[-2:]

    with pytest.raises(KeyServiceError, match="refused \\(400\\)") as refused:
        unwrap(spoilt, Transit(url, TOKEN))

    assert spoilt[-20:] not in str(refused.value)


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (lambda url: Transit(url, "s.of-nobody"), "refused \\(403\\)"),
        (lambda url: Transit(url + "-not", TOKEN), "refused \\(404\\)"),
        (lambda _: Transit("http://127.0.0.1:9/v1/transit/wardlight", TOKEN), "is away"),
        (lambda _: Command("/nowhere/at-all"), "failed to unwrap"),
        (lambda _: Command(f"{sys.executable} -c 'raise SystemExit(3)'"), "failed to unwrap"),
    ],
)
def test_a_service_that_does_not_open_is_named_sec_27(of: Any, said: str, url: str) -> None:
    with pytest.raises(KeyServiceError, match=said):
        unwrap("wrapped:vault:v1:AAAA", of(url))


def test_wrapped_keys_without_a_service_say_what_to_set() -> None:
    with pytest.raises(KeyServiceError, match="WARDLIGHT_KEY_SERVICE_URL or WARDLIGHT_KEY_COMMAND"):
        wrapper(Settings(field_keys=SecretStr("wrapped:vault:v1:AAAA")))


def test_the_commands_wrap_a_ring_and_keep_it_wrapped_sec_27(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = Keyring.fresh()
    monkeypatch.setenv("WARDLIGHT_FIELD_KEYS", ring)
    monkeypatch.setenv("WARDLIGHT_KEY_SERVICE_URL", url)
    monkeypatch.setenv("WARDLIGHT_KEY_SERVICE_TOKEN", TOKEN)
    run = CliRunner()

    wrapped = run.invoke(build("keys"), ["keys", "wrap"]).output.strip()
    assert wrapped.startswith("wrapped:vault:v1:")
    monkeypatch.setenv("WARDLIGHT_FIELD_KEYS", wrapped)
    longer = run.invoke(build("keys"), ["keys", "add", "2027"]).output.strip()

    assert longer.startswith("wrapped:vault:v1:")
    opened = Keyring.read(unwrap(longer, Transit(url, TOKEN)))
    assert opened.current == "2027"
    assert opened.index == Keyring.read(ring).index

    behind = run.invoke(build("keys"), ["keys", "add", "2027", "--behind"]).output.strip()
    monkeypatch.setenv("WARDLIGHT_FIELD_KEYS", behind)
    first = run.invoke(build("keys"), ["keys", "first", "2027"]).output.strip()
    assert Keyring.read(unwrap(behind, Transit(url, TOKEN))).current == "first"
    assert Keyring.read(unwrap(first, Transit(url, TOKEN))).current == "2027"
