"""The figures of quality as a sheet: a line for each group, numbers as they were computed; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.outcomes import WORDS
from app.pages.quality_words import TITLES
from app.sheets import sheet
from reports.quality import lines
from reports.rates import wilson

if TYPE_CHECKING:
    from reports.quality import By, Line, World

HEAD = (
    "group by",
    "group",
    "alerts",
    "patients",
    "alerts per patient-week",
    "with outcome",
    "true",
    "true low",
    "true high",
    "acted on",
    "acted on low",
    "acted on high",
    "median minutes to take",
    "90 percent taken within minutes",
)


def as_sheet(world: World) -> str:
    """Return every table as CSV that no spreadsheet calculates (SEC-39)."""
    rows = [_row(by, line) for by in TITLES for line in lines(world, by)]
    return sheet([*HEAD, *WORDS], rows)


def _row(by: By, line: Line) -> list[object]:
    ppv, acted = wilson(line.ppv) or (None, None), wilson(line.actionable) or (None, None)
    times = [each.total_seconds() / 60 if each else None for each in (line.median, line.slowest)]
    weekly = line.per_week
    return [
        by.value,
        line.key,
        len(line.alerts),
        line.patients,
        None if weekly is None else round(weekly, 4),
        len(line.labels),
        *(None if v is None else round(v, 4) for v in (line.ppv.share, *ppv)),
        *(None if v is None else round(v, 4) for v in (line.actionable.share, *acted)),
        *(None if v is None else round(v, 1) for v in times),
        *(line.outcomes[label] for label in WORDS),
    ]
