"""Which scored patient-days are followed up, with what probability, and what each one weighs.

Alerts are what somebody looked into: what is learnt from them alone takes the people who alarm for
all people (verification bias: C. Begg and R. Greenes, Biometrics 39, 1983, 207-215). So a random
sample of the other days is asked about too, and each answer weighs one over the probability that
it was asked for (D. Horvitz and D. Thompson, J. Am. Stat. Assoc. 47, 1952, 663-685).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date
    from uuid import UUID

HORIZON = timedelta(days=7)  # what the main prediction is about
EVERY_DAYS = 7  # of each person one day in seven, so that no two windows overlap
GRACE = timedelta(days=3)  # for outcomes to be written down once the window is over (E)
TREATED = timedelta(days=14)  # after it began, the same illness is not predicted again
SEED = 20260101
PER_CLINICIAN = 3  # questions a week, about (E)
OPEN_FOR = timedelta(days=28)  # longer ago nobody remembers (E)


class Outcome(StrEnum):
    """Whether somebody got worse within the window."""

    YES = "yes"
    NO = "no"
    CANNOT_TELL = "cannot-tell"


class Source(StrEnum):
    """How the outcome of a day is known."""

    LABEL = "label"  # an alert that a clinician labelled
    ADMISSION = "admission"  # a stay in hospital that began
    DRAWN = "drawn"  # drawn by lot, for a clinician to say
    NOT_DRAWN = "not-drawn"  # not known, and passed over by the lot: it is counted, no more


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What is known of one window: labels of alerts that began in it, None where there is none."""

    admitted: bool
    labels: tuple[str | None, ...] = ()


def known(
    verdicts: Verdicts, *, true: Collection[str], false: Collection[str]
) -> tuple[Source, Outcome] | None:
    """Return how a window turned out, or None where nobody has said; then it may be drawn.

    One true alert makes it a yes. It is a no where every alert was labelled false; what is
    unsure, a duplicate, or ended without a label says nothing.
    """
    if verdicts.admitted:
        return Source.ADMISSION, Outcome.YES
    if any(label in true for label in verdicts.labels):
        return Source.LABEL, Outcome.YES
    if verdicts.labels and all(label in false for label in verdicts.labels):
        return Source.LABEL, Outcome.NO
    return None


def rate(people: int, clinicians: int) -> float:
    """Return the probability that a day is drawn: about three questions a clinician and week."""
    return min(1.0, PER_CLINICIAN * clinicians / people) if people else 0.0


def is_drawn(person: UUID, day: date, probability: float, *, seed: int = SEED) -> bool:
    """Return whether a day is drawn: the same answer whenever it is asked."""
    digest = hashlib.sha256(f"{seed}|{person}|{day.isoformat()}".encode()).digest()
    return int.from_bytes(digest[:8]) < probability * 2**64


@dataclass(frozen=True, slots=True)
class FollowedDay:
    """One followed day: what was predicted, how it was chosen, and what came of it, if known.

    `chosen_with` is the probability that it is followed: 1 where the outcome was known anyway.
    """

    person: UUID
    probability: float
    source: Source
    chosen_with: float
    outcome: Outcome | None

    @property
    def answered(self) -> bool:
        """Return whether it is known how it turned out."""
        return self.outcome in (Outcome.YES, Outcome.NO)


def weights(days: Iterable[FollowedDay]) -> list[tuple[FollowedDay, float]]:
    """Return the days whose outcome is known with the number of days that each stands for.

    A drawn day stands for one over its probability, and for its share of the drawn ones that
    nobody answered.
    """
    listed = list(days)
    drawn = [day for day in listed if day.source is Source.DRAWN]
    asked = sum(1 / day.chosen_with for day in drawn)
    heard = sum(1 / day.chosen_with for day in drawn if day.answered)
    unheard = asked / heard if heard else 1.0
    return [
        (day, unheard / day.chosen_with if day.source is Source.DRAWN else 1.0)
        for day in listed
        if day.answered
    ]
