"""Plots of the report as SVG: curves, points and bars with intervals, each with its words.

Colours come from classes in `STYLE`; every line has a dash and a name of its own besides, so
that none needs its colour to be told from the others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement

from reports.axis import ticks
from reports.charts import finished, picture, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.charts import Svg

WIDE, HIGH = 820.0, 380.0
LEFT, TOP, RIGHT, BOTTOM = 58.0, 14.0, 310.0, 48.0
KEY_STEP = 19.0
BAR_STEP = 22.0
PALETTE = 8
# Okabe and Ito's colours, darkened or lightened until they stand out from the ground.
STYLE = """
.plot { font: 13px/1.3 system-ui, sans-serif; fill: #14202b; max-width: 100%; height: auto; }
.plot .grid { stroke: #dce3e8; } .plot .edge { stroke: #7b8a97; }
.plot .soft { fill: #4d5b69; } .plot .ceiling { stroke: #14202b; stroke-dasharray: 2 4; }
.plot .curve { fill: none; stroke-width: 1.8; } .plot .main { stroke-width: 3.4; }
.plot .c0 { stroke: #00599c; fill: #00599c; } .plot .c1 { stroke: #b34700; fill: #b34700; }
.plot .c2 { stroke: #00734f; fill: #00734f; } .plot .c3 { stroke: #9c3f78; fill: #9c3f78; }
.plot .c4 { stroke: #7a5c00; fill: #7a5c00; } .plot .c5 { stroke: #2f7fb8; fill: #2f7fb8; }
.plot .c6 { stroke: #444f5a; fill: #444f5a; } .plot .c7 { stroke: #8a1f1f; fill: #8a1f1f; }
.plot .curve { fill: none; }
@media (prefers-color-scheme: dark) {
.plot { fill: #e8eef2; } .plot .grid { stroke: #2a3842; } .plot .edge { stroke: #7f909d; }
.plot .soft { fill: #a9b7c2; } .plot .ceiling { stroke: #e8eef2; }
.plot .c0 { stroke: #6cb8f0; fill: #6cb8f0; } .plot .c1 { stroke: #ff9f5c; fill: #ff9f5c; }
.plot .c2 { stroke: #5fd0a4; fill: #5fd0a4; } .plot .c3 { stroke: #e59ac6; fill: #e59ac6; }
.plot .c4 { stroke: #e0c14f; fill: #e0c14f; } .plot .c5 { stroke: #9fcbe8; fill: #9fcbe8; }
.plot .c6 { stroke: #b9c6d0; fill: #b9c6d0; } .plot .c7 { stroke: #ff9c94; fill: #ff9c94; }
.plot .curve { fill: none; }
}
"""
DASHES = ("", "7 3", "2 3", "9 3 2 3", "12 4", "4 2", "1 4", "6 2 1 2 1 2")


@dataclass(frozen=True, slots=True)
class Line:
    """One named line; `alone` draws its points and no line between them."""

    name: str
    points: Sequence[tuple[float, float]]
    main: bool = False
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Axes:
    """What runs across and up, and how far."""

    across: str
    up: str
    x: tuple[float, float]
    y: tuple[float, float]
    percent: bool = False  # of both


@dataclass(frozen=True, slots=True)
class Bar:
    """One value with its interval; NaN where nobody can tell."""

    name: str
    value: float
    low: float
    high: float


def chart(
    label: str, lines: Sequence[Line], axes: Axes, *, ceiling: float | None = None,
    diagonal: bool = False,
) -> Svg:  # fmt: skip
    """Return lines over two axes, with a key at the right."""
    high = max(HIGH, TOP + BOTTOM + KEY_STEP * (len(lines) + 1))
    root = _canvas(label, high)
    place = _Place(axes, WIDE - LEFT - RIGHT, high - TOP - BOTTOM)
    area = SubElement(root, "g", transform=f"translate({LEFT:g} {TOP:g})")
    _grid(area, axes, place)
    if diagonal:
        ends = (max(axes.x[0], axes.y[0]), min(axes.x[1], axes.y[1]))
        _segment(area, "ceiling", place.of(ends[0], ends[0]), place.of(ends[1], ends[1]))
    if ceiling is not None and math.isfinite(ceiling):
        _segment(area, "ceiling", place.of(axes.x[0], ceiling), place.of(axes.x[1], ceiling))
        _words(area, "readable at all", _off(place.of(axes.x[0], ceiling), 6, -5), kind="soft")
    for number, line in enumerate(lines):
        _line(area, line, number, place)
        _key(area, line, number, place.width + 14)
    return finished(root)


@dataclass(frozen=True, slots=True)
class _Place:
    axes: Axes
    width: float
    height: float

    def of(self, x: float, y: float) -> tuple[float, float]:
        (left, right), (low, high) = self.axes.x, self.axes.y
        return (
            self.width * (x - left) / (right - left),
            self.height * (1 - (y - low) / (high - low)),
        )

    def holds(self, x: float, y: float) -> bool:
        (left, right), (low, high) = self.axes.x, self.axes.y
        return left <= x <= right and low <= y <= high


def _canvas(label: str, high: float) -> Element:
    root = picture("plot", label)
    root.set("viewBox", f"0 0 {WIDE:g} {short(high)}")
    root.set("width", f"{WIDE:g}")
    return root


def _grid(area: Element, axes: Axes, place: _Place) -> None:
    low, left = axes.y[0], axes.x[0]
    for value in ticks(*axes.y, wanted=5):
        _segment(area, "grid", place.of(left, value), place.of(axes.x[1], value))
        _words(area, _tick(value, axes), _off(place.of(left, value), -7, 4), anchor="end")
    for value in ticks(*axes.x, wanted=5):
        _segment(area, "grid", place.of(value, low), place.of(value, axes.y[1]))
        _words(area, _tick(value, axes), _off(place.of(value, low), 0, 18), anchor="middle")
    _segment(area, "edge", place.of(left, low), place.of(axes.x[1], low))
    _segment(area, "edge", place.of(left, low), place.of(left, axes.y[1]))
    middle = (place.width / 2, place.height + 38)
    _words(area, axes.across, middle, anchor="middle", kind="soft")
    up = SubElement(area, "g", transform=f"translate(-44 {short(place.height / 2)}) rotate(-90)")
    _words(up, axes.up, (0, 0), anchor="middle", kind="soft")


def _tick(value: float, axes: Axes) -> str:
    if axes.percent:
        return f"{100 * value:.3g} %"
    return f"{value + 0.0:.3g}"


def _segment(
    area: Element, kind: str, start: tuple[float, float], end: tuple[float, float]
) -> None:
    places = zip(("x1", "y1", "x2", "y2"), (*start, *end), strict=True)
    SubElement(area, "line", {"class": kind, **{name: short(at) for name, at in places}})


def _words(
    area: Element, words: str, at: tuple[float, float], *, anchor: str = "start", kind: str = ""
) -> None:
    place = {"x": short(at[0]), "y": short(at[1]), "text-anchor": anchor}
    SubElement(area, "text", place | ({"class": kind} if kind else {})).text = words


def _off(at: tuple[float, float], across: float, down: float) -> tuple[float, float]:
    return at[0] + across, at[1] + down


def _line(area: Element, line: Line, number: int, place: _Place) -> None:
    colour = f"c{number % PALETTE}"
    kept = [(x, y) for x, y in line.points if math.isfinite(x) and math.isfinite(y)]
    if line.alone:
        for x, y in kept:
            if place.holds(x, y):
                _dot(area, colour, place.of(x, y), number)
        return
    shown = [place.of(x, y) for x, y in kept if place.holds(x, y)]
    if len(shown) == 1:
        _dot(area, colour, shown[0], number)
    elif shown:
        kind = f"curve {colour}{' main' if line.main else ''}"
        points = " ".join(f"{short(x)},{short(y)}" for x, y in shown)
        # A colour that comes again comes with another dash.
        dash = DASHES[(number + 3 * (number // PALETTE)) % PALETTE]
        more = {"stroke-dasharray": dash} if dash else {}
        SubElement(area, "polyline", {"class": kind, "points": points, **more})


def _dot(area: Element, colour: str, at: tuple[float, float], number: int) -> None:
    """Draw a point: a square, a diamond or a circle, by turns."""
    x, y = at
    if number % 3 == 0:
        place = {"x": short(x - 4.5), "y": short(y - 4.5), "width": "9", "height": "9"}
        SubElement(area, "rect", {"class": colour, **place})
    elif number % 3 == 1:
        path = f"M{short(x)} {short(y - 6)}l6 6-6 6-6-6z"
        SubElement(area, "path", {"class": colour, "d": path})
    else:
        SubElement(area, "circle", {"class": colour, "cx": short(x), "cy": short(y), "r": "5"})


def _key(area: Element, line: Line, number: int, left: float) -> None:
    y = 8 + KEY_STEP * number
    sample = Line(line.name, ((0.0, 0.0), (1.0, 0.0)), line.main, line.alone)
    group = SubElement(area, "g", transform=f"translate({short(left)} {short(y)})")
    flat = _Place(Axes("", "", (0.0, 1.0), (-1.0, 1.0)), 26.0, 0.0)
    if line.alone:
        _dot(group, f"c{number % PALETTE}", (13.0, 0.0), number)
    else:
        _line(group, sample, number, flat)
    _words(group, line.name, (34.0, 4.0))


def bars(label: str, each: Sequence[Bar], across: str, reach: tuple[float, float]) -> Svg:
    """Return values with intervals, one below the other; one that cannot be told says so."""
    high = TOP + BOTTOM + BAR_STEP * len(each)
    root = _canvas(label, high)
    axes = Axes(across, "", reach, (0.0, 1.0))
    place = _Place(axes, WIDE - RIGHT - 20, BAR_STEP * len(each))
    area = SubElement(root, "g", transform=f"translate({RIGHT - 20:g} {TOP:g})")
    for value in ticks(*reach, wanted=5):
        _segment(area, "grid", place.of(value, 0), place.of(value, 1))
        _words(area, _tick(value, axes), _off(place.of(value, 0), 0, 18), anchor="middle")
    _words(area, across, (place.width / 2, place.height + 38), anchor="middle", kind="soft")
    for number, bar in enumerate(each):
        _bar(area, bar, BAR_STEP * (number + 0.5), place)
    return finished(root)


def _bar(area: Element, bar: Bar, y: float, place: _Place) -> None:
    _words(area, bar.name, (-10.0, y + 4), anchor="end")
    if not math.isfinite(bar.value):
        _words(area, "cannot tell", (4.0, y + 4), kind="soft")
        return
    low, high = place.axes.x
    start, end = (min(max(at, low), high) for at in (bar.low, bar.high))
    if math.isfinite(start) and math.isfinite(end):
        ends = (place.of(start, 0)[0], place.of(end, 0)[0])
        _segment(area, "curve c0", (ends[0], y), (ends[1], y))
    _dot(area, "c0", (place.of(min(max(bar.value, low), high), 0)[0], y), 2)
