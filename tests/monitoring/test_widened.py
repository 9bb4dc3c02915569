"""A spread that was learnt from few days is taken wider, and never a device's own error."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from core.vitals import Reading, Severity, Vital
from ingest.enrolment import Person
from lab import widening
from monitoring import control_charts, windows
from monitoring.moment import Moment
from monitoring.widened import DAYS, FACTORS
from monitoring.widened import widening as factor
from tests.monitoring.conftest import START
from tests.rulebook import RULEBOOK

CHARTS = {
    rule.id: rule for rule in RULEBOOK.rules if isinstance(rule, control_charts.ControlChartRule)
}


@pytest.mark.parametrize("chart", list(control_charts.Chart))
def test_fewer_days_are_taken_wider_and_no_spread_narrower(chart: control_charts.Chart) -> None:
    found = [factor(chart, days) for days in range(1, 40)]

    assert found == sorted(found, reverse=True)
    assert min(found) > 1
    assert factor(chart, 28) == FACTORS[chart][-1] == factor(chart, 90)


def test_the_table_is_what_the_simulation_gives() -> None:
    found = list(widening.widenings(lives=3, days=20_000, seed=11))

    assert [(each.known.chart, each.days) for each in found] == [
        (chart, days) for chart in FACTORS for days in DAYS
    ]
    for each in found:
        frozen = FACTORS[each.known.chart][DAYS.index(each.days)]
        assert each.factor == pytest.approx(frozen, rel=0.12)
        assert each.between[0] < each.known.between / 3
        assert each.between[1] == pytest.approx(each.known.between, rel=0.1)
        assert each.found[1] < each.found[0]


def test_the_simulation_charts_as_the_rules_do() -> None:
    signs = widening._signs(np.random.default_rng(5), 14, 28, 50)

    for known, id_ in zip(widening.PUBLISHED, ("PB-Z", "PB-EWMA", "PB-CUSUM"), strict=True):
        rule = CHARTS[id_]
        assert (known.limit, known.weight, known.allowance) == (
            rule.limit,
            rule.weight,
            rule.allowance,
        )
        assert known.window == rule.days
        theirs = [abs(control_charts.statistic(rule, days)[-1]) for days in signs]
        assert list(widening.charted(known, signs)) == pytest.approx(theirs)


@pytest.mark.parametrize(
    ("noise", "value", "told"),
    [
        (0.0, 77.5, True),  # 3 times the error of 2.5, which is known
        (4.0, 88.0, False),  # 3 spreads of 5.93, as learnt, and not 3 of 1.32 times that
        (4.0, 94.0, True),
    ],
)
def test_only_what_was_learnt_is_widened(*, noise: float, value: float, told: bool) -> None:
    at = [START + timedelta(days=day) for day in range(35)]
    steps = (0.0, noise, -noise, noise, -noise)
    values = [70.0 + steps[day % 5] for day in range(34)] + [value]
    readings = [
        Reading(str(day), Vital.HEART_RATE, each, when, when)
        for day, (each, when) in enumerate(zip(values, at, strict=True))
    ]
    past = windows.history(Person("p", "UTC"), readings, gate=RULEBOOK.gate)
    now = Moment(past, at[-1].timestamp(), at[-1].toordinal())

    found = list(control_charts.control_chart(CHARTS["PB-Z"], now))

    assert [hit.severity for hit in found] == ([Severity.INFO] if told else [])
