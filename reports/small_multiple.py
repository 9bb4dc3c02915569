"""One measurement in little, beside others of the same span: the line, its usual, its alerts.

Plain shapes in one coordinate system, so that a screen, a printer and a PDF draw the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree.ElementTree import SubElement

from reports.axis import Scale
from reports.charts import Svg, drawn_lines, finished, picture, short, thin
from reports.trend_chart import SHAPES, SQUARE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from xml.etree.ElementTree import Element

    from reports.trend_chart import Plot, Strand

WIDTH, HEIGHT = 300.0, 96.0
EDGE = 6.0  # free on all sides, so that no stroke is cut
FLOOR = 14.0  # below the lines, where alerts are marked
WIDE, DEEP = WIDTH - 2 * EDGE, HEIGHT - 2 * EDGE - FLOOR


@dataclass(frozen=True, slots=True)
class Multiple:
    """A whole chart in little; `week` is from when to when the week lies that is reported."""

    plot: Plot
    week: tuple[datetime, datetime]


def small_multiple(each: Multiple) -> Svg:
    """Return the picture; its words are those of the chart that it is made of."""
    plot = each.plot
    root = picture("multiple", plot.label)
    root.set("viewBox", f"0 0 {WIDTH:g} {HEIGHT:g}")
    SubElement(root, "title").text = plot.label
    scale = Scale.around(
        list(_values(plot)), start=plot.start, end=plot.end, width=WIDE, height=DEEP
    )
    canvas = SubElement(root, "g", transform=f"translate({EDGE:g} {EDGE:g})")
    _week(canvas, each.week, scale)
    for strand in plot.strands:
        _bands(canvas, strand, scale)
    for number, strand in enumerate(plot.strands):
        kind = "line second" if number else "line"
        drawn = thin(strand.points)
        drawn_lines(canvas, drawn, scale, kind=kind)
        if drawn:
            x, y = scale.place(drawn[-1].at, drawn[-1].value)
            at = {"cx": short(x), "cy": short(y), "r": "3"}
            SubElement(canvas, "circle", {"class": "last", **at})
    _marks(canvas, plot, scale)
    return finished(root)


def _values(plot: Plot) -> Iterator[float]:
    for strand in plot.strands:
        yield from (point.value for point in strand.points)
        for band in strand.bands:
            if band.until > plot.start:
                yield from (band.low, band.high)


def _inside(at: datetime, scale: Scale) -> float:
    return min(max(scale.x(at), 0.0), WIDE)


def _week(canvas: Element, week: tuple[datetime, datetime], scale: Scale) -> None:
    left, right = (_inside(at, scale) for at in week)
    place = {"x": short(left), "y": "0", "width": short(right - left), "height": short(DEEP)}
    SubElement(canvas, "rect", {"class": "week", **place})


def _bands(canvas: Element, strand: Strand, scale: Scale) -> None:
    for band in strand.bands:
        left, right = _inside(band.since, scale), _inside(band.until, scale)
        if right <= left:
            continue
        top, bottom = scale.y(band.high), scale.y(band.low)
        kind = "band provisional" if band.provisional else "band"
        place = {"x": short(left), "y": short(top), "width": short(right - left)}
        SubElement(
            canvas, "rect", {"class": kind, **place, "height": short(max(bottom - top, 1.0))}
        )


def _marks(canvas: Element, plot: Plot, scale: Scale) -> None:
    for mark in plot.marks:
        if plot.start <= mark.at <= plot.end and not mark.ended:
            at = f"translate({short(scale.x(mark.at))} {short(DEEP + FLOOR / 2)})"
            kind, path = f"mark mark-{mark.tier.lower()}", SHAPES.get(mark.tier, SQUARE)
            SubElement(canvas, "path", {"class": kind, "d": path, "transform": at})
