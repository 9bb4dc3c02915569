"""The trends of the patient page: one set of values for picture, script and table (UX-11); pure.

Everything here is in the unit that the reader chose; each value is converted once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.pages.language import Language, iso
from app.pages.limit_words import BRIEF, Key, Limit, LimitRow, Spoken
from app.pages.trend_words import ALL, caption_words, label_words
from app.pages.units import CANONICAL, Units
from app.pages.wording import QUALITY_WORDS
from core.vitals import MEASURES, Precision, Quality, Reading, Vital
from monitoring.findings import Usual
from reports.charts import Point, Svg
from reports.limit_lines import within_reach
from reports.piled_marks import piled
from reports.trend_chart import Band, Drawing, Mark, Plot, Strand, trend

DAYS = 30  # that a page opens with
RANGES = (7, 14, 30, 90, ALL)
LONGEST = timedelta(days=3650)
# Two that are one measurement; the first names the chart.
PAIRS = {
    "Blood pressure": (Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP),
    "Standing blood pressure": (Vital.STANDING_SYSTOLIC_BP, Vital.STANDING_DIASTOLIC_BP),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One reading as the table prints it."""

    iso: str
    at: str
    name: str
    value: str
    received: str
    quality: str


@dataclass(frozen=True, slots=True)
class Trend:
    """One chart: its values, its picture, and the table that says the same."""

    key: str
    title: str
    unit: str
    decimals: int
    caption: str
    count: str  # of the readings in the table, in words
    picture: Svg
    plot: Plot
    rows: list[Row]
    keys: list[Key]  # of the limits in force now
    limits: list[LimitRow]  # of all that were in the span

    @property
    def paired(self) -> bool:
        """Return whether the table must name its measurement in each row."""
        return len(self.plot.strands) > 1


@dataclass(frozen=True, slots=True)
class Past:
    """What was in force when, and what was opened and ended, by vital; values are canonical."""

    usual: Mapping[Vital, Usual] = field(default_factory=dict)  # now
    bands: Mapping[Vital, Sequence[Band]] = field(default_factory=dict)
    limits: Mapping[Vital, Sequence[Limit]] = field(default_factory=dict)
    marks: Mapping[Vital, Sequence[Mark]] = field(default_factory=dict)
    first: Sequence[Vital] = ()  # the vitals that alerts speak of come first


@dataclass(frozen=True, slots=True)
class Canvas:
    """What all charts of one person share."""

    now: datetime
    start: datetime
    zone: ZoneInfo
    language: Language
    days: int = DAYS
    units: Units = CANONICAL
    past: Past = Past()

    def day(self, day: date) -> str:
        """Return a day in the reader's words."""
        return self.language.day(day, today=self.now.astimezone(self.zone).date())


def trends(readings: Sequence[Reading], canvas: Canvas) -> list[Trend]:
    """Return a chart for each vital that has a reading, those of open alerts first."""
    present = {reading.vital for reading in readings}
    groups = dict.fromkeys(
        _group(vital) for vital in (*canvas.past.first, *Vital) if vital in present
    )
    return [
        _trend(group, [r for r in readings if r.vital in group.vitals], canvas) for group in groups
    ]


@dataclass(frozen=True, slots=True)
class Group:
    """The measurements of one chart, and its name."""

    title: str
    vitals: tuple[Vital, ...]


def _group(vital: Vital) -> Group:
    for title, pair in PAIRS.items():
        if vital in pair:
            return Group(title, pair)
    return Group(MEASURES[vital].display, (vital,))


def anchor(vital: Vital) -> str:
    """Return the id of the chart of a vital on the patient page."""
    return f"trend-{_key(_group(vital))}"


def _key(group: Group) -> str:
    return group.vitals[0].replace("_", "-")


def _trend(group: Group, readings: Sequence[Reading], canvas: Canvas) -> Trend:
    shown, said = canvas.units.of(group.vitals[0]), canvas.language
    strands = _in_reach([_strand(vital, readings, canvas) for vital in group.vitals])
    keys, limits = _legend(group, strands, canvas)
    marks = {mark for vital in group.vitals for mark in canvas.past.marks.get(vital, ())}
    label = "; ".join([*label_words(group, strands, canvas), *(key.words for key in keys)])
    plot = Plot(
        canvas.start,
        canvas.now,
        label,
        strands,
        piled([m for m in marks if m.at >= canvas.start], canvas.now - canvas.start),
    )
    return Trend(
        key=_key(group),
        title=said.say(group.title),
        unit=shown.unit,
        decimals=shown.decimals,
        caption=" · ".join(caption_words(group, strands, canvas)),
        count=said.count(
            "as a table ({count} reading)", "as a table ({count} readings)", len(readings)
        ),
        picture=trend(plot, Drawing(shown.decimals, canvas.zone, canvas.day)),
        plot=plot,
        rows=[_row(reading, canvas) for reading in reversed(readings)],
        keys=keys,
        limits=limits,
    )


def _strand(vital: Vital, readings: Sequence[Reading], canvas: Canvas) -> Strand:
    shown, past = canvas.units.of(vital), canvas.past
    mine = [r for r in readings if r.vital is vital and r.value is not None]
    inside = [r for r in mine if canvas.start <= r.effective <= canvas.now]

    def points(*, used: bool) -> list[Point]:
        return [
            Point(r.effective, shown.value(r.value))
            for r in inside
            if r.value is not None and (r.quality is Quality.SCORED) is used
        ]

    return Strand(
        canvas.language.say(MEASURES[vital].display),
        points(used=True),
        points(used=False),
        [
            Band(b.since, b.until, shown.value(b.low), shown.value(b.high), b.provisional)
            for b in past.bands.get(vital, ())
            if b.until > canvas.start
        ],
        [_spoken(vital, canvas).step(limit) for limit in _limits(vital, canvas)],
    )


def _limits(vital: Vital, canvas: Canvas) -> list[Limit]:
    return [each for each in canvas.past.limits.get(vital, ()) if each.until > canvas.start]


def _legend(
    group: Group, strands: Sequence[Strand], canvas: Canvas
) -> tuple[list[Key], list[LimitRow]]:
    """Return the limits in force now, and all of the span, in words."""
    keys: list[Key] = []
    rows: list[LimitRow] = []
    for vital, strand in zip(group.vitals, strands, strict=True):
        limits, spoken = _limits(vital, canvas), _spoken(vital, canvas)
        keys += spoken.keys(limits, strand.limits)
        rows += spoken.rows(limits)
    return keys, rows


def _spoken(vital: Vital, canvas: Canvas) -> Spoken:
    said, brief = canvas.language, BRIEF.get(vital, "{limit}")
    name = said.say(MEASURES[vital].display) if vital in BRIEF else ""
    return Spoken(said, canvas.units.of(vital), canvas.zone, canvas.start, canvas.now, name, brief)


def _in_reach(strands: Sequence[Strand]) -> list[Strand]:
    """Return the lines of one chart with the limits marked that it has room for."""
    values = [point.value for strand in strands for point in strand.points]
    values += [end for strand in strands for band in strand.bands for end in (band.low, band.high)]
    return [replace(each, limits=within_reach(each.limits, values)) for each in strands]


def _row(reading: Reading, canvas: Canvas) -> Row:
    said, shown = canvas.language, canvas.units.of(reading.vital)
    at = said.absolute(reading.effective, now=canvas.now, zone=canvas.zone)
    if reading.precision is not Precision.INSTANT and reading.local_day is not None:
        at = canvas.day(reading.local_day)
    value = shown.words(reading.value) if reading.value is not None else ""
    return Row(
        iso=iso(reading.effective),
        at=at,
        name=said.say(MEASURES[reading.vital].display),
        value=f"{reading.comparator}{value}" or said.say("none"),
        received=f"{reading.value_received} {reading.unit_received}".strip(),
        quality=said.say(QUALITY_WORDS[reading.quality]),
    )
