"""Signed heads: what the chain looked like at a time, said so that nobody else can say it.

Ed25519. The key is the installation's and not the database's: whoever rules the database can
write any row there, but no head.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, Self

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.settings import Settings

PURPOSE = b"wardlight audit heads"
KEY_BYTES = 32
MARK = 8  # bytes of the name of a key

Kind = Literal["sealed", "pruned", "restored"]


class Head(msgspec.Struct, frozen=True):
    """What is said of the chain: that it ends with this block, or that it was pruned up to it."""

    number: int
    kind: Kind
    block: int
    hash: str
    signed_at: datetime
    key: str = ""
    signature: str = ""

    @property
    def said(self) -> bytes:
        """Return what is signed: everything but the signature."""
        at = self.signed_at.astimezone(UTC)
        return msgspec.json.encode(
            [PURPOSE.decode(), self.number, self.kind, self.block, self.hash, at, self.key]
        )


class Signer:
    """The private key that signs heads."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._key.public_key().public_bytes_raw()
        self.name = name_of(self.public)

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        """Return the key of the settings: its own, else one that the installation's key gives.

        None where there is neither, which no installation is that was started by `up` or is in
        production.
        """
        if settings.audit_key is not None:
            return cls(urlsafe_b64decode(settings.audit_key.get_secret_value() + "="))
        made = settings.data / "secret.key"  # as `up` makes it
        if settings.secret_key is not None:
            secret = settings.secret_key.get_secret_value()
        elif made.exists():
            secret = made.read_text()
        else:
            return None
        return cls(hmac.digest(secret.encode(), PURPOSE, "sha256"))

    @staticmethod
    def fresh() -> bytes:
        """Return a new private key."""
        return Ed25519PrivateKey.generate().private_bytes_raw()

    def sign(self, head: Head) -> Head:
        """Return a head with its signature."""
        named = msgspec.structs.replace(head, key=self.name)
        return msgspec.structs.replace(named, signature=self._key.sign(named.said).hex())


def name_of(public: bytes) -> str:
    """Return the name by which heads refer to a public key."""
    return hashlib.sha256(public).digest()[:MARK].hex()


def keys_by_name(publics: list[bytes]) -> dict[str, Ed25519PublicKey]:
    """Return the public keys that are trusted; raise `ValueError` for what is none."""
    return {name_of(each): Ed25519PublicKey.from_public_bytes(each) for each in publics}


def is_signed(head: Head, keys: Mapping[str, Ed25519PublicKey]) -> bool:
    """Return whether one of the trusted keys signed it."""
    key = keys.get(head.key)
    if key is None:
        return False
    try:
        key.verify(bytes.fromhex(head.signature), head.said)
    except (InvalidSignature, ValueError):
        return False
    return True
