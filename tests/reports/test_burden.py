from __future__ import annotations

import pytest

from reports.burden import burden


@pytest.mark.parametrize(("weeks", "rate"), [(0.0, None), (0.99, None), (1.0, 0.0), (40.0, 0.0)])
def test_less_than_a_patient_week_has_no_rate(weeks: float, rate: float | None) -> None:
    found = burden([], weeks, {}, [])

    rates = (found.per_patient_week, found.grave_per_patient_year, found.grave_per_100_a_day)
    assert rates == (rate, rate, rate)
    assert found.patient_weeks == weeks
