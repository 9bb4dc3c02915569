"""What a trend says in words beside its picture, and instead of it (UX-11); pure."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from reports.charts import GAP
from reports.trend_chart import newest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.pages.language import Language
    from app.pages.trends import Canvas, Group
    from app.pages.units import Shown
    from monitoring.findings import Usual
    from reports.trend_chart import Strand

ALL = 0  # days: everything that is known


def span_words(days: int, said: Language) -> str:
    """Return what a range is called."""
    return said.say("everything") if days == ALL else said.say("{count} days", count=days)


def label_words(group: Group, strands: Sequence[Strand], canvas: Canvas) -> Iterator[str]:
    """Yield in words what the picture shows; every number is one that it draws."""
    said, shown = canvas.language, canvas.units.of(group.vitals[0])
    yield f"{said.say(group.title)}, {span_words(canvas.days, said)}"
    for vital, strand in zip(group.vitals, strands, strict=True):
        if len(strands) > 1:
            yield strand.name
        yield from _values(strand, shown, said)
        if usual := canvas.past.usual.get(vital):
            yield said.say("usual {range}", range=_range(usual, canvas.units.of(vital)))
        if gaps := strand.gaps():
            yield said.count(
                "{count} gap without readings", "{count} gaps without readings", len(gaps)
            )
        if strand.unused:
            yield said.count(
                "{count} reading not used", "{count} readings not used", len(strand.unused)
            )
    yield from _since(strands, canvas)


def _since(strands: Sequence[Strand], canvas: Canvas) -> Iterator[str]:
    """Yield when the newest reading was, where nothing came since for as long as breaks a line."""
    last = max((each.points[-1].at for each in strands if each.points), default=None)
    if last is not None and canvas.now - last > GAP:
        day = canvas.day(last.astimezone(canvas.zone).date())
        yield canvas.language.say("last reading {when}", when=day)


def _values(strand: Strand, shown: Shown, said: Language) -> Iterator[str]:
    values = [point.value for point in strand.points]
    if not values:
        yield said.say("no readings in this span")
        return
    digits = shown.decimals
    yield said.count(
        "newest {newest}, between {low} and {high}, middle {middle}, {count} reading",
        "newest {newest}, between {low} and {high}, middle {middle}, {count} readings",
        len(values),
        newest=f"{values[-1]:.{digits}f} {shown.unit}".strip(),
        low=f"{min(values):.{digits}f}",
        high=f"{max(values):.{digits}f}",
        middle=f"{median(values):.{digits}f}",
    )


def caption_words(group: Group, strands: Sequence[Strand], canvas: Canvas) -> Iterator[str]:
    """Yield the unit, the newest value, and what it is held against."""
    said, shown = canvas.language, canvas.units.of(group.vitals[0])
    if shown.unit:
        yield shown.unit
    value = newest(strands, shown.decimals)
    yield said.say("newest {value}", value=value) if value else said.say("none usable")
    yield from _since(strands, canvas)
    known = [(v, canvas.past.usual[v]) for v in group.vitals if v in canvas.past.usual]
    for vital, usual in known:
        yield _usual(usual, canvas.units.of(vital), said)
    if not known:
        yield said.say("no usual range yet")


def _usual(usual: Usual, shown: Shown, said: Language) -> str:
    sure = "usual {range} ({count} days)"
    if usual.provisional:
        sure = "usual {range} ({count} days, provisional)"
    return said.say(sure, range=_range(usual, shown), count=usual.days)


def _range(usual: Usual, shown: Shown) -> str:
    return f"{shown.words(max(usual.low, 0.0))}–{shown.words(usual.high)}"  # noqa: RUF001 (an en dash joins a range)
