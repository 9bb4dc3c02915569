"""Unpacks a compressed body no further than it may grow, for whoever receives it (SEC-32)."""

from __future__ import annotations

import zlib

GZIP = 16 + zlib.MAX_WBITS
MOST_TIMES = 100  # JSON of readings packs 10 to 30 times; a bomb packs 1,000 times
FREE = 64 << 10  # bytes that may come out whatever the ratio: small bodies pack well


class UnpackedTooLargeError(Exception):
    """More comes out than is accepted, in bytes or in times of what went in."""


class BrokenGzipError(Exception):
    """The bytes are not one whole gzip member."""


class Inflater:
    """Unpacks gzip piece by piece; `longest` bytes may come out, and `MOST_TIMES` what went in."""

    def __init__(self, longest: int) -> None:
        self.longest = longest
        self._unpack = zlib.decompressobj(GZIP)
        self._taken = 0
        self._given = 0

    def feed(self, part: bytes) -> bytes:
        """Return what comes out of the next piece.

        Raises
        ------
        UnpackedTooLargeError
            Before more than the bound is held in memory.
        BrokenGzipError
            Where the bytes are not gzip, or go on after its end.
        """
        if self._unpack.eof and part:
            raise BrokenGzipError
        self._taken += len(part)
        most = min(self.longest, max(FREE, self._taken * MOST_TIMES))
        try:
            out = self._unpack.decompress(part, most - self._given + 1)
        except zlib.error as error:
            raise BrokenGzipError from error
        self._given += len(out)
        if self._given > most:
            raise UnpackedTooLargeError
        if self._unpack.unused_data:
            raise BrokenGzipError
        return out

    def end(self) -> None:
        """Raise `BrokenGzipError` where the last piece was not the end."""
        if not self._unpack.eof:
            raise BrokenGzipError
