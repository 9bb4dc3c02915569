"""The same people without falls and without the fall detector: what was truly foreseen.

A detector tells of a fall as it happens, minutes to a day before anybody records it. That is
worth an alert, and no foresight; in the null world it is the one thing that still shows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lab.narrowing import FALL, FALL_RULE, without_falls
from lab.reporting.ways import COMBINED, SCORE, SCORED, together

if TYPE_CHECKING:
    from lab.reporting.people import Watched


def foreseen(person: Watched) -> Watched:
    """Return a person without their falls, and without what a fall detector says of them."""
    kept = np.array([kind != FALL for kind in person.seen.kinds], dtype=np.bool_)
    seen = without_falls(person)
    without = replace(
        person,
        findings=tuple(said for said in person.findings if said.rule != FALL_RULE),
        traces=person.traces[kept],
        seen=seen,
    )
    if COMBINED in seen.others:
        both = together(without, seen.others[SCORE][SCORED].factor)
        without = replace(without, seen=replace(seen, others={**seen.others, COMBINED: both}))
    return without
