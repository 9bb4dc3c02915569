"""Keys of a client, and a server that keeps their public halves at an address."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

if TYPE_CHECKING:
    from collections.abc import Iterator

ELLIPTIC = ec.generate_private_key(ec.SECP384R1())
RIVEST = rsa.generate_private_key(65537, 2048)
EC_JWK = {**ECAlgorithm.to_jwk(ELLIPTIC.public_key(), as_dict=True), "kid": "e"}
RSA_JWK = {**RSAAlgorithm.to_jwk(RIVEST.public_key(), as_dict=True), "kid": "r"}


class Keeper(BaseHTTPRequestHandler):
    """Serves what is in `said` on loopback and counts how often it was asked."""

    said: bytes = b""
    status = 200
    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(self.said)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its own name)
        """Say nothing."""


@pytest.fixture
def keeper() -> Iterator[tuple[str, type[Keeper]]]:
    kind = type("One", (Keeper,), {"said": json.dumps({"keys": [EC_JWK]}).encode()})
    server = HTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/jwks", kind
    server.shutdown()
    thread.join()
    server.server_close()
