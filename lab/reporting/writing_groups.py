"""The section on subgroups: for whom it works, for whom nobody can tell, whom an oximeter fails."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lab.reporting.document import Picture, Section, Table, Words
from lab.reporting.plots import Bar, bars
from lab.reporting.subgroups import LEAST_EVENTS
from lab.reporting.wording import UNKNOWN, gap, number, percent

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.reporting.results import Results
    from lab.reporting.subgroups import Axis, Cell
    from lab.reporting.tally import Figure


def groups_section(found: Results, point: str) -> Section:
    """Return every axis with its cells and gap, and occult hypoxaemia by skin tone."""
    blocks: list[Words | Table | Picture] = [
        Words(
            f"Of {found.main}, {point}, one threshold for all, over {found.pooled}. A group with"
            f' fewer than {LEAST_EVENTS} events says "{UNKNOWN}". The gap is the widest'
            " difference of sensitivity between the groups of one kind (equal opportunity); of"
            " many groups the widest gap is above nought by chance alone."
        ),
        _picture(found),
        Table(
            "Subgroups",
            (
                *("group", "people", "events", "sensitivity", "PPV-event", "unexplained / p-y"),
                *("alerts / p-y", "calibration slope", "ECE"),
            ),
            [_row(axis, cell) for axis in found.axes for cell in axis.cells],
        ),
        Table(
            "Equal-opportunity gap, points of sensitivity",
            ("by", "gap (95 %)"),
            [(axis.name, gap(axis.gap)) for axis in found.axes],
        ),
        Words(
            "Skin tone and brand of oximeter are simulated; they bear on readings only in the"
            " world older, where the bias grows with the tone and each oximeter keeps an error of"
            " its own. Elsewhere brands differ in nothing, and a gap between them is chance."
            " Language, ethnicity and rural homes are not simulated: nobody can tell."
        ),
        _occult(found),
    ]
    return Section("For whom: subgroups", tuple(blocks))


def _picture(found: Results) -> Picture:
    each = [
        Bar(f"{axis.name}: {cell.group}", *_ends(cell))
        for axis in found.axes
        for cell in axis.cells
    ]
    caption = "Sensitivity by subgroup, with 95 % intervals"
    return Picture("subgroups", caption, bars(caption, each, "sensitivity by event", (0.0, 1.0)))


def _ends(cell: Cell) -> tuple[float, float, float]:
    figure = cell.figures.get("sensitivity")
    if figure is None:
        return math.nan, math.nan, math.nan
    return figure.value, figure.low, figure.high


def _row(axis: Axis, cell: Cell) -> tuple[str, ...]:
    shown = [
        _told(cell, "sensitivity", percent),
        _told(cell, "ppv_event", percent),
        _told(cell, "unexplained", number),
        _told(cell, "burden", number),
        _told(cell, "slope", lambda figure: number(figure, 2)),
        _told(cell, "ece", lambda figure: number(figure, 3)),
    ]
    return f"{axis.name}: {cell.group}", str(cell.patients), str(cell.events), *shown


def _told(cell: Cell, name: str, shown: Callable[[Figure], str]) -> str:
    return shown(cell.figures[name]) if name in cell.figures else UNKNOWN


def _occult(found: Results) -> Table:
    rows = [
        (
            f"{each.world}: {each.tones}",
            *(str(each.low), str(each.missed), percent(each.share), number(each.too_high, 2)),
        )
        for each in found.occult
    ]
    return Table(
        "Occult hypoxaemia: readings of 92 % or more while true saturation was below 88 %",
        (
            "world and skin tone",
            "readings while below 88 %",
            "read as 92 % or more",
            "missed",
            "too high by",
        ),
        rows,
    )
