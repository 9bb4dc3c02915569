"""Sealed fields: what identifies a person is encrypted in the database (SEC-27).

Each field is sealed with AES-256-GCM under a named key, bound to the place where it stands,
so that a ciphertext moved to another row or column does not open. What must be found by its
exact value has a keyed digest beside it, made with a key of its own that is never rotated.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.orm import Session

INDEX = "index"
KEY_BYTES = 32
BLIND_BYTES = 16
_NONCE_BYTES = 12
_SLOT = "keyring"


class UnsealedError(Exception):
    """A sealed field cannot be opened: unknown key, changed, or not from this place."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """The key that seals, those that still open, and the one that makes digests.

    Parameters
    ----------
    current : str
        The name of the key that seals from now on.
    keys : mapping of str to bytes
        Every key that opens, by name; 32 bytes each.
    index : bytes
        The key of the digests; a change of it would lose every look-up.
    """

    current: str
    keys: Mapping[str, bytes] = field(repr=False)
    index: bytes = field(repr=False)

    @classmethod
    def read(cls, text: str) -> Self:
        """Read `name:base64,…,index:base64`; the first name seals.

        Raises
        ------
        ValueError
            Where a key is missing, unnamed, named twice or not 32 bytes; its text is not told.
        """
        named = [each.strip().partition(":")[::2] for each in text.split(",") if each.strip()]
        keys = {name: _key(value) for name, value in named}
        index = keys.pop(INDEX, None)
        if index is None or not keys or len(keys) + 1 < len(named) or not all(keys):
            raise ValueError("field keys are name:base64,…,index:base64, each name once")
        return cls(named[0][0] if named[0][0] != INDEX else next(iter(keys)), keys, index)

    @staticmethod
    def fresh() -> str:
        """Return the text of a new keyring."""
        return ",".join(
            f"{name}:{urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"
            for name in ("first", INDEX)
        )

    def with_new(self, name: str, *, behind: bool = False) -> str:
        """Return the text of this ring with a new key in front, which then seals; or behind."""
        new = {name: secrets.token_bytes(KEY_BYTES)}
        return self._text({**self.keys, **new} if behind else {**new, **self.keys})

    def led_by(self, name: str) -> str:
        """Return the text of this ring with one of its keys in front, which then seals."""
        return self._text({name: self.keys[name], **self.keys})

    def _text(self, keys: Mapping[str, bytes]) -> str:
        held = {**keys, INDEX: self.index}
        return ",".join(f"{each}:{urlsafe_b64encode(key).decode()}" for each, key in held.items())

    @property
    def mark(self) -> bytes:
        """How the fields begin that the current key sealed."""
        name = self.current.encode()
        return bytes([len(name)]) + name

    def seal(self, plain: bytes, *, place: str) -> bytes:
        """Return the plain bytes sealed for one place, such as `patient.name/<id>`."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(self.keys[self.current]).encrypt(nonce, plain, place.encode())
        return self.mark + nonce + sealed

    def open(self, sealed: bytes, *, place: str) -> bytes:
        """Return the plain bytes.

        Raises
        ------
        UnsealedError
            Where the key is unknown, or the bytes were changed or stood elsewhere.
        """
        name, rest = self.key_name(sealed), sealed[1 + sealed[0] :]
        if name not in self.keys:
            raise UnsealedError("sealed with a key that is not on the ring")
        try:
            opened = AESGCM(self.keys[name]).decrypt(
                rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], place.encode()
            )
        except InvalidTag as error:
            raise UnsealedError("changed, or moved from another place") from error
        return opened

    @staticmethod
    def key_name(sealed: bytes) -> str:
        """Return the name of the key that sealed the bytes, for rotation."""
        return sealed[1 : 1 + sealed[0]].decode() if sealed else ""

    def blind(self, *parts: str) -> bytes:
        """Return the keyed digest (16 bytes) by which an exact value is found again."""
        return self.blinder(*parts[:-1])(parts[-1])

    def blinder(self, *parts: str) -> Callable[[str], bytes]:
        """Return what makes the digest of these parts and one more: for many values of a kind."""
        key, head = self.index, b"".join(map(_counted, parts))

        def blind(last: str) -> bytes:
            return hmac.digest(key, head + _counted(last), "sha256")[:BLIND_BYTES]

        return blind


def _counted(part: str) -> bytes:
    said = part.encode()
    return len(said).to_bytes(4, "big") + said


def _key(text: str) -> bytes:
    try:
        key = urlsafe_b64decode(text)
    except (Base64Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError("a field key must be 32 bytes in base64")
    return key


def info(ring: Keyring) -> dict[str, Keyring]:
    """Return what a session must be made with for `keyring_of` to find the keys."""
    return {_SLOT: ring}


def keyring_of(session: Session) -> Keyring:
    """Return the keys of the database that a session works on."""
    ring = session.info[_SLOT]
    if not isinstance(ring, Keyring):
        raise TypeError("this session was made without keys")
    return ring
