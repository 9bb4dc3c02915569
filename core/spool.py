"""Where an event of the audit waits on this instance's own disk until it can be written down.

Only what is read in an emergency may wait here (SEC-16): an event is on the disk before its
answer leaves, and stays there until it stands in the audit. It holds ids and codes, no name.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 (msgspec reads the annotations)
from typing import TYPE_CHECKING
from uuid import UUID  # noqa: TC003 (msgspec reads the annotations)

import msgspec

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

OWNER_ONLY = 0o600
FILE = "audit-spool.ndjson"


class Spooled(msgspec.Struct, frozen=True):
    """One row of the audit that could not be written when it was due."""

    id: UUID
    recorded: datetime
    caller_kind: str
    caller_id: UUID | None
    action: str
    entity: str
    entity_id: UUID | None
    patient_id: UUID | None
    outcome: str
    purpose: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many events wait, and since when."""

    count: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Spool:
    """One file of the data folder; any number of processes append, one lock keeps them apart."""

    path: Path

    @classmethod
    def of(cls, data: Path) -> Spool:
        """Return the spool of a data folder."""
        return cls(data / FILE)

    def append(self, events: Collection[Spooled]) -> None:
        """Put events on the disk; raise `OSError` where they may not have got there."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = not self.path.exists()
        with self._locked() as file:
            self._mend(file)
            _write(file, b"".join(msgspec.json.encode(each) + b"\n" for each in events))
        if fresh:
            _sync_folder(self.path.parent)

    def read(self) -> list[Spooled]:
        """Return what waits, in the order in which it came."""
        try:
            return _events(self.path.read_bytes())
        except FileNotFoundError:
            return []

    def drop(self, ids: Collection[UUID]) -> None:
        """Forget events that stand in the audit; whatever came meanwhile stays."""
        with self._locked() as file:
            kept = [each for each in _events(_all_of(file)) if each.id not in ids]
            if kept:
                _put_in_place(self.path, kept)
            else:
                os.ftruncate(file, 0)
                os.fsync(file)

    def waiting(self) -> Waiting | None:
        """Return how many wait and since when, None where none do: a look at one small file."""
        try:
            held = self.path.read_bytes()
        except FileNotFoundError:
            return None
        count = held.count(b"\n")
        return Waiting(count, _since(held)) if count else None

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """Hold the file that has the name now: another process may have put one in its place."""
        while True:
            file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, OWNER_ONLY)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                if _same(file, self.path):
                    yield file
                    return
            finally:
                os.close(file)

    @staticmethod
    def _mend(file: int) -> None:
        """Cut off what a killed process left half written: its answer never left either."""
        held = _all_of(file)
        whole = held.rfind(b"\n") + 1
        if whole < len(held):
            os.ftruncate(file, whole)


def _events(held: bytes) -> list[Spooled]:
    lines = held[: held.rfind(b"\n") + 1].splitlines()
    return [msgspec.json.decode(line, type=Spooled) for line in lines]


def _since(held: bytes) -> datetime | None:
    """Return when the first came; None where a damaged line does not say: pages go on."""
    try:
        return msgspec.json.decode(held[: held.index(b"\n")], type=Spooled).recorded
    except msgspec.MsgspecError:
        return None


def _all_of(file: int) -> bytes:
    return os.pread(file, os.fstat(file).st_size, 0)


def _write(file: int, held: bytes) -> None:
    view = memoryview(held)
    while view:
        view = view[os.write(file, view) :]
    os.fsync(file)


def _put_in_place(path: Path, kept: Collection[Spooled]) -> None:
    """Exchange the file as a whole, so that a kill leaves the old or the new one."""
    beside = path.with_suffix(".new")
    file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY)
    try:
        _write(file, b"".join(msgspec.json.encode(each) + b"\n" for each in kept))
    finally:
        os.close(file)
    beside.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _same(file: int, path: Path) -> bool:
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    here = os.fstat(file)
    return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)
