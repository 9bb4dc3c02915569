"""The charts of the patient page, each with its twin as a table (UX-11); pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.pages.wording import QUALITY_WORDS, moment, number, usual_words
from core.vitals import MEASURES, Precision, Quality, Reading, Vital
from monitoring.findings import Usual
from reports.charts import Drawing, Frame, Point, Svg, describe, trend

SPAN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Line:
    """One reading as the table prints it."""

    at: str
    value: str
    received: str
    quality: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One vital: picture, caption, and the table that says the same."""

    title: str
    unit: str
    caption: str
    picture: Svg
    table: list[Line]


@dataclass(frozen=True, slots=True)
class Canvas:
    """What all charts of one person share."""

    now: datetime
    zone: ZoneInfo
    usual: Mapping[Vital, Usual]
    limits: Mapping[Vital, float]
    first: Sequence[Vital]  # the vitals that alerts speak of come first


def charts(readings: Sequence[Reading], canvas: Canvas) -> list[Chart]:
    """Return a chart for each vital that has a reading, those of open alerts first."""
    present = {reading.vital for reading in readings}
    order = [vital for vital in dict.fromkeys((*canvas.first, *Vital)) if vital in present]
    return [_chart(vital, [r for r in readings if r.vital is vital], canvas) for vital in order]


def _chart(vital: Vital, readings: Sequence[Reading], canvas: Canvas) -> Chart:
    measure, usual, limit = MEASURES[vital], canvas.usual.get(vital), canvas.limits.get(vital)
    points = [
        Point(reading.effective, reading.value)
        for reading in readings
        if reading.quality is Quality.SCORED and reading.value is not None
    ]
    bare = Frame(canvas.now - SPAN, canvas.now, "", usual, limit)
    words = describe(points, bare, unit=measure.unit_display, decimals=measure.decimals)
    label = f"{measure.display}, {SPAN.days} days: {words}"
    frame = Frame(bare.start, bare.end, label, usual, limit)
    return Chart(
        title=measure.display,
        unit=measure.unit_display,
        caption=_caption(vital, points, usual, limit),
        picture=trend(points, frame, Drawing(measure.decimals, canvas.zone)),
        table=[_line(reading, canvas) for reading in reversed(readings)],
    )


def _caption(
    vital: Vital, points: Sequence[Point], usual: Usual | None, limit: float | None
) -> str:
    parts = [f"newest {number(vital, points[-1].value)}" if points else "none usable"]
    parts.append(usual_words(vital, usual) if usual else "no usual range yet")
    if limit is not None:
        parts.append(f"limit {number(vital, limit)}")
    return f"{MEASURES[vital].unit_display} · " + " · ".join(parts)


def _line(reading: Reading, canvas: Canvas) -> Line:
    at = moment(reading.effective, now=canvas.now, zone=canvas.zone).absolute
    if reading.precision is not Precision.INSTANT and reading.local_day is not None:
        at = f"{reading.local_day.day} {reading.local_day:%b}"
    value = "" if reading.value is None else number(reading.vital, reading.value)
    return Line(
        at=at,
        value=f"{reading.comparator}{value}" or "none",
        received=f"{reading.value_received} {reading.unit_received}".strip(),
        quality=QUALITY_WORDS[reading.quality],
    )
