"""Alerts of about the same instant in one chart: none hides another, and none hides a graver."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.vitals import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from reports.trend_chart import Mark

SHARE = 50  # of the span: what lies closer would be drawn over one another on a narrow screen


def piled(marks: Sequence[Mark], span: timedelta) -> list[Mark]:
    """Return the marks in the order to draw them, the gravest last.

    Of those that lie together the gravest stands on the axis and each lesser one above it.
    """
    piles: list[list[Mark]] = []
    for mark in sorted(marks, key=lambda each: each.at):
        if piles and mark.at - piles[-1][0].at <= span / SHARE:
            piles[-1].append(mark)
        else:
            piles.append([mark])
    lifted = [
        replace(mark, lift=place)
        for pile in piles
        for place, mark in enumerate(sorted(pile, key=_grave, reverse=True))
    ]
    return sorted(lifted, key=lambda each: (*_grave(each), each.at))


def _grave(mark: Mark) -> tuple[int, bool]:
    return Severity(mark.tier).rank, not mark.ended
