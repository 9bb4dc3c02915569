"""Times a bulk upload through a real API process, and says what memory it needs (SEC-32).

Run `make bench ARGS="bulk --lines 50000"`; prints lines a second and the peak over idle.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import psutil

from bench.bodies import rounds
from bench.site import site

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LINES = 50_000
PATIENTS = 50


def main(arguments: Sequence[str] = ()) -> None:
    """Print what was measured, as rows of a table."""
    options = argparse.ArgumentParser(prog="bench bulk", description=__doc__)
    options.add_argument("--lines", type=int, default=LINES)
    chosen = options.parse_args(list(arguments))
    with site(patients=PATIENTS) as at:
        process = psutil.Process(at.api_pid)
        idle = process.memory_info().rss
        seconds, counts = load(
            f"http://127.0.0.1:{at.api_port}", at.token(), at.patients, chosen.lines
        )
        over = peak(at.api_pid) - idle
    if counts["created"] != chosen.lines:
        raise RuntimeError(f"not everything was stored: {counts}")
    print(f"| upload of {chosen.lines} lines | {chosen.lines / seconds:,.0f} lines/s |")
    print(f"| memory over idle | {over / (1 << 20):.0f} MiB |")


def load(
    address: str, token: str, patients: Sequence[str], lines: int
) -> tuple[float, dict[str, Any]]:
    """Upload that many lines; return the seconds until the answer, and its counts."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+ndjson"}
    body = list(_chunks(patients, lines))
    started = time.perf_counter()
    answer = httpx.post(f"{address}/fhir/$import", content=iter(body), headers=headers, timeout=600)
    seconds = time.perf_counter() - started
    answer.raise_for_status()
    return seconds, {e["name"]: e.get("valueInteger") for e in answer.json()["parameter"]}


def peak(pid: int) -> int:
    """Return the most memory that a process ever held, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(each for each in status.splitlines() if each.startswith("VmHWM:"))
    return int(line.split()[1]) << 10


def _chunks(patients: Sequence[str], lines: int) -> Iterator[bytes]:
    """Yield the lines, a thousand at a time, as a sender's socket would."""
    invention = next(rounds(patients, named=True))
    for first in range(0, lines, 1000):
        some = (invention.single() for _ in range(min(1000, lines - first)))
        yield b"".join(line + b"\n" for line in some)
