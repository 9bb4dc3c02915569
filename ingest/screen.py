"""A look at a body before anything is stored: how much it asks for, and whether it may wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fhir.bundle import read_bundle
from fhir.observation import parse
from fhir.outcome import Refusal
from ingest.receipt import Kind
from ingest.urgency import alarming

if TYPE_CHECKING:
    from collections.abc import Iterator

BUNDLE = "Bundle"
LARGE = 100  # entries; a Bundle of more is a bulk load
_TYPE = b'"resourceType"'
_SMALLEST = 2048  # bytes that count as a resource whatever the member names look like


def resources_in(kind: str, body: bytes) -> int:
    """Return about how many resources a body holds, without reading it (SEC-36).

    Member names may be written with escapes, so length counts too: nobody hides a thousand
    readings from the count.
    """
    if kind != BUNDLE:
        return 1
    return max(1, body.count(_TYPE) - 1, len(body) // _SMALLEST)


def cannot_wait(kind: str, body: bytes) -> bool:
    """Return whether a body holds a reading that is alarming at first sight (REL-25).

    Without the person's record: what is too old to alarm is judged by who judges. A body that
    cannot be read may wait.
    """
    return any(_alarming(raw) for raw in _observations(kind, body))


def _observations(kind: str, body: bytes) -> Iterator[bytes]:
    if kind == Kind.OBSERVATION:
        yield body
    elif kind == BUNDLE:
        bundle = read_bundle(body)
        entries = () if isinstance(bundle, Refusal) else bundle.entries
        yield from (each.raw for each in entries if each.resource_type == Kind.OBSERVATION)


def _alarming(raw: bytes) -> bool:
    parsed = parse(raw)
    return not isinstance(parsed, Refusal) and any(alarming(each) for each in parsed.measurements)
