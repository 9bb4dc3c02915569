"""Newline-delimited JSON as it arrives: cut into lines and inflated, within bounds (SEC-32)."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from fhir.strict import SINGLE

if TYPE_CHECKING:
    from collections.abc import Iterator

NDJSON = ("application/fhir+ndjson", "application/x-ndjson", "application/ndjson")
LARGEST = 4 << 30  # bytes of one upload, inflated
STEEPEST = 200  # how many times longer than it arrived an upload may become
PIECE = 256 << 10
_GZIP = 16 + zlib.MAX_WBITS


class UnreadableUploadError(ValueError):
    """The upload as a whole cannot be read on: its text says why, and nothing of it."""


class _Head(msgspec.Struct, rename="camel"):
    resource_type: str = ""


_HEAD = msgspec.json.Decoder(_Head)


def type_of(line: bytes) -> str:
    """Return which type a line says it is; "" where it does not say."""
    try:
        return _HEAD.decode(line).resource_type
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""


@dataclass(slots=True)
class Splitter:
    """Cuts what arrives into lines; of one that is too long only its end is waited for."""

    longest: int = SINGLE.size
    _rest: bytearray = field(default_factory=bytearray)
    _too_long: bool = False

    def feed(self, data: bytes) -> list[bytes | None]:
        """Return the lines that are complete now; None for one that was too long."""
        *ended, rest = data.split(b"\n")
        lines = [self._ended(each) for each in ended]
        self._add(rest)
        return lines

    def end(self) -> list[bytes | None]:
        """Return the last line where it did not end."""
        return [self._ended(b"")] if self._rest or self._too_long else []

    def _ended(self, tail: bytes) -> bytes | None:
        self._add(tail)
        line = None if self._too_long else bytes(self._rest)
        self._rest, self._too_long = bytearray(), False
        return line

    def _add(self, part: bytes) -> None:
        if self._too_long or len(self._rest) + len(part) > self.longest:
            self._rest, self._too_long = bytearray(), True
        else:
            self._rest += part


@dataclass(slots=True)
class Inflater:
    """Inflates gzip piece by piece; a body that grows out of bounds is not read on."""

    largest: int = LARGEST
    received: int = 0
    inflated: int = 0
    _inside: zlib._Decompress | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what the data inflates to, in pieces.

        Raises
        ------
        UnreadableUploadError
            Where it is no gzip, or becomes too long.
        """
        self.received += len(data)
        while data:
            inside = self._inside or zlib.decompressobj(_GZIP)
            self._inside = inside
            try:
                piece = inside.decompress(data, PIECE)
            except zlib.error:
                raise UnreadableUploadError("the body is not gzip, though it says so") from None
            self._count(piece)
            yield piece
            data = inside.unconsumed_tail
            if inside.eof:  # another member may follow
                data, self._inside = inside.unused_data, None

    def _count(self, piece: bytes) -> None:
        self.inflated += len(piece)
        steep = self.inflated > PIECE + STEEPEST * self.received
        if self.inflated > self.largest or steep:
            raise UnreadableUploadError("the body becomes too long when it is inflated")

    def end(self) -> None:
        """Raise `UnreadableUploadError` where the last member was not complete."""
        if self._inside is not None:
            raise UnreadableUploadError("the gzip body ends too early")
