"""What a backup says of itself: version, revision, and the hash of each of its files."""

from __future__ import annotations

import hmac
from hashlib import file_digest
from typing import TYPE_CHECKING

import msgspec

from core.errors import InvalidError

if TYPE_CHECKING:
    from pathlib import Path

    from app.backup.sealing import BackupKey

FILE = "manifest.json"
_PURPOSE = b"wardlight manifest 1"


class Held(msgspec.Struct, frozen=True):
    """One table of a backup: its columns in order, its rows, and the hash of its file."""

    name: str
    columns: list[str]
    rows: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """One backup; `serial` is of the key file that was written with it."""

    id: str
    made_at: str
    version: str
    revision: str
    serial: int
    tables: list[Held]


def write(folder: Path, manifest: Manifest, site: BackupKey) -> None:
    """Write the manifest and the proof that whoever has the backup key made it."""
    said = msgspec.json.encode(manifest)
    proof = hmac.digest(site.of(_PURPOSE), said, "sha256").hex().encode()
    (folder / FILE).write_bytes(proof + b"\n" + said)


def read(folder: Path, site: BackupKey) -> Manifest:
    """Return the manifest of a backup all of whose files are as they were written.

    Raises
    ------
    InvalidError
        Where there is none, or where it or a file was changed or is missing; it names the file.
    """
    path = folder / FILE
    if not path.is_file():
        raise InvalidError("there is no backup in this folder", field="input")
    proof, _, said = path.read_bytes().partition(b"\n")
    right = hmac.digest(site.of(_PURPOSE), said, "sha256").hex().encode()
    if not hmac.compare_digest(proof, right):
        raise InvalidError("it was changed, or is of another WARDLIGHT_BACKUP_KEY", field=FILE)
    manifest = msgspec.json.decode(said, type=Manifest)
    for each in manifest.tables:
        if not (folder / each.name).is_file() or sha256(folder / each.name) != each.sha256:
            raise InvalidError(
                "this file of the backup was changed, or is missing", field=each.name
            )
    return manifest


def sha256(path: Path) -> str:
    """Return the hash of a file."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
