"""What a judgement does not know of a person, so that silence is never taken for health."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.vitals import MEASURES, Group
from monitoring import learnt
from monitoring.phrases import Phrase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.vitals import Vital
    from monitoring.moment import Moment

UNMODELLED = Phrase("the learned score is unavailable; rules alone judged this")
ABSTAINS = Phrase(
    "the learned score abstains: no vital of the last week has a personal baseline yet"
)


def unknowns(now: Moment, *, modelled: bool, scored: bool) -> Iterator[Phrase]:
    """Yield what is not known, in sentences; whether there is a model, and a score by it."""
    if not modelled:
        yield UNMODELLED
    if not len(now.past.contacts):
        yield Phrase("no reading was ever received")
    for vital in sorted(body(now)):
        yield from learnt.notes(vital, now)
    if now.person.birth_date is None:
        yield Phrase("birth date unknown: rules for 65 and over are applied")
    if now.person.on_oxygen is None:
        yield Phrase("not known whether on oxygen")
    if not (now.person.medicines or now.person.medicines_known):
        yield Phrase("medicines not known")
    if modelled and not scored:
        yield ABSTAINS


def body(now: Moment) -> Iterator[Vital]:
    """Yield the vitals that have readings and a usual."""
    return (vital for vital in now.past.series if MEASURES[vital].group is Group.BODY)
