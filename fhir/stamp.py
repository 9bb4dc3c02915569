"""Gives a stored resource the id and version it has here; every other byte stays as received."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from fhir.policy import BOM

if TYPE_CHECKING:
    from datetime import datetime

_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
_SET_HERE = ("id", "meta")


def stamp(raw: bytes, *, id_: str, version: int, updated: datetime) -> bytes:
    """Return the resource with `id`, `meta.versionId` and `meta.lastUpdated` set (FHIR-14).

    `raw` passed the strict reader when it came in. Decimals, date texts, extensions and the
    order of members are not touched. What only its sender's tolerances let in (a byte-order
    mark, null members) is no FHIR for anybody else and stays in the store.
    """
    members = _MEMBERS.decode(plain(raw))
    meta = _MEMBERS.decode(members["meta"]) if "meta" in members else {}
    meta["versionId"] = _text(str(version))
    meta["lastUpdated"] = _text(updated.isoformat())
    kind = {"resourceType": members["resourceType"]}
    set_here = {"id": _text(id_), "meta": msgspec.Raw(msgspec.json.encode(meta))}
    rest = {key: value for key, value in members.items() if key not in (*kind, *_SET_HERE)}
    return msgspec.json.encode(kind | set_here | rest)


def plain(raw: bytes) -> bytes:
    """Return a stored body as FHIR JSON: without what only a tolerance let in."""
    raw = raw.removeprefix(BOM)
    return _plain(raw.strip()) if b"null" in raw else raw


def _plain(raw: bytes) -> bytes:
    """Return the JSON text without null members, all other texts as they are."""
    if raw.startswith(b"{"):
        members = _MEMBERS.decode(raw)
        kept = {key: bytes(each) for key, each in members.items() if each != msgspec.Raw(b"null")}
        return msgspec.json.encode({key: msgspec.Raw(_plain(each)) for key, each in kept.items()})
    if raw.startswith(b"["):
        items = _ITEMS.decode(raw)
        return msgspec.json.encode([msgspec.Raw(_plain(bytes(each))) for each in items])
    return raw


def _text(value: str) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))
