"""Gives a stored resource the id and version it has here; every other byte stays as received."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from datetime import datetime

_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_SET_HERE = ("id", "meta")


def stamp(raw: bytes, *, id_: str, version: int, updated: datetime) -> bytes:
    """Return the resource with `id`, `meta.versionId` and `meta.lastUpdated` set (FHIR-14).

    `raw` passed the strict reader when it came in. Decimals, date texts, extensions and the
    order of members are not touched.
    """
    members = _MEMBERS.decode(raw)
    meta = _MEMBERS.decode(members["meta"]) if "meta" in members else {}
    meta["versionId"] = _text(str(version))
    meta["lastUpdated"] = _text(updated.isoformat())
    kind = {"resourceType": members["resourceType"]}
    set_here = {"id": _text(id_), "meta": msgspec.Raw(msgspec.json.encode(meta))}
    rest = {key: value for key, value in members.items() if key not in (*kind, *_SET_HERE)}
    return msgspec.json.encode(kind | set_here | rest)


def _text(value: str) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))
