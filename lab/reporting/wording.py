"""How figures are written in tables: a value with its interval, or that nobody can tell."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.reporting.tally import Figure

UNKNOWN = "cannot tell"


def percent(figure: Figure) -> str:
    """Return a share with its interval, in percent."""
    if not math.isfinite(figure.value):
        return UNKNOWN
    return f"{100 * figure.value:.0f} %{_span(figure, 100, 0)}"


def points(figure: Figure) -> str:
    """Return a difference of shares with its interval, in points of percent and with its sign."""
    if not math.isfinite(figure.value):
        return UNKNOWN
    return f"{_signed(100 * figure.value)}{_span(figure, 100, 0, signed=True)}"


def gap(figure: Figure) -> str:
    """Return a distance of shares in points of percent."""
    if not math.isfinite(figure.value):
        return UNKNOWN
    return f"{100 * figure.value:.0f}{_span(figure, 100, 0)}"


def number(figure: Figure, decimals: int = 1) -> str:
    """Return a plain number with its interval."""
    if not math.isfinite(figure.value):
        return UNKNOWN
    return f"{figure.value:.{decimals}f}{_span(figure, 1, decimals)}"


def short_percent(figure: Figure) -> str:
    """Return a share alone."""
    return f"{100 * figure.value:.0f} %" if math.isfinite(figure.value) else UNKNOWN


def _span(figure: Figure, scale: float, decimals: int, *, signed: bool = False) -> str:
    if not (math.isfinite(figure.low) and math.isfinite(figure.high)):
        return ""
    if signed:
        return f" ({_signed(scale * figure.low)} to {_signed(scale * figure.high)})"
    low, high = (f"{scale * end:.{decimals}f}" for end in (figure.low, figure.high))
    return f" ({low} to {high})"


def _signed(value: float) -> str:
    whole = round(value)
    return f"{whole:+d}" if whole else "0"
