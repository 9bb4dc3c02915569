"""What `<`, `<=`, `>` or `>=` proves, and that it is never taken for a value (FHIR-18)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from core.vitals import Quality, Reading, Severity, Vital
from monitoring import baseline, features, judgement, windows
from monitoring.comparison import Comparison
from monitoring.findings import Problem
from monitoring.moment import Hit, moment
from monitoring.rule_kinds import Level, LimitRule, RepeatedDaysRule
from monitoring.rules import limit
from monitoring.trends import repeated_days
from tests.monitoring.conftest import START

if TYPE_CHECKING:
    from ingest.enrolment import Person
    from monitoring.moment import Moment
    from monitoring.rulebook import Rulebook
    from monitoring.windows import History
    from tests.monitoring.conftest import MakeReadings

LIMIT = 100.0
BY = {"lower": -10.0, "at": 0.0, "higher": 10.0}
# Comparator of the meter, where its number lies, and against which rules it proves anything:
# nothing that is at most 100 is above 100, but it may still be 100.
PROVEN: dict[tuple[str, str], set[Comparison]] = {
    ("<", "lower"): {Comparison.BELOW, Comparison.AT_MOST},
    ("<", "at"): {Comparison.BELOW, Comparison.AT_MOST},
    ("<", "higher"): set(),
    ("<=", "lower"): {Comparison.BELOW, Comparison.AT_MOST},
    ("<=", "at"): {Comparison.AT_MOST},
    ("<=", "higher"): set(),
    (">", "lower"): set(),
    (">", "at"): {Comparison.ABOVE, Comparison.AT_LEAST},
    (">", "higher"): {Comparison.ABOVE, Comparison.AT_LEAST},
    (">=", "lower"): set(),
    (">=", "at"): {Comparison.AT_LEAST},
    (">=", "higher"): {Comparison.ABOVE, Comparison.AT_LEAST},
}
TABLE = [
    (comparator, where, comparison, comparison in proven)
    for (comparator, where), proven in PROVEN.items()
    for comparison in Comparison
]
ABOUT: dict[str, Any] = {
    "id": "R",
    "problem": Problem.GLUCOSE,
    "source": "",
    "confidence": "E",
    "clinician": "",
    "patient": "",
}


def bound(comparator: str, value: float, at: datetime = START) -> Reading:
    id_ = f"{at.isoformat()} {comparator}{value}"
    return Reading(
        id_, Vital.GLUCOSE, value, at, at, Quality.BOUND, comparator=comparator, device="d"
    )


def red(comparison: Comparison, change: float | None = None) -> LimitRule:
    level = Level(severity=Severity.RED, comparison=comparison, limit=LIMIT, change=change)
    return LimitRule(vital=Vital.GLUCOSE, levels=(level,), **ABOUT)


def now_of(past: History) -> Moment:
    return moment(past, START.timestamp(), START.timestamp())


@pytest.mark.parametrize(("comparator", "where", "comparison", "fires"), TABLE)
def test_a_bound_fires_only_what_it_proves_fhir_18(
    person: Person, comparator: str, where: str, comparison: Comparison, *, fires: bool
) -> None:
    past = windows.history(person, [bound(comparator, LIMIT + BY[where])])

    found = list(limit(red(comparison), now_of(past)))

    assert [type(each) for each in found] == ([Hit] if fires else [])


@pytest.mark.parametrize(("comparator", "where", "comparison", "fires"), TABLE)
def test_a_bound_counts_for_a_day_only_where_it_proves_the_limit_fhir_18(
    person: Person, comparator: str, where: str, comparison: Comparison, *, fires: bool
) -> None:
    yesterday = START - timedelta(days=1)
    number = LIMIT + BY[where]
    past = windows.history(
        person, [bound(comparator, number, yesterday), bound(comparator, number)]
    )
    rule = RepeatedDaysRule(
        vital=Vital.GLUCOSE,
        severity=Severity.AMBER,
        comparison=comparison,
        limit=LIMIT,
        days=2,
        **ABOUT,
    )

    found = list(repeated_days(rule, now_of(past)))

    assert len(found) == int(fires)


@pytest.mark.parametrize("comparator", ["<", "<=", ">", ">="])
def test_a_bound_says_nothing_about_a_change_from_the_usual_fhir_18(
    person: Person, comparator: str
) -> None:
    past = windows.history(person, [bound(comparator, LIMIT)])

    for comparison in Comparison:
        rule = red(comparison, change=-3.0)
        assert not list(limit(rule, now_of(past)))


@pytest.mark.parametrize("comparator", ["<", "<=", ">", ">="])
def test_a_bound_enters_no_average_no_baseline_no_trend_and_no_score_fhir_18(
    person: Person, daily: MakeReadings, rulebook: Rulebook, comparator: str
) -> None:
    values = [118.0 + day % 3 for day in range(30)]
    plain = daily(Vital.GLUCOSE, values)
    # At the very times of values, so that contact, which a bound is, is equal too.
    bounds = [bound(comparator, 190.0, each.effective) for each in plain]
    now = START + timedelta(days=30)
    without, with_ = windows.history(person, plain), windows.history(person, [*plain, *bounds])

    seen = features.describe(with_, now.timestamp())

    np.testing.assert_array_equal(seen, features.describe(without, now.timestamp()))
    day = now.toordinal()
    assert baseline.usual(with_, Vital.GLUCOSE, before=day) == baseline.usual(
        without, Vital.GLUCOSE, before=day
    )
    judged = [
        judgement.judge(past, [now.timestamp()], now=now, rulebook=rulebook, model=None)
        for past in (without, with_)
    ]
    assert judged[0].usual == judged[1].usual
    assert judged[0].findings == judged[1].findings
