"""The small picture of a row, and in the reader's words what it shows (UX-11); pure."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from app.pages.course import Subject, range_words
from core.vitals import MEASURES, Vital
from monitoring import words
from reports.charts import Frame, Svg, segments, sparkline


def picture(row: Subject) -> Svg | None:
    """Return the sparkline of what the row speaks of, or None where there is nothing to draw."""
    if row.vital is None or not row.points:
        return None
    label = row.said.say(
        "{vital}, {days} days: {summary}",
        vital=row.said.say(MEASURES[row.vital].display),
        days=(row.now - row.since).days,
        summary=", ".join(summary(row, row.vital)),
    )
    return sparkline(row.points, Frame(row.since, row.now, label, row.usual, row.limit))


def summary(row: Subject, vital: Vital) -> Iterator[str]:
    """Yield what the picture shows: the values, the usual, the limit, the gaps."""
    said, name = row.said, row.said.name
    inside = [point for point in row.points if row.since <= point.at <= row.now]
    if not inside:
        yield said.say("no readings in this span")
        return
    values = [point.value for point in inside]
    yield said.count(
        "newest {newest}, between {low} and {high}, middle {middle}, {count} reading",
        "newest {newest}, between {low} and {high}, middle {middle}, {count} readings",
        len(values),
        newest=words.quantity(values[-1], vital, name),
        low=words.figure(min(values), vital, name),
        high=words.figure(max(values), vital, name),
        middle=words.figure(median(values), vital, name),
    )
    if row.usual is not None:
        yield said.say("usual {range}", range=range_words(row, row.usual))
    if row.limit is not None:
        yield said.say("limit {value}", value=words.figure(row.limit, vital, name))
    if gaps := len(segments(inside)) - 1:
        yield said.count("{count} gap without readings", "{count} gaps without readings", gaps)
