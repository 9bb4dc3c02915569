"""Pictures of readings as SVG text: the same renderer for page and print, and no data unescaped.

Colours come from classes, gaps stay gaps, and every picture is handed the words of what it
shows (UX-11). Elements are built as a tree, so escaping cannot be forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, tostring

from reports.axis import Scale

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from monitoring.findings import Usual

GAP = timedelta(hours=36)  # one daily measurement missed: the line breaks (engineering default)
SPARK = (180.0, 44.0)
PLOT = (1000.0, 1000.0)  # the plot area is stretched; strokes and text are not
MOST_POINTS = 400


class Svg(str):
    """Finished markup: templates print it as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        """Tell an autoescaping template that this is markup."""
        return str(self)


@dataclass(frozen=True, slots=True)
class Point:
    """One drawn reading, in the canonical unit of its vital."""

    at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Frame:
    """What a picture is drawn against: its span, the usual range, the limit, and the words."""

    start: datetime
    end: datetime
    label: str
    usual: Usual | None = None
    limit: float | None = None


def sparkline(points: Sequence[Point], frame: Frame) -> Svg:
    """Return a small line with the usual range as a band and the limit as a dashed rule."""
    root = picture("spark", frame.label)
    root.set("viewBox", f"0 0 {SPARK[0]:g} {SPARK[1]:g}")
    drawn = thin(_within(points, frame))
    scale = _scale(drawn, frame, width=SPARK[0] - 8, height=SPARK[1] - 8)
    canvas = SubElement(root, "g", transform="translate(4 4)")
    _band(canvas, frame, scale, right=SPARK[0] - 8)
    _limit(canvas, frame, scale, right=SPARK[0] - 8)
    drawn_lines(canvas, drawn, scale)
    if drawn:
        x, y = scale.place(drawn[-1].at, drawn[-1].value)
        SubElement(canvas, "circle", {"class": "last", "cx": short(x), "cy": short(y), "r": "3"})
    return finished(root)


def bar(points: float, largest: float) -> Svg:
    """Return one contribution as a bar from the middle: to the right it raises the risk."""
    root = Element("svg", {"class": "bar", "aria-hidden": "true", "viewBox": "0 0 100 10"})
    root.set("preserveAspectRatio", "none")
    width = min(abs(points) / largest, 1.0) * 50 if largest else 0.0
    raises = points >= 0
    left = 50 if raises else 50 - width
    kind = "raises" if raises else "lowers"
    SubElement(
        root, "rect", {"class": kind, "x": short(left), "width": short(width), "height": "10"}
    )
    SubElement(root, "line", {"class": "zero", "x1": "50", "x2": "50", "y1": "0", "y2": "10"})
    return finished(root)


def segments(points: Sequence[Point], gap: timedelta = GAP) -> list[list[Point]]:
    """Split a line where nothing was measured for longer than `gap`."""
    runs: list[list[Point]] = []
    for point in points:
        if runs and point.at - runs[-1][-1].at <= gap:
            runs[-1].append(point)
        else:
            runs.append([point])
    return runs


def thin(points: Sequence[Point], most: int = MOST_POINTS) -> list[Point]:
    """Keep the lowest and highest point of each slice, so that no extreme is lost."""
    if len(points) <= most:
        return list(points)
    step = -(-len(points) * 2 // most)
    kept: list[Point] = []
    for first in range(0, len(points), step):
        part = points[first : first + step]
        ends = {id(p): p for p in (min(part, key=_value), max(part, key=_value))}
        kept += sorted(ends.values(), key=lambda point: point.at)
    if kept[-1] is not points[-1]:
        kept.append(points[-1])
    return kept


def _value(point: Point) -> float:
    return point.value


def _within(points: Sequence[Point], frame: Frame) -> list[Point]:
    return [point for point in points if frame.start <= point.at <= frame.end]


def _scale(points: Iterable[Point], frame: Frame, *, width: float, height: float) -> Scale:
    shown = [point.value for point in points]
    if frame.usual is not None:
        shown += [frame.usual.low, frame.usual.high]
    if frame.limit is not None:
        shown.append(frame.limit)
    return Scale.around(shown, start=frame.start, end=frame.end, width=width, height=height)


def picture(kind: str, label: str) -> Element:
    """Return an empty picture that says in words what it shows."""
    return Element("svg", {"class": kind, "role": "img", "aria-label": label})


def _band(parent: Element, frame: Frame, scale: Scale, *, right: float) -> None:
    if frame.usual is None:
        return
    top, bottom = scale.y(frame.usual.high), scale.y(frame.usual.low)
    kind = "band provisional" if frame.usual.provisional else "band"
    height = max(bottom - top, 1.0)
    SubElement(
        parent,
        "rect",
        {"class": kind, "x": "0", "y": short(top), "width": short(right), "height": short(height)},
    )


def _limit(parent: Element, frame: Frame, scale: Scale, *, right: float) -> None:
    if frame.limit is None:
        return
    y = short(scale.y(frame.limit))
    SubElement(parent, "line", {"class": "limit", "x1": "0", "x2": short(right), "y1": y, "y2": y})


def drawn_lines(
    parent: Element, points: Sequence[Point], scale: Scale, *, kind: str = "line"
) -> None:
    """Draw a line that breaks where nothing was measured."""
    for run in segments(points):
        places = [scale.place(point.at, point.value) for point in run]
        if len(places) == 1:  # a lone reading would be an invisible line
            x, y = places[0]
            places = [(x - scale.width / 150, y), (x + scale.width / 150, y)]
        line = " ".join(f"{short(x)},{short(y)}" for x, y in places)
        SubElement(parent, "polyline", {"class": kind, "points": line})


def short(value: float) -> str:
    """Return a place with one decimal."""
    return f"{value:.1f}"


def finished(root: Element) -> Svg:
    """Return a picture as markup."""
    return Svg(tostring(root, encoding="unicode"))
