"""Whether the holder of a number may be told something, as of all that was noted of them (pure).

A no is said by a person, not by a telephone: it counts for every number of theirs, also for
those that come later and those of a record that is merged with this one; it is written onto all
that are known, so that a new name loses none. A yes is noted of one number and its holder by
name, and lifts an earlier no for that number alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

_EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Noted:
    """What a person of the team wrote down of one number; `agreed` is None where nobody did."""

    agreed: bool | None = None
    by: UUID | None = None
    at: datetime | None = None

    @property
    def when(self) -> datetime:
        """Return when it was noted, before everything else where nobody knows."""
        return self.at or _EVER


def standing(own: Noted, of_holder: Iterable[Noted]) -> Noted:
    """Return what stands for one number, by what was noted of it and of its holder's others."""
    refusals = [each for each in of_holder if each.agreed is False]
    newest = max(refusals, key=lambda each: each.when, default=None)
    if newest is None or (own.agreed is True and own.when > newest.when):
        return own
    return newest


def holder(*, carer: bool, name: str, number_id: UUID) -> str:
    """Return whose a number is, among those of one patient: "" for the patient's own.

    Carers are known apart by their names. Of one without a name nobody can say which other
    numbers are theirs.
    """
    if not carer:
        return ""
    return f"name:{' '.join(name.casefold().split())}" if name.strip() else f"number:{number_id}"
