"""What was promised of the learned risk (issue 7, part 5), what came of it, and what bounds it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.reporting.results import AS_IT_IS, HALF, THREE
from lab.reporting.study import NULL
from lab.reporting.ways import RULES, SCORE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.reporting.results import Results, Setting
    from lab.reporting.tally import Figure


NEARLY = 1.02  # burdens jump: so far over is still at the budget


@dataclass(frozen=True, slots=True)
class Target:
    """One promise: where the value must lie, the value, and what keeps it from lying better."""

    what: str
    low: float
    high: float
    figure: Figure
    bound: str
    percent: bool = True

    @property
    def missed_by(self) -> float:
        """Return how far the value lies outside; 0 where the target is met, NaN if unknown."""
        value = self.figure.value
        return max(self.low - value, value - self.high, 0.0) if math.isfinite(value) else math.nan

    @property
    def sure(self) -> bool:
        """Return whether the whole interval lies where it must, or all of it outside."""
        low, high = self.figure.low, self.figure.high
        if not (math.isfinite(low) and math.isfinite(high)):
            return False
        return (self.low <= low and high <= self.high) or high < self.low or low > self.high


def targets(found: Results) -> list[Target]:
    """Return every target in the order of the issue."""
    pooled = found.settings[found.pooled]
    return [
        *at_budget(found, found.main),
        *_controls(found),
        *_calibrated(pooled),
        *_gaps(found),
    ]


def at_budget(found: Results, way: str) -> list[Target]:
    """Return the targets that one way must meet at a number of unexplained alerts."""
    pooled = found.settings[found.pooled]
    three, half = (THREE, HALF) if way != RULES else (AS_IT_IS, AS_IT_IS)
    card, sharp = pooled.cards[three][way], pooled.cards[half][way]
    return [
        *_found(pooled, card),
        Target(
            "PPV-event at 1.5 unexplained or fewer a patient-year",
            0.20,
            1.0,
            sharp["ppv_event"],
            _ppv_bound(sharp),
        ),
    ]


def _found(pooled: Setting, card: dict[str, Figure]) -> Iterator[Target]:
    events, readable = card["events"].value, card["readable"].value
    silent = events * (1 - readable) if math.isfinite(readable) else 0.0
    yield Target(
        "sensitivity beyond chance at 3 unexplained or fewer a patient-year",
        0.28,
        1.0,
        card["lift"],
        f"{silent:.0f} of {events:.0f} events left no trace before they were recorded: no way"
        f" of alerting can lie more than {_points(readable - card['chance'].value)} above chance"
        f"{_over(card, 3.0)}",
    )
    yield Target(
        "share of the readable ceiling that is found",
        0.70,
        1.0,
        card["share_of_ceiling"],
        f"of the readable events {_percent(card['found_of_readable'])} are found; the rest shows"
        " by about one spread in few readings, as calm days do now and then",
    )
    yield Target(
        "heart failure first alerted 24 h ahead or more",
        0.50,
        1.0,
        card["heart_early"],
        f"{card['heart_events'].value:.0f} events; of heart failure {_heart(pooled)} left a trace"
        " at all",
    )


def _heart(pooled: Setting) -> str:
    for kind, events, could, _ in pooled.kinds:
        if kind == "heart_failure" and events:
            return f"{could} of {events}"
    return "none"


def _ppv_bound(card: dict[str, Figure]) -> str:
    return (
        f"{_percent(card['ppv_event_by_chance'])} of all days lie in the look-back of an event;"
        f" {_percent(card['ppv_actionable_by_chance'])} in a deterioration, recorded or not"
        f"{_over(card, 1.5)}"
    )


def _over(card: dict[str, Figure], most: float) -> str:
    """Return that a budget is not kept, and why: what is RED is never lowered to keep one."""
    unexplained = card["unexplained"].value
    if not unexplained > NEARLY * most:
        return ""
    return f"; read at {unexplained:.1f} unexplained, as RED is never lowered to keep a budget"


def _controls(found: Results) -> Iterator[Target]:
    null = found.settings.get(NULL)
    own = null.foreseen.get(found.main) if null is not None else None
    if null is not None and own is not None:
        moved = _points(null.permuted.value)
        yield Target(
            "null world, without falls: sensitivity against chance",
            -0.04,
            0.04,
            own["lift"],
            f"nothing shows there: the luck of {own['events'].value:.0f} events, and who alerts"
            f" more, which by itself, with events moved to other times, gives {moved}",
        )
    if math.isfinite(found.look_alikes.value):
        yield Target(
            "look-alike world: burden as a multiple of the null world's",
            0.0,
            1.3,
            found.look_alikes,
            "three times the holidays, heat and new tablets; illness that shows adds its own",
            percent=False,
        )


def _calibrated(pooled: Setting) -> Iterator[Target]:
    own = pooled.forecasts.get(SCORE)
    if own is None:
        return
    yield Target(
        "calibration slope of the 7-day risk",
        0.9,
        1.1,
        own.figures["slope"],
        "calibrated on the training world only; worlds with less signal flatten it",
        percent=False,
    )
    yield Target(
        "expected calibration error of the 7-day risk",
        0.0,
        0.02,
        own.figures["ece"],
        "G10 of the evidence; events are rarer or commoner here than where it was calibrated",
        percent=False,
    )


def _gaps(found: Results) -> Iterator[Target]:
    known = [axis for axis in found.axes if math.isfinite(axis.gap.value)]
    if known:
        widest = max(known, key=lambda axis: axis.gap.value)
        yield Target(
            f"widest gap of sensitivity between subgroups ({widest.name})",
            0.0,
            0.10,
            widest.gap,
            "the widest of several gaps is wide by chance alone where groups are small: see"
            " their intervals",
        )


def _percent(figure: Figure) -> str:
    return f"{100 * figure.value:.0f} %" if math.isfinite(figure.value) else "not known"


def _points(value: float) -> str:
    return f"{100 * value:.0f} points" if math.isfinite(value) else "not known"
