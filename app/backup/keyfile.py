"""The key file: the keys of all people in the backups, and the ledger of who was erased.

It is kept apart from the backups, in one copy that each backup and each erasure replaces: a copy
from before an erasure would hold the key that the erasure destroyed. The ledger only grows.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.erasure.outside import Erased  # noqa: TC001 (msgspec reads the annotations)
from core.errors import InvalidError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from app.backup.sealing import BackupKey

_NONCE = 12
_PURPOSE = b"wardlight key file 1"


class KeyFile(msgspec.Struct, frozen=True):
    """What stands in the file; `serial` grows with each writing."""

    serial: int = 0
    keys: dict[str, bytes] = {}  # by the digest of the person's id, in hex
    erased: tuple[Erased, ...] = ()

    def gone(self) -> set[str]:
        """Return the digests of whoever was erased, in hex."""
        return {digest.hex() for each in self.erased for digest in each.digests}

    def next(self, keys: dict[str, bytes], erased: tuple[Erased, ...], *, now: datetime) -> KeyFile:
        """Return the file that follows: no key and no erasure of before is forgotten.

        These keys may be of another database than those of earlier backups: only an erasure
        takes a key away. The serial follows the clock, so that a file that was lost and made
        anew is as new as every backup before.
        """
        serial = max(self.serial + 1, int(now.timestamp()))
        return KeyFile(serial, {**self.keys, **keys}, self.erased).without(erased)

    def without(self, erased: Iterable[Erased]) -> KeyFile:
        """Return the file with no key of whoever was erased, by its own word or by another."""
        known = {each.id: each for each in (*self.erased, *erased)}
        made = KeyFile(self.serial, self.keys, tuple(known.values()))
        gone = made.gone()
        kept = {tag: key for tag, key in self.keys.items() if tag not in gone}
        return KeyFile(self.serial, kept, made.erased)


def load(path: Path, site: BackupKey) -> KeyFile:
    """Return what a key file says; raise `InvalidError` where it does not open."""
    try:
        held = path.read_bytes()
    except OSError as error:
        raise _refused(path, error) from None
    try:
        said = AESGCM(site.of(_PURPOSE)).decrypt(held[:_NONCE], held[_NONCE:], _PURPOSE)
    except (InvalidTag, ValueError):
        raise InvalidError(
            "the key file does not open: it is of another WARDLIGHT_BACKUP_KEY, or was changed",
            field="keys",
        ) from None
    return msgspec.json.decode(said, type=KeyFile)


def found(path: Path, site: BackupKey) -> KeyFile:
    """Return the same, of a key file that may not have been made yet."""
    return load(path, site) if path.exists() else KeyFile()


def need_place(path: Path) -> None:
    """Raise `InvalidError` where no key file can be written."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent)
    except OSError as error:
        raise _refused(path, error) from None
    os.close(handle)
    Path(name).unlink()


def save(path: Path, site: BackupKey, file: KeyFile) -> None:
    """Put a key file in the place of the one before, which is then nowhere.

    Raises
    ------
    InvalidError
        Where it cannot be written; the one before is still there then.
    """
    nonce = secrets.token_bytes(_NONCE)
    sealed = nonce + AESGCM(site.of(_PURPOSE)).encrypt(nonce, msgspec.json.encode(file), _PURPOSE)
    try:
        _replace(path, sealed)
    except OSError as error:
        raise _refused(path, error) from None


def _replace(path: Path, sealed: bytes) -> None:
    beside = path.with_suffix(".new")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(sealed)
        out.flush()
        os.fsync(out.fileno())
    beside.replace(path)


def _refused(path: Path, error: OSError) -> InvalidError:
    facts = {"name": path.name, "reason": error.strerror}
    return InvalidError("the key file {name}: {reason}", field="keys", facts=facts)
