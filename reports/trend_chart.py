"""One measurement over time as SVG: the line, what was usual, the limits, the alerts.

Everything has its time: a band or a limit is drawn from when to when it was in force. What
was kept and not used is a cross, never part of the line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree.ElementTree import SubElement

from reports.axis import Scale, day_ticks, ticks
from reports.charts import GAP, PLOT, Svg, drawn_lines, finished, picture, short, thin
from reports.limit_lines import across, limit_lines, names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date, datetime, tzinfo
    from xml.etree.ElementTree import Element

    from reports.charts import Point
    from reports.limit_lines import Step

LEFT, ACROSS, TOP, DOWN = 9, 88, 8, 74  # the plot area, in percent of the picture
CROSS = "M-3.5-3.5 3.5 3.5M-3.5 3.5 3.5-3.5"
# The shapes by which a tier is known everywhere, around their own middle.
SHAPES = {
    "RED": "M0-6 6 5-6 5z",
    "AMBER": "M0-6 6 0 0 6-6 0z",
    "YELLOW": "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0z",
}
SQUARE = "M-4.5-4.5h9v9h-9z"
LIFT = 14  # px: what a mark takes with its edge


@dataclass(frozen=True, slots=True)
class Band:
    """What was usual from when to when, in the unit that is shown."""

    since: datetime
    until: datetime
    low: float
    high: float
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """Where an alert opened or ended."""

    at: datetime
    tier: str
    ended: bool
    lift: int = 0  # so many graver marks lie beneath it, at about the same instant


@dataclass(frozen=True, slots=True)
class Strand:
    """One line of a chart with what it is drawn against; `unused` was kept and not scored."""

    name: str
    points: Sequence[Point]
    unused: Sequence[Point] = ()
    bands: Sequence[Band] = ()
    limits: Sequence[Step] = ()

    def gaps(self) -> list[datetime]:
        """Return an instant inside each gap, where the line breaks."""
        pairs = zip(self.points, self.points[1:], strict=False)
        return [a.at + (b.at - a.at) / 2 for a, b in pairs if b.at - a.at > GAP]


def newest(strands: Sequence[Strand], decimals: int) -> str:
    """Return the values of the newest instant; of two lines never one beside an older other."""
    last = max((strand.points[-1].at for strand in strands if strand.points), default=None)
    if last is None:
        return ""
    ends = [strand.points[-1] if strand.points else None for strand in strands]
    values = [end.value if end is not None and end.at == last else None for end in ends]
    return "/".join("–" if each is None else f"{each:.{decimals}f}" for each in values)  # noqa: RUF001 (an en dash stands for nothing)


@dataclass(frozen=True, slots=True)
class Plot:
    """A whole chart: its span, its words, its lines and its alerts."""

    start: datetime
    end: datetime
    label: str
    strands: Sequence[Strand]
    marks: Sequence[Mark] = ()


@dataclass(frozen=True, slots=True)
class Drawing:
    """How a trend prints numbers and days; `day` says a day in the reader's language."""

    decimals: int
    zone: tzinfo
    day: Callable[[date], str]


def trend(plot: Plot, drawing: Drawing) -> Svg:
    """Return a chart that fills its column."""
    root = picture("trend", plot.label)
    SubElement(root, "title").text = plot.label
    scale = Scale.around(
        list(_values(plot)), start=plot.start, end=plot.end, width=PLOT[0], height=PLOT[1]
    )
    _grid(root, scale, drawing)
    _days(root, scale, drawing)
    area = SubElement(
        root,
        "svg",
        {"aria-hidden": "true"},  # the words of the whole say what it shows
        x=f"{LEFT}%",
        y=f"{TOP}%",
        width=f"{ACROSS}%",
        height=f"{DOWN}%",
        viewBox=f"0 0 {PLOT[0]:g} {PLOT[1]:g}",
        preserveAspectRatio="none",
    )
    for strand in plot.strands:
        _bands(area, strand, scale)
        limit_lines(area, strand.limits, scale)
    for number, strand in enumerate(plot.strands):
        _strand(root, area, strand, scale, second=number > 0)
    _marks(root, plot, scale)
    _names(root, plot, scale)
    return finished(root)


def _values(plot: Plot) -> Iterator[float]:
    """Yield what the picture must hold; what was not used may lie at its edge."""
    for strand in plot.strands:
        yield from (point.value for point in strand.points)
        for band in strand.bands:
            if band.until > plot.start:
                yield from (band.low, band.high)
        yield from (s.value for s in strand.limits if s.near and s.until > plot.start)


def _strand(root: Element, area: Element, strand: Strand, scale: Scale, *, second: bool) -> None:
    drawn = thin(strand.points)
    drawn_lines(area, drawn, scale, kind="line second" if second else "line")
    for point in strand.unused:
        value = min(max(point.value, scale.low), scale.high)
        _shape(root, "unused", CROSS, scale.place(point.at, value), scale)
    if drawn:
        across, down = _percent(scale.place(drawn[-1].at, drawn[-1].value), scale)
        SubElement(root, "circle", {"class": "last", "cx": across, "cy": down, "r": "4"})


def _bands(area: Element, strand: Strand, scale: Scale) -> None:
    for band in strand.bands:
        left, right = across(band.since, band.until, scale)
        if right <= left:
            continue
        top, bottom = scale.y(band.high), scale.y(band.low)
        kind = "band provisional" if band.provisional else "band"
        place = {"x": short(left), "y": short(top), "width": short(right - left)}
        SubElement(area, "rect", {"class": kind, **place, "height": short(max(bottom - top, 1.0))})


def _names(root: Element, plot: Plot, scale: Scale) -> None:
    """Write each limit's tier, direction and value where it begins, above its line."""
    limits = [step for strand in plot.strands for step in strand.limits]
    for name in names(limits, scale):
        across, down = _percent((name.x, name.y), scale)
        kind = f"limit-name limit-name-{name.tier.lower()}"
        place = {"x": across, "y": down, "dx": "3", "dy": "-3"}
        text = SubElement(root, "text", {"class": kind, **place, "text-anchor": name.anchor})
        text.text = name.words


def _marks(root: Element, plot: Plot, scale: Scale) -> None:
    for mark in plot.marks:
        if plot.start <= mark.at <= plot.end:
            kind = f"mark mark-{mark.tier.lower()}{' ended' if mark.ended else ''}"
            place = (scale.x(mark.at), scale.height)
            at = _shape(root, kind, SHAPES.get(mark.tier, SQUARE), place, scale)
            if mark.lift:
                at.set("transform", f"translate(0 {-LIFT * mark.lift})")


def _shape(
    root: Element, kind: str, path: str, place: tuple[float, float], scale: Scale
) -> Element:
    """Put a shape of its own size at a place of the stretched plot, and return it."""
    across, down = _percent(place, scale)
    place_of = {"x": across, "y": down, "overflow": "visible", "aria-hidden": "true"}
    at = SubElement(root, "svg", {"class": "at", **place_of})
    return SubElement(at, "path", {"class": kind, "d": path})


def _percent(place: tuple[float, float], scale: Scale) -> tuple[str, str]:
    x, y = place
    across, down = LEFT + ACROSS * x / scale.width, TOP + DOWN * y / scale.height
    return f"{across:.2f}%", f"{down:.2f}%"


def _grid(root: Element, scale: Scale, drawing: Drawing) -> None:
    for value in ticks(scale.low, scale.high):
        _, down = _percent((0, scale.y(value)), scale)
        SubElement(root, "line", {"class": "grid", "x1": "9%", "x2": "97%", "y1": down, "y2": down})
        text = SubElement(
            root, "text", {"class": "tick value", "x": "8%", "y": down, "dy": "0.35em"}
        )
        text.text = f"{value:.{drawing.decimals}f}"


def _days(root: Element, scale: Scale, drawing: Drawing) -> None:
    for at, day in day_ticks(scale.start, scale.end, zone=drawing.zone):
        across, _ = _percent((scale.x(at), 0), scale)
        text = SubElement(root, "text", {"class": "tick day", "x": across, "y": "97%"})
        text.text = drawing.day(day)
