"""What one entry of a Bundle asks for: something written, something looked at (FHIR-07; pure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.receipt import DELETABLE, HOW_TO_RETRACT, RETRACTABLE, Answer, Method, Posted, refuse

if TYPE_CHECKING:
    from fhir.bundle import Entry

LOOKING = ("GET", "HEAD")
WRITING = (Method.POST, Method.PUT)
METHOD, URL = "request.method", "request.url"


@dataclass(frozen=True, slots=True)
class Look:
    """A read or a search inside a Bundle: where, and what its sender has already."""

    index: int
    path: str  # below the FHIR base
    query: str = ""
    if_none_match: str = ""
    if_modified_since: str = ""  # an instant of FHIR
    bodiless: bool = False  # HEAD: only what would be said of it


def asked(entry: Entry, base: str) -> Posted | Look | Answer:
    """Return what an entry asks for, or why that is not done.

    An address may be relative or below our own base.
    """
    address = entry.url.removeprefix(f"{base}/") if base else entry.url
    path, _, query = address.partition("?")
    path = path.strip("/")
    if entry.method in LOOKING:
        return _look(entry, path, query)
    if entry.method in WRITING and not entry.raw:
        place = f"Bundle.entry[{entry.index}].resource"
        return refuse(400, "required", f"a {entry.method} needs a resource", place)
    if entry.method == Method.POST:
        return _create(entry, path, query)
    if entry.method == Method.PUT:
        return _update(entry, path, query)
    if entry.method == Method.DELETE:
        return _delete(entry, path, query)
    return refuse(405, "not-supported", "GET, HEAD, POST, PUT and DELETE are served", METHOD)


def _look(entry: Entry, path: str, query: str) -> Look:
    return Look(
        entry.index,
        path,
        query,
        entry.if_none_match,
        entry.if_modified_since,
        bodiless=entry.method == "HEAD",
    )


def _create(entry: Entry, path: str, query: str) -> Posted | Answer:
    if path != entry.resource_type or query:
        return refuse(400, "invalid", "request.url must be the type of the resource", URL)
    return Posted(entry.index, entry.resource_type, entry.raw, entry.full_url, entry.if_none_exist)


def _update(entry: Entry, path: str, query: str) -> Posted | Answer:
    kind, _, id_ = path.partition("/")
    if kind != entry.resource_type:
        text = "request.url must begin with the type of the resource"
        return refuse(400, "invalid", text, URL)
    if bool(id_) == bool(query) or "/" in id_:
        text = "a PUT goes to Type/id, or to Type?identifier=system|value"
        return refuse(400, "invalid", text, URL)
    return Posted(
        entry.index,
        kind,
        entry.raw,
        entry.full_url,
        query,
        method=Method.PUT,
        id=id_,
        if_match=entry.if_match,
        if_none_match=entry.if_none_match,
    )


def _delete(entry: Entry, path: str, query: str) -> Posted | Answer:
    kind, _, id_ = path.partition("/")
    if query or not id_ or "/" in id_:
        return refuse(405, "not-supported", "a DELETE goes to Type/id, and to nothing else", URL)
    if kind not in DELETABLE:
        text = f"{', '.join(DELETABLE)} can be deleted"
        text = f"{text}; {HOW_TO_RETRACT}" if kind in RETRACTABLE else text
        return refuse(405, "not-supported", text, METHOD)
    return Posted(
        entry.index,
        kind,
        b"",
        entry.full_url,
        method=Method.DELETE,
        id=id_,
        if_match=entry.if_match,
    )
