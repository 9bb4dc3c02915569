"""Reads an upload as it arrives, so that memory holds one chunk whatever its length."""

from __future__ import annotations

from asyncio import get_running_loop, timeout
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.bulk.loading import Chunk
from fhir.ndjson import LARGEST, NDJSON, Inflater, Splitter, UnreadableUploadError
from ingest.lines.service import MOST_LINES
from ingest.receipt import Answer, refuse
from ingest.receiving import router as receiving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Mapping

CHUNK_BYTES = 4 << 20
SLOWEST = 1024  # bytes a second; an upload may take hours, but not by dripping (SEC-32)


class TooSlowError(UnreadableUploadError):
    """An upload that keeps its connection and hardly sends anything."""


def unreadable(headers: Mapping[str, str]) -> Answer | None:
    """Return why an upload of this form is not read, or None."""
    content = headers.get("content-type", "").partition(";")[0].strip().lower()
    if content not in NDJSON:
        return refuse(415, "not-supported", f"the body must be {NDJSON[0]}")
    if headers.get("content-encoding", "identity").lower() not in ("identity", "gzip"):
        return refuse(415, "not-supported", "the body may be sent as it is, or in gzip")
    return None


async def timely(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield what arrives, as long as it does; only the time spent waiting for it counts.

    Raises
    ------
    TooSlowError
        Where it is more than a body's time behind the slowest pace.
    """
    clock, pieces = get_running_loop().time, aiter(body)
    received, waited = 0, 0.0
    while True:
        began = clock()
        try:
            async with timeout(receiving.BODY_SECONDS + received / SLOWEST - waited):
                data = await anext(pieces)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise TooSlowError(f"an upload must send {SLOWEST} bytes a second") from None
        waited += clock() - began
        received += len(data)
        yield data


async def chunks(body: AsyncIterator[bytes], *, gzip: bool) -> AsyncIterator[Chunk]:
    """Yield chunks of at most `MOST_LINES` lines and about `CHUNK_BYTES`; blank lines are passed.

    Raises
    ------
    UnreadableUploadError
        Where the body cannot be inflated, or is too long.
    """
    gathered, splitter, inflater = _Gathered(), Splitter(), Inflater()
    received = 0
    async for data in body:
        received += len(data)
        if received > LARGEST:
            raise UnreadableUploadError(f"an upload may have {LARGEST} bytes: send it in parts")
        for piece in inflater.feed(data) if gzip else (data,):
            for chunk in gathered.add(splitter.feed(piece)):
                yield chunk
    inflater.end()
    for chunk in (*gathered.add(splitter.end()), *gathered.rest()):
        yield chunk


@dataclass(slots=True)
class _Gathered:
    """The lines that wait for their chunk to be full."""

    number: int = 0
    size: int = 0
    numbers: list[int] = field(default_factory=list)
    lines: list[bytes | None] = field(default_factory=list)

    def add(self, lines: Iterable[bytes | None]) -> Iterator[Chunk]:
        for line in lines:
            self.number += 1
            if line is not None and not line.strip():
                continue
            self.numbers.append(self.number)
            self.lines.append(line)
            self.size += len(line or b"")
            if len(self.lines) == MOST_LINES or self.size >= CHUNK_BYTES:
                yield self._cut()

    def rest(self) -> Iterator[Chunk]:
        if self.lines:
            yield self._cut()

    def _cut(self) -> Chunk:
        chunk = Chunk(tuple(self.numbers), tuple(self.lines))
        self.numbers, self.lines, self.size = [], [], 0
        return chunk
