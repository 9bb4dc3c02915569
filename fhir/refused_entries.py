"""Which entries of a batch were refused, and what is said once these were tried again (pure)."""

from __future__ import annotations

import msgspec

BATCH = "batch-response"
REFUSED = 400  # and every status above it


class _Said(msgspec.Struct):
    status: str = ""


class _Entry(msgspec.Struct):
    response: _Said


class _Answered(msgspec.Struct):
    type: str = ""
    entry: list[_Entry] = []


class _Whole(msgspec.Struct):
    """A response Bundle whose entries keep their bytes."""

    entry: list[msgspec.Raw]


_ANSWERED = msgspec.json.Decoder(_Answered)
_WHOLE = msgspec.json.Decoder(_Whole)


def refused_in(body: str) -> frozenset[int]:
    """Return the indexes of the entries of which nothing was taken; none but of a batch."""
    if f'"{BATCH}"' not in body:
        return frozenset()
    answered = _ANSWERED.decode(body)
    if answered.type != BATCH:
        return frozenset()
    return frozenset(i for i, each in enumerate(answered.entry) if _refused(each.response.status))


def merged(body: str, again: str) -> str:
    """Return the first answer with what the refused entries were answered now, in their places."""
    entries, now = _WHOLE.decode(body).entry, _WHOLE.decode(again).entry
    for index, each in zip(sorted(refused_in(body)), now, strict=True):
        entries[index] = each
    said = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    said["entry"] = msgspec.Raw(msgspec.json.encode(entries))
    return msgspec.json.encode(said).decode()


def _refused(status: str) -> bool:
    return int(status.partition(" ")[0]) >= REFUSED
