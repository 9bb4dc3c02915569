"""Tables as CSV that no spreadsheet takes for formulas (SEC-39)."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def cell(value: object) -> str:
    """Return a value as a cell: a text that a spreadsheet would calculate gets a quote before it.

    Numbers are numbers, negative ones too.
    """
    if value is None:
        return ""
    text = str(value)
    if isinstance(value, int | float):
        return text
    # A blank before it does not help: some programs strip it.
    return f"'{text}" if text.lstrip(" ").startswith(STARTS) else text


def sheet(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table as CSV with its head."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([cell(each) for each in head])
    writer.writerows([cell(each) for each in row] for row in rows)
    return out.getvalue()
