"""Frames of a backup: packed rows, sealed under the site's key or one person's as well.

A person's frame opens with two keys: that of the site's backups and the person's own. Destroying
the person's own makes their rows in every backup unreadable (SEC-44). Each frame is bound to its
backup, its file and its place.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from zstandard import ZstdCompressor, ZstdDecompressor

from core.errors import InvalidError

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY_BYTES, TAG_BYTES, _NONCE, _LENGTH = 32, 16, 12, 4
NOBODY = bytes(TAG_BYTES)


class Frame(NamedTuple):
    """Sealed rows of one person, or of nobody; `number` is its place in the file."""

    tag: bytes
    number: int
    sealed: bytes


@dataclass(frozen=True, slots=True)
class BackupKey:
    """The key of a site's backups."""

    key: bytes = field(repr=False)

    @classmethod
    def read(cls, text: str) -> Self:
        """Read 32 bytes in base64; raise `InvalidError` for anything else, which is not told."""
        try:
            key = urlsafe_b64decode(text)
        except (Base64Error, ValueError):
            key = b""
        if len(key) != KEY_BYTES:
            raise InvalidError(
                "must be 32 bytes in base64, as `wardlight backup --new-key` prints",
                field="WARDLIGHT_BACKUP_KEY",
            )
        return cls(key)

    @staticmethod
    def fresh() -> str:
        """Return the text of a new key."""
        return urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()

    def of(self, *parts: bytes) -> bytes:
        """Return the key for one use: of a backup, of a person in it, of the key file."""
        said = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return hmac.digest(self.key, said, "sha256")


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals and opens the frames of one backup."""

    site: BackupKey
    backup: str

    def seal(self, rows: bytes, place: str, tag: bytes = NOBODY, key: bytes = b"") -> bytes:
        """Return packed rows, sealed for their place."""
        nonce = secrets.token_bytes(_NONCE)
        packed = ZstdCompressor().compress(rows)
        cipher = AESGCM(self.site.of(self.backup.encode(), tag, key))
        return nonce + cipher.encrypt(nonce, packed, place.encode())

    def open(self, sealed: bytes, place: str, tag: bytes = NOBODY, key: bytes = b"") -> bytes:
        """Return the rows; raise `InvalidError` where a key is wrong or a byte was changed."""
        cipher = AESGCM(self.site.of(self.backup.encode(), tag, key))
        try:
            packed = cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], place.encode())
        except InvalidTag:
            raise InvalidError(
                "the backup does not open: another key, or a changed file", field=place
            ) from None
        return ZstdDecompressor().decompress(packed)


def write(file: BinaryIO, tag: bytes, sealed: bytes) -> None:
    """Append a frame."""
    file.write(tag + len(sealed).to_bytes(_LENGTH, "big") + sealed)


def frames(file: BinaryIO) -> Iterator[Frame]:
    """Yield the frames of a file."""
    number = 0
    while head := file.read(TAG_BYTES + _LENGTH):
        length = int.from_bytes(head[TAG_BYTES:], "big")
        yield Frame(head[:TAG_BYTES], number, file.read(length))
        number += 1
