"""Which values the programme asks somebody to measure again (AL-20), read off the rulebook.

The simulator is handed this as a function: it never sees a rule.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from core.vitals import Severity
from lab.histories import person_of_resident
from monitoring.moment import moment
from monitoring.rule_kinds import AverageRule, LimitRule
from monitoring.whom import applies
from monitoring.windows import history

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from core.vitals import Vital
    from lab.physiology import Resident
    from lab.repeats import Asks
    from monitoring.comparison import Comparison
    from monitoring.moment import Moment
    from monitoring.rule_kinds import Rule
    from monitoring.rulebook import Rulebook

    Floats = NDArray[np.float64]
    Bound = tuple[Comparison, float | None, float | None]  # limit, change from the usual

URGENT = (Severity.RED, Severity.AMBER)


def asks_of(rulebook: Rulebook) -> Asks:
    """Return which values are asked about: those past a limit of AMBER or RED."""

    def asked(resident: Resident, vital: Vital, values: Floats) -> NDArray[np.bool_]:
        result = np.zeros(len(values), dtype=np.bool_)
        if len(values):
            usual = float(np.median(values))
            for bound in bounds_of(resident, vital, rulebook.rules):
                result |= _past(bound, values, usual)
        return result

    return asked


def bounds_of(resident: Resident, vital: Vital, every: Iterable[Rule]) -> Iterator[Bound]:
    """Yield the limits of a vital at which somebody is asked to repeat."""
    now = _nobody_else(resident)
    for rule in every:
        if isinstance(rule, LimitRule) and rule.vital is vital and applies(rule, now):
            for level in rule.levels:
                if level.severity in URGENT:
                    yield level.comparison, level.limit, level.change
        elif isinstance(rule, AverageRule) and rule.severity in URGENT:
            for term in rule.terms:
                if term.vital is vital:
                    yield term.comparison, term.limit, None


def _nobody_else(resident: Resident) -> Moment:
    now = datetime(2025, 1, 1, tzinfo=UTC).timestamp()
    return moment(history(person_of_resident(resident, "asked"), []), now, now)


def _past(bound: Bound, values: Floats, usual: float) -> NDArray[np.bool_]:
    comparison, limit, change = bound
    held = np.ones(len(values), dtype=np.bool_)
    if limit is not None:
        held &= [comparison.holds(value, limit) for value in values.tolist()]
    if change is not None:
        held &= [comparison.holds(value - usual, change) for value in values.tolist()]
    return held
