"""What the references inside a Bundle mean; all other bytes stay as received."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from fhir.bundle import Bundle, Entry

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_REFERENCE = re.compile(rb'("reference"\s*:\s*)("[^"\\]*(?:\\.[^"\\]*)*")')
_ROOTED = re.compile(r"(https?://\S+)/([A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64})")


def anchored(bundle: Bundle) -> Bundle:
    """Return a transaction whose relative references say in full which of its entries they mean.

    R4 reads them against the base of the entry that holds them: the `Patient/1` of one server is
    not the `Patient/1` of another. What no entry's address ends with stays as it is, and so does
    what an entry without such an address says.
    """
    places = {each.index: _ROOTED.fullmatch(each.full_url) for each in bundle.entries}
    ends = {found[2] for found in places.values() if found}
    if not ends:
        return bundle

    def written_out(entry: Entry) -> Entry:
        place = places[entry.index]
        return replace(entry, raw=_in_full(entry.raw, place[1], ends)) if place else entry

    return Bundle(bundle.type, tuple(map(written_out, bundle.entries)))


def _in_full(raw: bytes, base: str, ends: Collection[str]) -> bytes:
    def replaced(found: re.Match[bytes]) -> bytes:
        text = _text(found[2])
        known = text.partition("/_history/")[0] in ends
        return found[1] + json.dumps(f"{base}/{text}").encode() if known else found[0]

    return _REFERENCE.sub(replaced, raw)


def unresolved(raw: bytes) -> frozenset[str]:
    """Return the references that only the Bundle or a search can resolve, as received.

    These are `urn:uuid:…`, `urn:oid:…` and conditional ones (`Patient?identifier=…`).
    """
    return frozenset(
        text
        for text in references(raw)
        if text.startswith(("urn:uuid:", "urn:oid:")) or "?" in text
    )


def references(raw: bytes) -> frozenset[str]:
    """Return what a resource refers to, as received."""
    return frozenset(_text(found[2]) for found in _REFERENCE.finditer(raw))


def rewrite(raw: bytes, mapping: Mapping[str, str]) -> bytes:
    """Return the resource with references in `mapping` replaced; all other bytes stay.

    `mapping` goes from a reference as received (full URL, urn:uuid or conditional) to
    `Type/id`; one that goes to nothing is left as it is.
    """

    def replaced(found: re.Match[bytes]) -> bytes:
        target = mapping.get(_text(found[2]))
        return found[1] + json.dumps(target).encode() if target else found[0]

    return _REFERENCE.sub(replaced, raw)


def _text(token: bytes) -> str:
    try:
        return str(json.loads(token))
    except ValueError:  # not UTF-8, or an escape that JSON lacks: `strict` refuses it later
        return ""
