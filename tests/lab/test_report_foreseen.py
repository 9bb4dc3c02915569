"""Falls and their detector taken out: what is left must be foresight."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.vitals import Severity
from lab.judging import ends_of_days
from lab.replayed import Said
from lab.reporting.foreseen import foreseen
from lab.reporting.ways import COMBINED, Column, columns_of, with_columns
from monitoring.features import FEATURES
from tests.lab.watched_people import a_person


def test_without_falls_neither_the_event_nor_the_word_of_the_detector_counts() -> None:
    """Proves evidence.md 8.6 item 4: a fall told of as it happens is not foreseen."""
    days = ends_of_days(120)
    person = a_person(events=(60.0, 100.0), kinds=("fall", "copd"))
    person = replace(
        person,
        days=days,
        described=np.zeros((len(days), len(FEATURES))),
        findings=(
            Said(59.9, "welfare", "FALL-DEV", Severity.RED),
            Said(98.0, "breathing", "R", Severity.RED),
        ),
    )
    scored = Column(np.zeros(len(days)), 0.05)
    (whole,) = with_columns([person], columns_of([person], scored, None), ruled=True)

    without = foreseen(whole)

    assert without.seen.kinds == ("copd",)
    assert len(without.traces) == 1
    assert len(whole.seen.compared(COMBINED, 1.0).opened) == 2
    assert without.seen.compared(COMBINED, 1.0).opened.tolist() == [98.0]
    assert list(without.seen.rules) == ["breathing"]
