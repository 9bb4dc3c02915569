"""Whether so few people are heard that it is the system's fault and not theirs (REL-34).

Shares and bounds are engineering defaults (E); the share is a setting.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAST_DAYS = 3  # before so many days nobody knows what is usual
LEAST_PEOPLE = 10  # of fewer people in an hour, all may be silent by chance
LEAST_BACK = 5  # fewer say nothing of the system having come back
BACK = 0.2  # the incident ends this much above the share that opened it


@dataclass(frozen=True, slots=True)
class Fall:
    """What was heard against what is usual: fallen, back, or (both false) no change."""

    people: int
    usual: int
    fallen: bool
    back: bool


def judge(people: int, before: Sequence[int], *, share: float) -> Fall:
    """Return how the people heard in an hour stand to the same hour of the days before.

    Where little is usual, at night, nothing opens; and what is open stays so until enough people
    are heard.
    """
    usual = int(median(before)) if len(before) >= LEAST_DAYS else 0
    fallen = usual >= LEAST_PEOPLE and people < share * usual
    back = people >= max(LEAST_BACK, (share + BACK) * usual)
    return Fall(people, usual, fallen, back)
