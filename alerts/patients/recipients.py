"""Who is told of a message: the patient, their carers with consent, or nobody and why (AL-06)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from alerts.patients.wording import Kind, Why

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from uuid import UUID

# What a carer is told besides the patient, and not only in their place.
FOR_BOTH = frozenset({Kind.INSTRUCTION, Kind.REVIEW})


class Number(Protocol):
    """One number as it stands: whose it is, and whether its holder may be told."""

    @property
    def id(self) -> UUID:
        """Return its row."""

    @property
    def carer(self) -> bool:
        """Return whether it is a carer's."""

    @property
    def channel(self) -> str:
        """Return sms or chat."""

    @property
    def name(self) -> str:
        """Return the carer's name."""

    @property
    def refused(self) -> bool:
        """Return whether the provider knows no such number."""

    @property
    def may_be_told(self) -> bool:
        """Return whether consent stands."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """One recipient; without a number, or with a reason, nothing is sent."""

    number: Number | None
    carer: bool
    why_not: Why | None = None


def choose(kind: Kind, numbers: Sequence[Number]) -> list[Chosen]:
    """Return who is told: the patient, and carers with consent beside or instead of them.

    A carer who was named and has not agreed is a decision too, and stands in the list.
    """
    patient = _one([each for each in numbers if not each.carer], carer=False)
    carers = [_one(held, carer=True) for held in _by_holder(numbers)]
    reached = patient.why_not is None
    if reached and kind not in FOR_BOTH:
        return [patient]
    return [patient, *carers]


def _by_holder(numbers: Sequence[Number]) -> Iterator[list[Number]]:
    names = dict.fromkeys(each.name for each in numbers if each.carer)
    for name in names:
        yield [each for each in numbers if each.carer and each.name == name]


def _one(held: Sequence[Number], *, carer: bool) -> Chosen:
    """Return the first number of one person that may be used, or why none may."""
    if not held:
        return Chosen(None, carer, Why.NO_CONTACT)
    willing = [each for each in held if each.may_be_told]
    if not willing:
        return Chosen(held[0], carer, Why.NO_CONSENT if carer else Why.STOPPED)
    working = [each for each in willing if not each.refused]
    if not working:
        return Chosen(willing[0], carer, Why.NUMBER_REFUSED)
    return Chosen(working[0], carer)


def other_number(
    numbers: Sequence[Number], used: Number, channels: Collection[str]
) -> Number | None:
    """Return a further number of the same person on a channel that there is, or None."""
    same = (
        each
        for each in numbers
        if each.carer == used.carer and each.name == used.name and each.id != used.id
    )
    return next(
        (e for e in same if e.may_be_told and not e.refused and e.channel in channels), None
    )
