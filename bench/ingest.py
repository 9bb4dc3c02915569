"""Times the door over HTTP against ceilings of the same run: one API process, one client.

Run `make bench ARGS="ingest"`; add `--rows 1e5,1e6,1e7` for the cost beside stored readings.
"""

from __future__ import annotations

import argparse
import statistics
from typing import TYPE_CHECKING

import psycopg

from bench.bodies import rounds
from bench.ceilings import copy_rate
from bench.load import Job, Told, send
from bench.rows import fill, stored_bytes
from bench.site import Site, site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bench.bodies import Invention

ENTRIES = 1000
BUNDLES = 6  # in each repeat
IN_FLIGHT = 3
SINGLES = 2000  # in each repeat
CONNECTIONS = 32
REPEATS = 5
PATIENTS = 50


def main(arguments: Sequence[str] = ()) -> None:
    """Print what was measured, as rows of a table."""
    options = argparse.ArgumentParser(prog="bench ingest", description=__doc__)
    options.add_argument("--rows", default="", help="readings to fill in, such as 1e5,1e6,1e7")
    options.add_argument("--repeats", type=int, default=REPEATS)
    chosen = options.parse_args(list(arguments))
    with site(patients=PATIENTS) as at:
        bench = Bench(at, chosen.repeats)
        bench.warm_up()
        bench.bundles()
        bench.singles()
        bench.bytes_kept()
        for rows in (int(float(each)) for each in chosen.rows.split(",") if each):
            bench.beside(rows)


def _median(values: Sequence[float]) -> float:
    return statistics.median(values)


class Bench:
    """The measurements, each with its ceiling measured in turn with it."""

    def __init__(self, at: Site, repeats: int) -> None:
        self.at, self.repeats = at, repeats
        self.named = rounds(at.patients, named=True)
        self.nameless = rounds(at.patients[::-1], named=False)
        self.said = 0

    def warm_up(self) -> None:
        """Let caches and prepared statements come to be."""
        self._bundles(self.at.api_port, self._next(self.named))
        self._singles(self.at.api_port, self._next(self.named))

    def bundles(self) -> None:
        """Measure Bundles, with and without identifiers, and both ceilings."""
        decode, stored, nameless = [], [], []
        for _ in range(self.repeats):
            decode.append(self._rate(self._bundles(self.at.decoder_port, self._next(self.named))))
            stored.append(self._rate(self._bundles(self.at.api_port, self._next(self.named))))
            once = self._bundles(self.at.api_port, self._next(self.nameless))
            nameless.append(self._rate(once))
        each = ENTRIES * 6 / 5  # one in five is a blood pressure: two readings
        rows = copy_rate(self.at.owner_url, readings=int(each * BUNDLES), repeats=self.repeats)
        copy = [rate * ENTRIES / each for rate in rows]
        slower = min(_median(decode), _median(copy))
        self._say("ceiling: decode-only HTTP, Bundles of 1,000", _median(decode), "Observations/s")
        self._say("ceiling: COPY of their readings only", _median(copy), "Observations/s")
        for name, rates in (("identifiers", stored), ("no identifiers", nameless)):
            share = _median(rates) / slower
            text = f"Bundles of 1,000, {IN_FLIGHT} in flight, {name}"
            self._say(text, _median(rates), f"Observations/s = {share:.0%} of the slower ceiling")

    def singles(self) -> None:
        """Measure single POSTs and the endpoint that only decodes and answers."""
        decode, stored, told = [], [], []
        for _ in range(self.repeats):
            once = self._singles(self.at.decoder_port, self._next(self.named))
            decode.append(len(once.each) / once.seconds)
            told.append(self._singles(self.at.api_port, self._next(self.named)))
            stored.append(len(told[-1].each) / told[-1].seconds)
        half, last = (_median([each.percentile(p) for each in told]) for p in (0.5, 0.99))
        share = _median(stored) / _median(decode)
        self._say("ceiling: decode-and-answer, single POSTs", _median(decode), "requests/s")
        text = f"requests/s = {share:.0%}; p50 {half:.1f} ms, p99 {last:.1f} ms"
        self._say(f"single POSTs, {CONNECTIONS} connections", _median(stored), text)
        alone = self._run(self.at.api_port, "/fhir/Observation", self._one_by_one(), 1)
        text = (
            f"requests/s; p50 {alone.percentile(0.5):.1f} ms, p99 {alone.percentile(0.99):.1f} ms"
        )
        self._say("single POSTs, 1 connection", len(alone.each) / alone.seconds, text)

    def bytes_kept(self) -> None:
        """Say how large everything has become for each stored reading."""
        with psycopg.connect(self.at.owner_url) as connection:
            kept = stored_bytes(connection)
        text = f"bytes a reading; {kept.without_bodies:.0f} without the received bytes"
        self._say("on disk", kept.whole, text)

    def beside(self, rows: int) -> None:
        """Fill the tables up to so many readings, and measure Bundles beside them."""
        with psycopg.connect(self.at.owner_url, autocommit=True) as connection:
            there = fill(connection, rows, patients=self.at.patients)
        rates = [
            self._rate(self._bundles(self.at.api_port, self._next(self.named)))
            for _ in range(self.repeats)
        ]
        text = f"Observations/s = {1e6 / _median(rates):.0f} microseconds each"
        self._say(f"Bundles of 1,000 beside {there:.1e} readings", _median(rates), text)

    def _next(self, inventions: Iterator[Invention]) -> Invention:
        return next(inventions)

    def _bundles(self, port: int, invention: Invention) -> Told:
        bodies = [invention.bundle(ENTRIES) for _ in range(BUNDLES)]
        return self._run(port, "/fhir", bodies, IN_FLIGHT)

    def _singles(self, port: int, invention: Invention) -> Told:
        bodies = [invention.single() for _ in range(SINGLES)]
        return self._run(port, "/fhir/Observation", bodies, CONNECTIONS)

    def _one_by_one(self) -> list[bytes]:
        single: Callable[[], bytes] = self._next(self.named).single
        return [single() for _ in range(300)]

    def _run(self, port: int, path: str, bodies: Sequence[bytes], connections: int) -> Told:
        told = send(Job(port, path, self.at.token(), bodies, connections))
        stored = told.first_body.count(b"201 Created") if path == "/fhir" else ENTRIES
        if set(told.statuses) - {200, 201} or (port == self.at.api_port and stored != ENTRIES):
            raise RuntimeError(f"refused: {told.statuses} {told.first_body[:500]!r}")
        return told

    def _rate(self, told: Told) -> float:
        return len(told.each) * ENTRIES / told.seconds

    def _say(self, what: str, figure: float, text: str) -> None:
        self.said += 1
        print(f"{what}: {figure:,.0f} {text}", flush=True)
