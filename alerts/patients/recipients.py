"""Who is told of a message: the patient, their carers with consent, or nobody and why (AL-06)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from alerts.patients.wording import Kind, Why

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from uuid import UUID

# What a carer is told besides the patient, and not only in their place.
FOR_BOTH = frozenset({Kind.INSTRUCTION, Kind.WITHDRAWN, Kind.REVIEW, Kind.VISIT, Kind.VISIT_OFF})


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
    def holder(self) -> str:
        """Return whose it is: the same for all numbers of one person."""

    @property
    def refused(self) -> bool:
        """Return whether the provider knows no such number."""

    @property
    def may_be_told(self) -> bool:
        """Return whether consent stands."""


_Number = TypeVar("_Number", bound=Number)


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
    for holder in dict.fromkeys(each.holder for each in numbers if each.carer):
        yield [each for each in numbers if each.carer and each.holder == holder]


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


def in_turn(numbers: Sequence[_Number], used: UUID, *, carer: bool) -> list[_Number]:
    """Return the number that was chosen, then the others of the same person.

    Where the one chosen is there no longer, a patient's others are known; which of the carers it
    was, is not.
    """
    chosen = next((each for each in numbers if each.id == used), None)
    if chosen is None:
        return [] if carer else [each for each in numbers if not each.carer]
    others = (each for each in numbers if each.holder == chosen.holder and each.id != used)
    return [chosen, *others]


def usable(number: Number, channels: Collection[str]) -> bool:
    """Return whether a message may and can go to a number."""
    return number.may_be_told and not number.refused and number.channel in channels
