"""A client process: sends encoded bodies over keep-alive connections and times each answer."""

from __future__ import annotations

import asyncio
import pickle
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from subprocess import run
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import uvloop

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Job:
    """What to send where; `connections` at once."""

    port: int
    path: str
    token: str
    bodies: Sequence[bytes]
    connections: int


@dataclass(frozen=True, slots=True)
class Told:
    """How it went: seconds in all, seconds of each answer in order, statuses."""

    seconds: float
    each: list[float]
    statuses: dict[int, int]
    first_body: bytes

    def percentile(self, share: float) -> float:
        """Return the time in which a share of the answers came, in milliseconds."""
        ordered = sorted(self.each)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def send(job: Job) -> Told:
    """Run a job in a process of its own."""
    with TemporaryDirectory() as folder:
        asked, told = Path(folder, "job"), Path(folder, "told")
        asked.write_bytes(pickle.dumps(job))
        run([sys.executable, "-c", _CHILD, str(asked), str(told)], check=True, cwd=_ROOT)
        found = pickle.loads(told.read_bytes())  # noqa: S301 (our own child wrote it)
    if not isinstance(found, Told):
        raise TypeError("the client process told something else")
    return found


_ROOT = Path(__file__).parent.parent
_CHILD = "import sys; from bench.load import child; child(*sys.argv[1:])"


def child(asked: str, told: str) -> None:
    """Do the job that is written in one file, and write to the other how it went."""
    job = pickle.loads(Path(asked).read_bytes())  # noqa: S301 (our own parent wrote it)
    if not isinstance(job, Job):
        raise TypeError("no job")
    Path(told).write_bytes(pickle.dumps(uvloop.run(_run(job))))


async def _run(job: Job) -> Told:
    waiting = list(reversed(job.bodies))
    each: list[float] = []
    statuses: dict[int, int] = {}
    bodies: list[bytes] = []

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", job.port)
        while waiting:
            body = waiting.pop()
            head = (
                f"POST {job.path} HTTP/1.1\r\nHost: 127.0.0.1:{job.port}\r\n"
                f"Authorization: Bearer {job.token}\r\nContent-Type: application/fhir+json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            )
            started = time.perf_counter()
            writer.write(head.encode() + body)
            status, answer = await _answer(reader)
            each.append(time.perf_counter() - started)
            statuses[status] = statuses.get(status, 0) + 1
            if not bodies:
                bodies.append(answer)
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(connection() for _ in range(job.connections)))
    return Told(time.perf_counter() - started, each, statuses, bodies[0])


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    lower = head.lower()
    if b"content-length: " in lower:
        length = int(lower.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return status, await reader.readexactly(length)
    raise ValueError("an answer without length")
