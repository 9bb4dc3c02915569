"""The limits of a trend: a line for each tier and direction, told apart by its dashes, and named.

A limit far from all that was measured would press the readings into a stripe: it is left out
of the picture, and the words beside it say so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from xml.etree.ElementTree import SubElement

from reports.charts import short

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from xml.etree.ElementTree import Element

    from reports.axis import Scale

MOST = 5.0  # of what was measured or is usual, so much height at most: engineering default
LEAST = 0.05  # what never moved is taken to span this share of its value
WIDE, TALL = 0.4, 0.1  # what a name takes on a narrow screen, of the plot area
LATE = 0.6  # from here on a name is written to the left


@dataclass(frozen=True, slots=True)
class Step:
    """A limit from when to when it was in force; `words` is its name in the picture."""

    since: datetime
    until: datetime
    value: float
    tier: str = ""
    words: str = ""
    given: bool = False  # more than a value beyond it is needed
    near: bool = True  # inside the picture

    @property
    def kind(self) -> str:
        """Return the classes by which a limit of its tier is drawn."""
        tier = f" limit-{self.tier.lower()}" if self.tier else ""
        return f"limit{tier}{' limit-given' if self.given else ''}"


@dataclass(frozen=True, slots=True)
class Name:
    """The name of a limit at a place of the plot area."""

    x: float
    y: float
    anchor: str
    tier: str
    words: str


def within_reach(limits: Sequence[Step], values: Sequence[float]) -> list[Step]:
    """Return the limits, with those marked that a picture of the values has room for."""
    if not values:
        return list(limits)
    low, high = min(values), max(values)
    room = MOST * max(high - low, LEAST * abs(high + low) / 2)
    near: set[float] = set()
    for value in sorted({s.value for s in limits}, key=lambda v: max(v - high, low - v)):
        if max(high, value) - min(low, value) <= room:
            low, high = min(low, value), max(high, value)
            near.add(value)
    return [replace(step, near=step.value in near) for step in limits]


def across(since: datetime, until: datetime, scale: Scale) -> tuple[float, float]:
    """Return where a stretch of time begins and ends in the plot area."""
    left, right = scale.x(max(since, scale.start)), scale.x(min(until, scale.end))
    return max(left, 0.0), min(right, scale.width)


def limit_lines(area: Element, limits: Iterable[Step], scale: Scale) -> None:
    """Draw the limits that the picture has room for."""
    for step in _drawn(limits, scale):
        left, right = across(step.since, step.until, scale)
        y = short(scale.y(step.value))
        ends = {"x1": short(left), "x2": short(right), "y1": y, "y2": y}
        SubElement(area, "line", {"class": step.kind, **ends})


def names(limits: Iterable[Step], scale: Scale) -> Iterator[Name]:
    """Yield where each limit is named, none over another."""
    placed: list[Name] = []
    for step in sorted(_drawn(limits, scale), key=lambda s: (-s.value, s.since)):
        if not step.words:
            continue
        left, _ = across(step.since, step.until, scale)
        late = left > LATE * scale.width
        x = scale.width if late else left
        y = scale.y(step.value)
        for other in placed:
            beside = abs(other.x - x) < WIDE * scale.width
            if beside and y < other.y + TALL * scale.height:
                y = other.y + TALL * scale.height
        placed.append(Name(x, y, "end" if late else "start", step.tier, step.words))
    yield from placed


def _drawn(limits: Iterable[Step], scale: Scale) -> Iterator[Step]:
    for step in limits:
        left, right = across(step.since, step.until, scale)
        if step.near and right > left:
            yield step
