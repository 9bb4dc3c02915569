"""The short cut for Bundles that only post Observations: their envelope, in strict shape.

Like `fhir.fast`, it never refuses: what it does not take, the full path reads.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from fhir.fast import members, spaced

Uri = Annotated[str, Meta(pattern=r"^[!-~]+$")]


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", gc=False):
    """An element with no member but those named."""


class _Request(_Strict, frozen=True):
    method: Literal["POST"]
    url: Literal["Observation"]


class _Entry(_Strict, frozen=True):
    resource: Raw
    request: _Request
    full_url: Uri | UnsetType = UNSET


class _Bundle(_Strict, frozen=True):
    resource_type: Literal["Bundle"]
    type: Literal["batch", "transaction"]
    entry: Annotated[list[_Entry], Meta(min_length=1)]


_BUNDLE = msgspec.json.Decoder(_Bundle)
_BEGINNINGS = (b'{"resourceType":"Observation"', b'{"resourceType": "Observation"')


def fast_bundle(raw: bytes) -> tuple[str, list[tuple[str, bytes]]] | None:
    """Return the type of a Bundle that only posts Observations, and (fullUrl, bytes) of each.

    None where only the full path may say. What stands in a resource is not looked at here.
    """
    if spaced(raw):
        return None
    try:
        seen = _BUNDLE.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    entries = [(each.full_url or "", bytes(each.resource)) for each in seen.entry]
    held = [body for _, body in entries]
    urls = [url for url, _ in entries if url]
    # Three members of the Bundle; of each entry two, and two of its request.
    plain = members(raw) - sum(map(members, held)) == 3 + 4 * len(entries) + len(urls)
    escaped = raw.count(b"\\") - sum(body.count(b"\\") for body in held)
    if not plain or escaped or len(set(urls)) < len(urls):
        return None
    if any("/_history/" in url for url in urls) or not all(b.startswith(_BEGINNINGS) for b in held):
        return None
    return seen.type, entries
