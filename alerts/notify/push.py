"""Web push without a payload: a browser is woken, and asks us itself (RFC 8030, RFC 8292).

The push service learns that something waits for somebody at this browser, and nothing else: not
even the severity or the reference leaves (SEC-23). So there is nothing to encrypt either.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from alerts.notify.failure import DeliveryError
from alerts.notify.gateway import posted

if TYPE_CHECKING:
    from datetime import datetime

    from core.outward import Outward

KEEPS = timedelta(hours=4)  # how long a push service keeps it for a browser that is off
PASS = timedelta(hours=12)  # RFC 8292, 2: a token lasts no longer than a day
KEY_BYTES = 32
NOT_FOUND = "http-404"  # as good as 410: the browser's registration is over


def read_key(said: str) -> ec.EllipticCurvePrivateKey:
    """Return the key that a setting holds; raise `ValueError`, and never repeat what was given."""
    try:
        raw = urlsafe_b64decode(said + "=" * (-len(said) % 4))
        if len(raw) == KEY_BYTES:
            return ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1())
    except ValueError:
        pass
    raise ValueError("must be 32 bytes in base64url, as `wardlight reach push-key` prints")


def fresh_key() -> str:
    """Return a new key as the setting holds it."""
    key = ec.generate_private_key(ec.SECP256R1())
    return _text(key.private_numbers().private_value.to_bytes(KEY_BYTES, "big"))


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Push:
    """How this installation proves itself to push services; `contact` is whom they may ask."""

    key: ec.EllipticCurvePrivateKey = field(repr=False)
    contact: str
    outward: Outward

    @property
    def public(self) -> str:
        """Return the public key as a browser takes it."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return _text(point)

    def send(self, endpoint: str, *, urgent: bool, now: datetime) -> None:
        """Wake a browser; raise `DeliveryError` where its push service does not take it."""
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int((now + PASS).timestamp()),
            "sub": self.contact,
        }
        token = jwt.encode(claims, self.key, algorithm="ES256")
        headers = {
            "Authorization": f"vapid t={token}, k={self.public}",
            "TTL": str(int(KEEPS.total_seconds())),
            "Urgency": "high" if urgent else "normal",
            "Content-Length": "0",
        }
        try:
            posted(self.outward, endpoint, headers, b"", now=now)
        except DeliveryError as error:
            if error.code == NOT_FOUND:
                raise DeliveryError("gone", gone=True) from error
            raise
