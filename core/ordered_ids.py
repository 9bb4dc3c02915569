"""Ids that sort by when they were given (UUID version 7), so that new rows lie side by side."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from datetime import datetime

_SHAPE = (7 << 76) | (2 << 62)  # version and variant of RFC 9562
_ROOM = 1 << 24  # ids of one call that keep their order within a millisecond


def ordered_ids(count: int, *, now: datetime) -> list[UUID]:
    """Return new ids, ascending; `now` is in their first 48 bits, to the millisecond.

    The 24 bits after the millisecond count within the call (RFC 9562, section 6.2, method 1),
    the other 50 are random.
    """
    head = _head(now)
    if count > _ROOM:
        raise ValueError("too many ids at once")
    random = secrets.token_bytes(7 * count)
    return [
        UUID(
            int=head
            | (number >> 12) << 64
            | (number & 0xFFF) << 50
            | int.from_bytes(random[7 * number : 7 * number + 7]) & (1 << 50) - 1
        )
        for number in range(count)
    ]


def ordered_id(now: datetime) -> UUID:
    """Return one new id."""
    return ordered_ids(1, now=now)[0]


def first_id(at: datetime) -> UUID:
    """Return the smallest id that could be given at an instant: where a partition begins."""
    return UUID(int=_head(at))


def _head(at: datetime) -> int:
    return int(at.timestamp() * 1000) << 80 | _SHAPE
