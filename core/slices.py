"""A share of all people under one id: the k-th of n slices, cut by a hash of the person's id."""

from __future__ import annotations

from uuid import UUID

SIZE = 50  # people in a slice, about: one transaction, well under a second (E)
_BITS = 32


def slices(people: int) -> list[UUID]:
    """Return the ids of the slices that hold so many people together."""
    count = max(1, -(-people // SIZE))
    return [UUID(int=count << _BITS | number) for number in range(count)]


def slice_of(subject: UUID) -> tuple[int, int]:
    """Return (number, count) of a slice's id."""
    return subject.int & ((1 << _BITS) - 1), subject.int >> _BITS
