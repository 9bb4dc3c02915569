"""The picture of a proposed change: alerts a week before and after it, one row for each tier.

A file of its own, to be looked at anywhere: what the rulebook in force alerts is an outline,
what the proposed one alerts is filled, so that it prints in black and white.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, tostring

from core.vitals import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from monitoring.what_if import Alerted, Difference

TIERS = (Severity.RED, Severity.AMBER, Severity.YELLOW)
LEFT, WIDTH, ROW, TOP = 90.0, 900.0, 110.0, 60.0
COLOURS = {Severity.RED: "#a3261d", Severity.AMBER: "#a15c00", Severity.YELLOW: "#5d6b00"}
STYLE = (
    "text{font:13px sans-serif;fill:#222}.small{font-size:11px;fill:#555}"
    ".old{fill:none;stroke:#222;stroke-width:1.2}.axis{stroke:#999}"
)
Counts = dict[tuple["Severity", "date"], int]


def picture(change: Difference, *, title: str) -> str:
    """Return the SVG of a comparison; a sentence in it says the same in words."""
    before, after = _weekly(change.before), _weekly(change.after)
    weeks = _weeks({week for _, week in (*before, *after)})
    height = TOP + ROW * len(TIERS) + 40
    root = Element(
        "svg",
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH:g} {height:g}",
        role="img",
    )
    SubElement(root, "title").text = title
    SubElement(root, "desc").text = words(change)
    SubElement(root, "style").text = STYLE
    SubElement(root, "rect", width="100%", height="100%", fill="#fff")
    _text(root, 20, 24, title)
    _text(root, 20, 44, "alerts a week: outline in force, filled proposed", small=True)
    for number, tier in enumerate(TIERS):
        base = TOP + ROW * (number + 1) - 20
        _row(root, tier, base, [(before[tier, w], after[tier, w]) for w in weeks])
    _dates(root, weeks, height - 24)
    return tostring(root, encoding="unicode")


def words(change: Difference) -> str:
    """Return in a sentence what a change does."""
    said = (
        f"{len(change.before)} alerts become {len(change.after)} in "
        f"{change.patient_weeks:.0f} patient-weeks: {len(change.added)} added, "
        f"{len(change.removed)} removed"
    )
    if not change.labelled:
        return f"{said}. No outcomes are labelled: whether they were right is not known."
    return (
        f"{said}; {len(change.lost)} of {change.labelled} labelled episodes would be lost "
        "although the alert was right."
    )


def _weekly(alerts: Iterable[Alerted]) -> Counter[tuple[Severity, date]]:
    days = ((each.severity, each.at.date()) for each in alerts)
    return Counter((tier, day - timedelta(days=day.weekday())) for tier, day in days)


def _weeks(found: set[date]) -> list[date]:
    if not found:
        return []
    count = (max(found) - min(found)).days // 7 + 1
    return [min(found) + timedelta(weeks=n) for n in range(count)]


def _row(root: Element, tier: Severity, base: float, counts: list[tuple[int, int]]) -> None:
    most = max((max(pair) for pair in counts), default=0) or 1
    _text(root, 20, base - 30, tier.value)
    _text(root, 20, base - 14, f"to {most}", small=True)
    line = {"x1": _n(LEFT), "x2": _n(WIDTH - 20), "y1": _n(base), "y2": _n(base)}
    SubElement(root, "line", {"class": "axis", **line})
    step = (WIDTH - 20 - LEFT) / max(len(counts), 1)
    for n, (old, new) in enumerate(counts):
        x, wide = LEFT + n * step, max(step * 0.7, 0.8)
        _bar(root, x, base, (wide, new / most), {"fill": COLOURS[tier]})
        _bar(root, x, base, (wide, old / most), {"class": "old"})


def _bar(
    root: Element, x: float, base: float, size: tuple[float, float], look: dict[str, str]
) -> None:
    wide, share = size
    if share:
        high = share * (ROW - 40)
        place = {"x": _n(x), "y": _n(base - high), "width": _n(wide), "height": _n(high)}
        SubElement(root, "rect", place | look)


def _dates(root: Element, weeks: list[date], y: float) -> None:
    step = (WIDTH - 20 - LEFT) / max(len(weeks), 1)
    every = max(len(weeks) // 8, 1)
    for n in range(0, len(weeks), every):
        _text(root, LEFT + n * step, y, weeks[n].isoformat(), small=True)


def _text(root: Element, x: float, y: float, said: str, *, small: bool = False) -> None:
    place = {"x": _n(x), "y": _n(y), **({"class": "small"} if small else {})}
    SubElement(root, "text", place).text = said


def _n(value: float) -> str:
    return f"{value:.1f}"
