"""Reads one hostile body in a process of its own, and prints the memory that this took.

Run as `python -m tests.fhir.hostile NAME`: prints the status and the peak over the baseline in
MiB. The baseline is the process after it has read ordinary bodies, and made the hostile one.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from fhir.bundle import read_bundle
from fhir.observation import parse, parse_fully
from fhir.outcome import Refusal
from fhir.units import dimension_of
from tests.fhir.payloads import observation, raw

if TYPE_CHECKING:
    from collections.abc import Callable

MIB = 1 << 20
REQUEST = b'"request":{"method":"POST","url":"Observation"}'
STREAM = {"origin": {"value": 0}, "period": 1, "dimensions": 1, "data": "@"}
SAMPLED = raw(observation(valueQuantity=None, valueSampledData=STREAM)).replace(
    b'"@"', b'"' + b" ".join([b"1"] * 1_000_000) + b'"'
)


def entry(resource: bytes) -> bytes:
    inner = b'{"resource":' + resource + b"," + REQUEST + b"}"
    return b'{"resourceType":"Bundle","type":"batch","entry":[' + inner + b"]}"


def filled(head: bytes, unit: bytes, tail: bytes, size: int) -> bytes:
    return head + unit * ((size - len(head) - len(tail)) // len(unit)) + tail


BODIES: dict[str, Callable[[], bytes]] = {
    "100,000 levels of arrays": lambda: b"[" * 100_000 + b"]" * 100_000,
    "levels of objects as many as fit": lambda: filled(b"", b'{"a":', b"", MIB),
    "an endless number": lambda: filled(b'{"a":', b"9", b"}", MIB),
    "an endless exponent": lambda: b'{"a":1e' + b"9" * 1000 + b"}",
    "an endless string": lambda: filled(b'{"a":"', b"x", b'"}', MIB),
    "an endless name": lambda: filled(b'{"', b"x", b'":1}', MIB),
    "empty objects as many as fit": lambda: filled(b'{"note":[', b"{},", b"{}]}", MIB),
    "numbers as many as fit": lambda: filled(b'{"note":[', b"0,", b"0]}", MIB),
    "escapes as many as fit": lambda: filled(b'{"a":"', b"\\u0041", b'"}', MIB),
    "a million samples": lambda: SAMPLED,
    "more than fits": lambda: b"{" + b" " * MIB + b"}",
}
BUNDLES: dict[str, Callable[[], bytes]] = {
    "Bundle: levels of arrays as many as fit": lambda: b"[" * (16 * MIB),
    "Bundle: levels of objects in an entry": lambda: entry(
        b'{"a":' * 2_000_000 + b"1" + b"}" * 2_000_000
    ),
    "Bundle: empty entries as many as fit": lambda: filled(
        b'{"entry":[', b"{},", b"{}]}", 16 * MIB
    ),
    "Bundle: numbers for entries": lambda: filled(b'{"entry":[', b"0,", b"0]}", 16 * MIB),
    "Bundle: members as many as fit": lambda: (
        b"{" + b",".join(b'"%d":1' % number for number in range(1_300_000)) + b"}"
    ),
    "Bundle: an endless number in an entry": lambda: entry(filled(b'{"a":', b"9", b"}", 15 * MIB)),
    "Bundle: an endless string": lambda: filled(b'{"a":"', b"x", b'"}', 16 * MIB),
    "Bundle: a million samples in an entry": lambda: entry(SAMPLED),
    "Bundle: more than fits": lambda: b"{" + b" " * (16 * MIB) + b"}",
}


def answer(name: str, body: bytes) -> int:
    """Return the status of a body, and of its one entry where the Bundle itself is taken."""
    if name in BODIES:
        parsed = parse(body)
        return parsed.status if isinstance(parsed, Refusal) else 200
    bundle = read_bundle(body)
    if isinstance(bundle, Refusal):
        return bundle.status
    inner = [parse(each.raw) for each in bundle.entries]
    return max((each.status for each in inner if isinstance(each, Refusal)), default=200)


def peak() -> int:
    """Return the most memory that this process ever held since it was last told to forget."""
    status = Path("/proc/self/status").read_text()
    (line,) = [each for each in status.splitlines() if each.startswith("VmHWM")]
    return int(line.split()[1]) << 10


def main(name: str) -> None:
    """Print the status and the peak over the baseline."""
    parse_fully(raw(observation()))
    dimension_of("bpm")  # loads the units
    body = (BODIES | BUNDLES)[name]()
    Path("/proc/self/clear_refs").write_text("5")  # the peak so far is forgotten
    before = peak()
    status = answer(name, body)
    sys.stdout.write(f"{status} {(peak() - before) / MIB:.1f}\n")


if __name__ == "__main__":
    main(sys.argv[1])
