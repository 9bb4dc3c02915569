"""Reads a Bundle as entries that keep their received bytes, in the order FHIR asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from fhir.fast_bundle import fast_bundle
from fhir.outcome import PROFILE, STRUCTURE, Issue, Refusal, needed, refusal
from fhir.policy import LENIENT
from fhir.strict import BUNDLE, check, decode, framed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fhir.policy import Policy

MOST_ENTRIES = 1000
ACCEPTED = ("batch", "transaction", "collection")
_WRITES = frozenset({"POST", "PUT", "PATCH"})
_RANK = {"DELETE": 0, "POST": 1, "PUT": 2, "PATCH": 2, "GET": 3, "HEAD": 3}
_ENTRY = frozenset({"fullUrl", "resource", "request"})
_REQUEST = frozenset({"method", "url", "ifNoneExist", "ifMatch", "ifNoneMatch"})
_URI = re.compile(r"\S+")
_CUT = b"0"  # stands where a resource was cut out of the envelope; no resource is a number


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as received; `raw` is the resource's own bytes, empty where it has none.

    `resource_type` is empty where the resource does not say; `strict.check` refuses it then.
    """

    index: int
    full_url: str
    method: str
    url: str
    if_none_exist: str
    raw: bytes
    resource_type: str
    if_match: str = ""
    resource_id: str = ""
    version_id: str = ""
    if_none_match: str = ""
    if_modified_since: str = ""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A batch, transaction or collection."""

    type: str
    entries: tuple[Entry, ...]


class _Held(msgspec.Struct):
    resource: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Envelope(msgspec.Struct):
    entry: list[_Held] = []


class _Meta(msgspec.Struct, frozen=True, rename="camel"):
    version_id: str | None = ""


class _Head(msgspec.Struct, rename="camel"):  # a null is for the strict reader to judge
    resource_type: str | None = ""
    id: str | None = ""
    meta: _Meta | None = None


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_HEAD = msgspec.json.Decoder(_Head)


def read_bundle(raw: bytes, policy: Policy = LENIENT) -> Bundle | Refusal:
    """Return the entries of a Bundle, each with its received bytes, or why it is refused.

    The envelope is checked here; each resource (its depth too) by whoever reads it, so that in
    a batch a bad one spoils no other.
    """
    raw = policy.unmarked(raw)
    if refused := framed(raw, BUNDLE):
        return refused
    if (plain := fast_bundle(raw)) and len(plain[1]) <= MOST_ENTRIES:
        posted = (
            Entry(index, url, "POST", "Observation", "", body, "Observation")
            for index, (url, body) in enumerate(plain[1])
        )
        return Bundle(plain[0], tuple(posted))
    held = _held(raw)
    document = decode(_cut(raw, held), BUNDLE)
    if isinstance(document, Refusal):
        return document
    envelope = policy.without_nulls(document)
    if faults := _misbuilt(envelope, held):
        return faults
    entries = tuple(
        _entry(index, entry, resource)
        for index, (entry, resource) in enumerate(zip(envelope.get("entry", ()), held, strict=True))
    )
    broken = tuple(_broken(str(envelope["type"]), entries, envelope))[:20]
    return Refusal(STRUCTURE, broken) if broken else Bundle(str(envelope["type"]), entries)


def _held(raw: bytes) -> list[bytes]:
    """Return each entry's resource as received; nothing where the body is not read that way."""
    try:
        envelope = _ENVELOPE.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return []
    return [bytes(each.resource) if each.resource else b"" for each in envelope.entry]


def _cut(raw: bytes, held: Iterable[bytes]) -> bytes:
    """Return the body with the held resources cut out: what is left is decoded strictly.

    A member given twice leaves one of the two behind, and is refused as such.
    """
    parts: list[bytes] = []
    position = 0
    for resource in held:
        if not resource:
            continue
        found = raw.find(resource, position)
        if found < 0:
            break
        parts.extend((raw[position:found], _CUT))
        position = found + len(resource)
    return b"".join((*parts, raw[position:]))


def _misbuilt(envelope: dict[str, Any], held: list[bytes]) -> Refusal | None:
    if envelope.get("resourceType") != "Bundle":
        return refusal(STRUCTURE, "structure", "a Bundle is needed", "resourceType")
    entries = envelope.get("entry", [])
    if refused := _mishandled(entries, held):
        return refused
    checked = check(_without_resources(envelope, entries))
    if isinstance(checked, Refusal):
        return checked
    if "type" not in envelope:
        return needed("Bundle.type")
    if envelope["type"] not in ACCEPTED:
        text = "what is sent is a batch or a transaction"
        return refusal(PROFILE, "not-supported", text, "Bundle.type")
    return None


def _mishandled(entries: Any, held: list[bytes]) -> Refusal | None:
    if not isinstance(entries, list) or any(not isinstance(each, dict) for each in entries):
        return refusal(STRUCTURE, "structure", "an array of objects is needed", "Bundle.entry")
    if len(entries) > MOST_ENTRIES:
        text = f"at most {MOST_ENTRIES} entries are accepted"
        return refusal(413, "too-costly", text, "Bundle.entry")
    if len(entries) != len(held) or any(
        each.get("resource", 0) != 0 or ("resource" in each) != bool(resource)
        for each, resource in zip(entries, held, strict=True)
    ):
        return refusal(STRUCTURE, "structure", "each resource must be an object", "Bundle.entry")
    return None


def _without_resources(envelope: dict[str, Any], entries: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what R4's model should look at: no resource, and no entry that is plainly built."""
    rest = {key: value for key, value in envelope.items() if key != "entry"}
    if entries and all(_plain(each) for each in entries):
        return rest
    bare = [{key: value for key, value in each.items() if key != "resource"} for each in entries]
    return rest | (
        {"entry": [each or {"fullUrl": "urn:none"} for each in bare]}
        if bare
        else {key: value for key, value in envelope.items() if key == "entry"}
    )


def _plain(entry: dict[str, Any]) -> bool:
    request = entry.get("request", {"method": "POST", "url": "none"})
    return (
        entry.keys() <= _ENTRY
        and isinstance(request, dict)
        and request.keys() <= _REQUEST
        and all(isinstance(each, str) and _URI.fullmatch(each) for each in request.values())
        and request.get("method") in _RANK
        and "url" in request
        and isinstance(entry.get("fullUrl", "none"), str)
        and _URI.fullmatch(entry.get("fullUrl", "none")) is not None
    )


def _entry(index: int, entry: dict[str, Any], resource: bytes) -> Entry:
    request = entry.get("request", {})
    kind, identity, version = head(resource)
    return Entry(
        index=index,
        full_url=entry.get("fullUrl", ""),
        method=request.get("method", ""),
        url=request.get("url", ""),
        if_none_exist=request.get("ifNoneExist", ""),
        raw=resource,
        resource_type=kind,
        version_id=version,
        if_match=request.get("ifMatch", ""),
        resource_id=identity,
        if_none_match=request.get("ifNoneMatch", ""),
        if_modified_since=request.get("ifModifiedSince", ""),
    )


def head(raw: bytes) -> tuple[str, str, str]:
    """Return a resource's type, id and version, each empty where it does not say."""
    try:
        said = _HEAD.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return "", "", ""
    version = said.meta.version_id if said.meta else ""
    return said.resource_type or "", said.id or "", version or ""


def _broken(kind: str, entries: tuple[Entry, ...], envelope: dict[str, Any]) -> Iterator[Issue]:
    seen: set[tuple[str, str]] = set()
    for entry, received in zip(entries, envelope.get("entry", ()), strict=True):
        path = f"Bundle.entry[{entry.index}]"
        if ("request" in received) != (kind != "collection"):
            text = "bdl-3: a request is needed in batch and transaction, and nowhere else"
            yield Issue("error", "invariant", text, f"{path}.request")
        # In a batch it is the fault of that entry alone, and is answered as such.
        if not entry.raw and (
            kind == "collection" or (entry.method in _WRITES and kind != "batch")
        ):
            yield Issue("error", "required", "a resource is needed", f"{path}.resource")
        if entry.raw and not entry.raw.startswith(b"{"):
            yield Issue("error", "structure", "an object is needed", f"{path}.resource")
        if entry.full_url and (entry.full_url, entry.version_id) in seen:
            yield Issue("error", "invariant", "bdl-7: fullUrl is not unique", f"{path}.fullUrl")
        if "/_history/" in entry.full_url:
            text = "bdl-8: fullUrl must not name a version"
            yield Issue("error", "invariant", text, f"{path}.fullUrl")
        seen.add((entry.full_url, entry.version_id))


def order(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return a transaction's entries in processing order: DELETE, POST, PUT/PATCH, GET."""
    return tuple(sorted(entries, key=lambda entry: _RANK.get(entry.method, len(_RANK))))
