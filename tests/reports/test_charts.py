from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from xml.etree.ElementTree import Element, fromstring

from hypothesis import given
from hypothesis import strategies as st

from monitoring.findings import Usual
from reports.charts import (
    Frame,
    Point,
    bar,
    segments,
    sparkline,
    thin,
)
from reports.trend_chart import Drawing, Plot, Strand, trend

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
START = NOW - timedelta(days=14)
USUAL = Usual(centre=95.5, low=94.0, high=97.0, spread=0.75, days=28)
SVG = "{http://www.w3.org/2000/svg}"


def daily(*values: float) -> list[Point]:
    first = NOW - timedelta(days=len(values) - 1)
    return [Point(first + timedelta(days=i), value) for i, value in enumerate(values)]


def frame(label: str = "SpO2, 14 days", *, limit: float | None = 91) -> Frame:
    return Frame(START, NOW, label, USUAL, limit)


def tree(picture: str) -> Element:
    return fromstring(picture)  # noqa: S314 (our own picture)


def classes(picture: str) -> list[str]:
    return [element.get("class", "") for element in tree(picture).iter()]


def test_a_sparkline_shows_band_limit_line_and_last_point() -> None:
    picture = sparkline(daily(95, 96, 94, 88), frame())

    assert classes(picture).count("band") == 1
    assert classes(picture).count("limit") == 1
    assert classes(picture).count("last") == 1
    assert 'role="img"' in picture
    assert 'aria-label="SpO2, 14 days"' in picture


def test_a_gap_is_drawn_as_a_gap() -> None:
    points = daily(*[95.0] * 10)
    holed = points[:3] + points[6:]

    assert classes(sparkline(points, frame())).count("line") == 1
    assert classes(sparkline(holed, frame())).count("line") == 2


def test_a_provisional_baseline_looks_provisional() -> None:
    young = Usual(centre=95, low=94, high=96, spread=0.5, days=9)

    picture = sparkline(daily(95, 95), Frame(START, NOW, "", young, None))

    assert "band provisional" in classes(picture)
    assert "limit" not in classes(picture)


def test_a_picture_of_nothing_is_still_a_picture() -> None:
    empty = Frame(START, NOW, "nothing", None, None)

    assert "last" not in classes(sparkline([], empty))


def test_labels_are_escaped_and_no_style_is_inline() -> None:
    """SEC-38."""
    hostile = '"><script>alert(1)</script>'

    picture = trend(
        Plot(START, NOW, hostile, [Strand(hostile, daily(95, 96))]), Drawing(0, UTC, date.isoformat)
    )

    assert "<script" not in picture
    assert "style=" not in picture
    assert tree(picture).get("aria-label") == hostile


def test_contributions_go_right_where_they_raise_and_left_where_they_lower() -> None:
    assert 'class="raises" x="50.0" width="50.0"' in bar(2.0, 2.0)
    assert 'class="lowers" x="25.0" width="25.0"' in bar(-1.0, 2.0)


values = st.lists(st.floats(20, 300, allow_nan=False), min_size=1, max_size=1200)


@given(values)
def test_thinning_never_loses_an_extreme_or_the_newest(numbers: list[float]) -> None:
    points = [Point(START + timedelta(minutes=i), value) for i, value in enumerate(numbers)]

    kept = thin(points)

    assert len(kept) <= 402
    assert max(p.value for p in kept) == max(numbers)
    assert min(p.value for p in kept) == min(numbers)
    assert kept[-1] == points[-1]
    assert [p.at for p in kept] == sorted(p.at for p in kept)


@given(values)
def test_segments_hold_every_point_once(numbers: list[float]) -> None:
    points = [Point(START + timedelta(hours=20 * i), value) for i, value in enumerate(numbers)]

    assert [point for run in segments(points, timedelta(hours=10)) for point in run] == points
    assert segments(points, timedelta(hours=20)) == [points]


@given(st.lists(st.floats(20, 300), min_size=1, max_size=30))
def test_everything_drawn_stays_inside_the_picture(numbers: list[float]) -> None:
    points = [Point(START + timedelta(hours=i), value) for i, value in enumerate(numbers)]

    root = tree(sparkline(points, Frame(START, NOW, "x", USUAL, 91)))

    for line in root.iter("polyline"):
        for place in line.get("points", "").split():
            x, y = (float(part) for part in place.split(","))
            assert -5 <= x <= 180
            assert -1 <= y <= 44
