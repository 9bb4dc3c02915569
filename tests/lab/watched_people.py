"""People made by hand for the tests of the report: what was said, what was true."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from core.vitals import Severity
from lab.comparators import Strength
from lab.contest import Seen
from lab.histories import instant
from lab.replayed import Said
from lab.reporting.people import Traits, Watched
from monitoring.features import FEATURES

TRAITS = Traits("female", 70, 3, lives_alone=True, adherence=0.7, brand="A", tone=2,
                heart_failure=False)  # fmt: skip
YEAR = 365.25
FIRST, DAY = 28.0, 86_400.0


def a_person(
    name: str = "one",
    *,
    alerts: tuple[float, ...] = (),
    events: tuple[float, ...] = (),
    kinds: tuple[str, ...] = (),
    ill: tuple[tuple[float, float], ...] = (),
    readable: bool = True,
    **traits: Any,
) -> Watched:
    """Return somebody watched for a year: alerts of one plain way, and events on given days."""
    times = instant(0) + np.array(alerts, dtype=np.float64) * DAY
    seen = Seen(
        events=np.array(events, dtype=np.float64),
        kinds=kinds or ("copd",) * len(events),
        first=FIRST,
        last=FIRST + YEAR,
        start=instant(0),
        rules={"breathing": np.array(alerts, dtype=np.float64)},
        others={"plain": {"breathing": Strength(times, np.full(len(alerts), 2.0))}},
    )
    trace = 5.0 if readable else 0.0
    return Watched(
        name=name,
        traits=replace(TRAITS, **traits),
        seen=seen,
        findings=tuple(Said(day, "breathing", "R", Severity.AMBER) for day in alerts),
        days=np.empty(0),
        described=np.empty((0, len(FEATURES))),
        traces=np.full((len(events), 4), trace),
        ill=np.array(ill, dtype=np.float64).reshape(-1, 2),
    )
