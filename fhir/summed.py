"""For how many readings an Observation counts, once others are summed up with it; pure.

Said of what is handed out whole: the copy of a person, and a bulk export. Believed where an
operator takes such a copy in again, or replays it, and never of what is sent to the door:
there the extension is one of the many that mean nothing to us.
"""

from __future__ import annotations

import msgspec

SUMMED = "urn:wardlight:extension:counts-for"
_MARK = SUMMED.encode()
MOST = 1_000_000  # a sensor that speaks each second of a day says less
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LISTED = msgspec.json.Decoder(list[msgspec.Raw])


class _Extension(msgspec.Struct):
    """What of an extension is looked at."""

    url: object = ""
    valuePositiveInt: object = None  # noqa: N815  # FHIR's own name


_READ = msgspec.json.Decoder(_Extension)


def counting(raw: bytes, count: int) -> bytes:
    """Return an Observation that says for how many it counts, and nobody else's word of that.

    All other bytes of its members stay as they were received.
    """
    if count == 1 and _MARK not in raw:
        return raw
    members = _MEMBERS.decode(raw)
    others = [each for each in _listed(members) if _READ.decode(each).url != SUMMED]
    if count > 1:
        said = {"url": SUMMED, "valuePositiveInt": count}
        others.append(msgspec.Raw(msgspec.json.encode(said)))
    kept = {name: each for name, each in members.items() if name != "extension"}
    if others:
        kept["extension"] = msgspec.Raw(msgspec.json.encode(others))
    return msgspec.json.encode(kept)


def count_of(raw: bytes) -> int:
    """Return for how many an Observation says that it counts: 1 where it says nothing.

    Raises
    ------
    ValueError
        For a number that no movement can count for.
    """
    if _MARK not in raw:
        return 1
    found = (_READ.decode(each) for each in _listed(_MEMBERS.decode(raw)))
    said = [each.valuePositiveInt for each in found if each.url == SUMMED]
    if not said:
        return 1
    count = said[0] if len(said) == 1 else None
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST:
        raise ValueError("no reading counts for so many")
    return count


def _listed(members: dict[str, msgspec.Raw]) -> list[msgspec.Raw]:
    return _LISTED.decode(members["extension"]) if "extension" in members else []
