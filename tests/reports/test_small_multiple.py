from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import Element, fromstring

from reports.charts import Point
from reports.small_multiple import DEEP, EDGE, FLOOR, HEIGHT, WIDE, Multiple, small_multiple
from reports.trend_chart import Band, Mark, Plot, Strand

END = datetime(2026, 11, 23, tzinfo=UTC)
START, WEEK = END - timedelta(days=28), (END - timedelta(days=7), END)
POINTS = [Point(START + timedelta(days=day), 80 + day / 10) for day in range(28)]
SVG = "{http://www.w3.org/2000/svg}"
PLOT = Plot(
    START,
    END,
    "Body weight & more",
    [Strand("Body weight", POINTS, bands=[Band(START - timedelta(days=9), END, 79, 82)])],
    [
        Mark(END - timedelta(days=2), "RED", ended=False),
        Mark(END - timedelta(days=1), "RED", ended=True),
        Mark(END + timedelta(days=1), "AMBER", ended=False),
    ],
)


def shapes(plot: Plot) -> list[Element]:
    picture = small_multiple(Multiple(plot, WEEK))
    return list(fromstring(picture).iter())  # noqa: S314 (our own picture)


def of(plot: Plot, kind: str) -> list[Element]:
    return [each for each in shapes(plot) if kind in each.get("class", "").split()]


def test_it_sets_the_week_apart_and_draws_what_was_usual_inside_its_frame() -> None:
    (week,) = of(PLOT, "week")
    (band,) = of(PLOT, "band")

    assert float(week.get("x", "")) == round(WIDE * 3 / 4, 1)
    assert float(week.get("width", "")) == WIDE / 4
    assert float(band.get("x", "")) == 0  # it began before the picture does
    assert float(band.get("width", "")) == WIDE


def test_every_point_and_the_band_lie_above_the_marks() -> None:
    (line,) = of(PLOT, "line")
    heights = [float(each.split(",")[1]) for each in line.get("points", "").split()]

    assert len(heights) == len(POINTS)
    assert min(heights) >= 0
    assert max(heights) <= DEEP
    assert HEIGHT == DEEP + FLOOR + 2 * EDGE


def test_only_an_alert_that_opened_in_the_span_is_marked() -> None:
    assert [each.get("class") for each in of(PLOT, "mark")] == ["mark mark-red"]


def test_it_says_in_words_what_the_large_chart_says_ux_11() -> None:
    root, title = shapes(PLOT)[0], shapes(PLOT)[1]

    assert root.get("aria-label") == title.text == "Body weight & more"


def test_two_lines_of_one_measurement_are_told_apart() -> None:
    pair = replace(PLOT, strands=[*PLOT.strands, Strand("Other", POINTS[:3])])

    assert len(of(pair, "line")) == 2
    assert len(of(pair, "second")) == 1


def test_nothing_measured_draws_no_line() -> None:
    empty = replace(PLOT, strands=[Strand("Body weight", [])], marks=[])

    assert of(empty, "line") == []
    assert of(empty, "last") == []
