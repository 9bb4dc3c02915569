"""Where an event of the audit waits on this instance's own disk until it can be written down.

Only what is read in an emergency may wait here (SEC-16): an event is on the disk before its
answer leaves, and stays there until it stands in the audit. It holds ids and codes, no name.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Annotated
from uuid import UUID  # noqa: TC003 (msgspec reads the annotations)

import msgspec

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

OWNER_ONLY = 0o600
FILE = "audit-spool.ndjson"
MOST_COUNTED = 1000  # every page counts what waits: of more, that there are more is enough
_TAIL = 64 * 1024
MOST_BYTES = 64 * 1024 * 1024  # some 200,000 events: beyond, nothing more is shown

# What a damaged line may not pass for: the database would refuse it, and all beside it.
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
Kind = Annotated[str, msgspec.Meta(pattern=r"^[CRUDE]\Z")]
Plain = Annotated[str, msgspec.Meta(pattern=r"^[ -~]*\Z")]


class Spooled(msgspec.Struct, frozen=True):
    """One row of the audit that could not be written when it was due."""

    id: UUID
    recorded: Instant
    caller_kind: Plain
    caller_id: UUID | None
    action: Kind
    entity: Plain
    entity_id: UUID | None
    patient_id: UUID | None
    outcome: Plain
    purpose: Plain | None


class SpoolFullError(OSError):
    """So much waits that no more is taken: what would have been shown is refused."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many events wait, and since when; `damaged` lines are kept and are no events."""

    count: int
    since: datetime | None
    damaged: int = 0
    more: bool = False  # than were counted
    unreadable: bool = False


@dataclass(frozen=True, slots=True)
class Spool:
    """One file of the data folder; any number of processes append, one lock keeps them apart."""

    path: Path
    most: int = MOST_BYTES

    @classmethod
    def of(cls, data: Path) -> Spool:
        """Return the spool of a data folder."""
        return cls(data / FILE)

    def append(self, events: Collection[Spooled]) -> None:
        """Put events on the disk; raise `OSError` where they may not have got there.

        `SpoolFullError` where more than may wait would wait: none of them is written then.
        """
        lines = b"".join(msgspec.json.encode(each) + b"\n" for each in events)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = not self.path.exists()
        with self._locked() as file:
            self._mend(file)
            if os.fstat(file).st_size + len(lines) > self.most:
                raise SpoolFullError("the audit that waits on this disk is as large as it may be")
            _write(file, lines)
        if fresh:
            _sync_folder(self.path.parent)

    def read(self, *, most: int | None = None) -> list[Spooled]:
        """Return what waits, in the order in which it came; a damaged line hides no other."""
        try:
            with self.path.open("rb") as file:
                return list(islice((each for each in map(_event, file) if each), most))
        except FileNotFoundError:
            return []

    def drop(self, ids: Collection[UUID]) -> None:
        """Forget events that stand in the audit; whatever else is there stays as it is."""
        with self._locked() as file:
            kept = _without(_all_of(file), set(ids))
            if kept:
                _put_in_place(self.path, kept)
            else:
                os.ftruncate(file, 0)
                os.fsync(file)

    def waiting(self) -> Waiting | None:
        """Return how many wait and since when, None where none do.

        It raises nothing: every page asks, and none may end because of a disk.
        """
        try:
            with self.path.open("rb") as file:
                lines = [each for each in islice(file, MOST_COUNTED + 1) if each[-1:] == b"\n"]
        except FileNotFoundError:
            return None
        except OSError:
            return Waiting(0, None, unreadable=True)
        return _counted(lines) if lines else None

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
        size = os.fstat(file).st_size
        begin = max(0, size - _TAIL)
        tail = os.pread(file, _TAIL, begin)
        whole = tail.rfind(b"\n") + 1
        if whole < len(tail):
            if whole or not begin:
                os.ftruncate(file, begin + whole)
            else:  # longer than any line of ours: nobody knows what it is, so it stays
                _write(file, b"\n")


def _event(line: bytes) -> Spooled | None:
    """Return what a line says; None of one that is damaged or not whole."""
    if not line.endswith(b"\n"):
        return None
    try:
        return msgspec.json.decode(line, type=Spooled)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _counted(lines: list[bytes]) -> Waiting:
    counted = lines[:MOST_COUNTED]
    events = [each for each in map(_event, counted) if each]
    since = events[0].recorded if events else None
    more = len(lines) > MOST_COUNTED
    return Waiting(len(events), since, len(counted) - len(events), more=more)


def _without(held: bytes, ids: set[UUID]) -> bytes:
    """Return the lines that are not of these events, byte for byte."""
    lines, kept = held[: held.rfind(b"\n") + 1].split(b"\n")[:-1], list[bytes]()
    for at, line in enumerate(lines):
        if not ids:  # all were found: what came later needs no look
            return b"".join(each + b"\n" for each in (*kept, *lines[at:]))
        event = _event(line + b"\n")
        if event is None or event.id not in ids:
            kept.append(line)
        else:
            ids.discard(event.id)
    return b"".join(each + b"\n" for each in kept)


def _all_of(file: int) -> bytes:
    return os.pread(file, os.fstat(file).st_size, 0)


def _write(file: int, held: bytes) -> None:
    view = memoryview(held)
    while view:
        view = view[os.write(file, view) :]
    os.fsync(file)


def _put_in_place(path: Path, kept: bytes) -> None:
    """Exchange the file as a whole, so that a kill leaves the old or the new one."""
    beside = path.with_suffix(".new")
    file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY)
    try:
        _write(file, kept)
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
