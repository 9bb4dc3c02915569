"""For whom it works, and for whom nobody can tell: the same figures by group of patients."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lab.reporting.daily import HORIZON, Days, calibrated
from lab.reporting.tally import AT, COLUMNS, Figure, computed
from lab.scorecard import interval, resampled, summed_by

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from lab.reporting.people import Traits, Watched

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

LEAST_EVENTS = 10  # in a smaller cell nobody can tell
SHOWN = ("sensitivity", "ppv_event", "unexplained", "burden")
TONES = ((1, 3, "Monk 1 to 3"), (4, 6, "Monk 4 to 6"), (7, 10, "Monk 7 to 10"))
AGES = ((65, 74), (75, 84), (85, 200))


@dataclass(frozen=True, slots=True)
class Cell:
    """One group under one way of alerting; no figures where there are too few events."""

    group: str
    patients: int
    events: int
    figures: dict[str, Figure]

    @property
    def tells(self) -> bool:
        """Return whether there are events enough to say anything."""
        return self.events >= LEAST_EVENTS


@dataclass(frozen=True, slots=True)
class Axis:
    """One way of grouping patients, and the widest gap of sensitivity between its groups."""

    name: str
    cells: tuple[Cell, ...]
    gap: Figure  # equal opportunity, at the one threshold that all share


def _age(traits: Traits) -> str:
    for low, high in AGES:
        if low <= traits.age <= high:
            return f"{low} to {high}" if high < 100 else f"{low} and over"  # noqa: PLR2004
    return ""


def _tone(traits: Traits) -> str:
    return next((name for low, high, name in TONES if low <= traits.tone <= high), "")


def _conditions(traits: Traits) -> str:
    return f"{traits.conditions}" if traits.conditions < 5 else "5 or more"  # noqa: PLR2004


PLAIN: dict[str, Callable[[Traits], str]] = {
    "sex": lambda traits: traits.sex,
    "age": _age,
    "conditions": _conditions,
    "lives alone": lambda traits: "alone" if traits.lives_alone else "with others",
    "device brand (oximeter)": lambda traits: traits.brand and f"brand {traits.brand}",
    "skin tone": _tone,
}
QUARTILES = ("lowest quarter", "second", "third", "highest quarter")


def groups(people: Sequence[Watched]) -> dict[str, list[str]]:
    """Return the group of everybody, by axis; an empty name is in no group."""
    found = {name: [of(person.traits) for person in people] for name, of in PLAIN.items()}
    shares = np.array([person.traits.adherence for person in people])
    ends = np.quantile(shares, (0.25, 0.5, 0.75)) if len(shares) else shares
    which = np.searchsorted(ends, shares, side="right").tolist()
    return found | {"adherence": [QUARTILES[number] for number in which]}


def axes(
    people: Sequence[Watched], counts: Floats, seed: int, foretold: Floats | None = None
) -> list[Axis]:
    """Return every axis; `counts` float64[people, COLUMNS] are of one way at one threshold.

    `foretold` are the probabilities of all days of these people, where a score was judged.
    """
    names = [person.name for person in people]
    found = [axis(name, of, names, counts, seed) for name, of in groups(people).items() if any(of)]
    if foretold is None:
        return found
    each = np.split(foretold, np.cumsum([len(person.days) for person in people])[:-1])
    groups_of = groups(people)
    return [_with_calibration(one, groups_of[one.name], people, each, seed) for one in found]


def _with_calibration(
    one: Axis,
    group_of: Sequence[str],
    people: Sequence[Watched],
    each: Sequence[Floats],
    seed: int,
) -> Axis:
    cells = []
    for cell in one.cells:
        own = [number for number, group in enumerate(group_of) if group == cell.group]
        if cell.tells:
            days = Days.of([people[number] for number in own], HORIZON)
            values = np.concatenate([each[number] for number in own])
            figures = cell.figures | calibrated(days, values, seed)
            cells.append(replace(cell, figures=figures))
        else:
            cells.append(cell)
    return replace(one, cells=tuple(cells))


def axis(
    name: str, group_of: Sequence[str], names: Sequence[str], counts: Floats, seed: int
) -> Axis:
    """Return the cells of one axis, drawn together so that the gap has an interval."""
    found = sorted({group for group in group_of if group}, key=_order)
    member = np.array([[group == each for each in group_of] for group in found])
    wide = np.concatenate([counts * own[:, None] for own in member], axis=1)
    summed = summed_by(names, wide)
    drawn = resampled(summed, seed).reshape(-1, len(found), len(COLUMNS))
    exact = wide.sum(axis=0).reshape(len(found), len(COLUMNS))
    cells = tuple(
        _cell(group, int(own.sum()), exact[number], drawn[:, number])
        for number, (group, own) in enumerate(zip(found, member, strict=True))
    )
    telling = [number for number, cell in enumerate(cells) if cell.tells]
    return Axis(name, cells, _gap(exact[telling], drawn[:, telling]))


def _order(group: str) -> tuple[int, str]:
    return (QUARTILES.index(group) if group in QUARTILES else 0, group)


def _cell(group: str, patients: int, exact: Floats, drawn: Floats) -> Cell:
    events = int(exact[AT["events"]])
    if events < LEAST_EVENTS:
        return Cell(group, patients, events, {})
    value, spread = computed(exact[None, :]), computed(drawn)
    figures = {n: Figure(float(value[n][0]), *interval(spread[n])) for n in SHOWN}
    return Cell(group, patients, events, figures)


def _gap(exact: Floats, drawn: Floats) -> Figure:
    """Return the widest difference of sensitivity; NaN with fewer than two cells that tell."""
    if len(exact) < 2:  # noqa: PLR2004 (a gap is between two)
        return Figure(math.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        own = exact[:, AT["found"]] / exact[:, AT["events"]]
        each = drawn[..., AT["found"]] / drawn[..., AT["events"]]
    return Figure(float(np.ptp(own)), *interval(np.ptp(each, axis=1)))
