"""Predicted against seen, by band of probability, of the scores that people were given.

In each band there are the days whose outcome is known anyway and the rest, of which a random
sample was asked about. The rest's rate comes from the sample by inverse probability; both are
joined by how many days there are of each, which is known exactly. The days of one person are not
independent of each other: all of them together say no more than one person does.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from typing import TYPE_CHECKING

from monitoring.followed import FollowedDay, Outcome, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

EDGES = (0.01, 0.02, 0.05, 0.10, 0.20)  # in a week one person in about 25 has an event (D)
FEWEST_ANSWERS = 20  # people of the drawn days of a band, below which nothing is said (E)
FEWEST_DAYS = 50  # scored days of a band (E)
FEWEST_PEOPLE = 30  # whose days they are (E)
TOO_WIDE = 3.0  # an interval up to this many times what was predicted does not confirm it (E)
_Z = 1.959964


class Fit(StrEnum):
    """What the outcomes say of the predictions of a band."""

    AS_PREDICTED = "as predicted"
    MORE = "more than predicted"
    FEWER = "fewer than predicted"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, slots=True)
class Scored:
    """The scored days of one band: how many, what was predicted in sum, and of whom they are.

    Of `known` of them the outcome is known anyway. `size` is how many people with one day each
    say as much (`as_many`).
    """

    days: int
    predicted: float
    known: int
    people: int
    size: float


@dataclass(frozen=True, slots=True)
class Band:
    """One line: from where to where, of how many days, and what was seen with its interval."""

    low: float
    high: float
    days: int
    known: int
    drawn: int
    answered: int
    predicted: float
    seen: float | None
    least: float | None
    most: float | None
    fit: Fit


def band_of(probability: float) -> int:
    """Return the number of the band of a probability."""
    return bisect_right(EDGES, probability)


def calibrated(scored: Mapping[int, Scored], followed: Iterable[FollowedDay]) -> list[Band]:
    """Return the bands in which anybody was scored, the lowest first."""
    by_band: dict[int, list[FollowedDay]] = {}
    for day in followed:
        by_band.setdefault(band_of(day.probability), []).append(day)
    return [
        _band(number, scored[number], by_band.get(number, []))
        for number in sorted(scored)
        if scored[number].days
    ]


def _band(number: int, scored: Scored, followed: Sequence[FollowedDay]) -> Band:
    drawn = [day for day in followed if day.source is Source.DRAWN]
    known = [day for day in followed if day.source is not Source.DRAWN]
    answers = [day for day in drawn if day.answered]
    predicted = scored.predicted / scored.days
    seen = least = most = None
    # A share of other days than were counted is a share of nothing.
    if len(known) == scored.known and _enough(scored, answers):
        worse = sum(day.outcome is Outcome.YES for day in known)
        seen, least, most = _seen(scored, worse, answers)
    edges = (0.0, *EDGES, 1.0)
    return Band(
        low=edges[number],
        high=edges[number + 1],
        days=scored.days,
        known=scored.known,
        drawn=len(drawn),
        answered=len(answers),
        predicted=predicted,
        seen=seen,
        least=least,
        most=most,
        fit=_fit(predicted, least, most),
    )


def _enough(scored: Scored, answers: Sequence[FollowedDay]) -> bool:
    """Return whether enough days of enough people are there to say anything of a band."""
    if scored.days < FEWEST_DAYS or scored.people < FEWEST_PEOPLE:
        return False
    return scored.known == scored.days or len({day.person for day in answers}) >= FEWEST_ANSWERS


def _seen(scored: Scored, worse: int, answers: Sequence[FollowedDay]) -> tuple[float, float, float]:
    """Return the rate with an interval of at least 95 %: those of both parts, added."""
    share = 1 - scored.known / scored.days
    rate, size = _weighed(answers)
    low, high = wilson(rate, size) if answers else (0.0, 0.0)
    part = worse / scored.days
    least, most = wilson(part, scored.size)
    return part + share * rate, max(least + share * low, 0.0), min(most + share * high, 1.0)


def _weighed(answers: Sequence[FollowedDay]) -> tuple[float, float]:
    """Return the rate among the drawn days, and how many evenly drawn people say as much."""
    if not answers:
        return 0.0, 0.0
    of_person: dict[UUID, float] = {}
    for day in answers:
        of_person[day.person] = of_person.get(day.person, 0.0) + 1 / day.chosen_with
    yes = sum(1 / day.chosen_with for day in answers if day.outcome is Outcome.YES)
    return yes / sum(of_person.values()), as_many(of_person.values())


def as_many(weights: Iterable[float]) -> float:
    """Return how many people of equal weight say as much as people of these weights.

    Whoever has twice as many days weighs twice (L. Kish, Survey Sampling, 1965, section 11.7):
    exact where all days of a person end alike, and too few where they do not.
    """
    listed = list(weights)
    squares = sum(each * each for each in listed)
    return sum(listed) ** 2 / squares if squares else 0.0


def wilson(rate: float, size: float) -> tuple[float, float]:
    """Return the 95 % interval of a share (E. Wilson, J. Am. Stat. Assoc. 22, 1927, 209-212)."""
    if size <= 0:
        return 0.0, 1.0
    square = _Z * _Z / size
    middle, half = rate + square / 2, _Z * sqrt(rate * (1 - rate) / size + square / (4 * size))
    return max((middle - half) / (1 + square), 0.0), min((middle + half) / (1 + square), 1.0)


def _fit(predicted: float, least: float | None, most: float | None) -> Fit:
    if least is None or most is None:
        return Fit.CANNOT_TELL
    if least > predicted:
        return Fit.MORE
    if most < predicted:
        return Fit.FEWER
    return Fit.CANNOT_TELL if most > TOO_WIDE * predicted else Fit.AS_PREDICTED
