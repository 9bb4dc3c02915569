"""A score that knows nothing of a person's normal says nothing, and says that it does."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from core.vitals import Vital
from monitoring import judgement, windows
from monitoring.service import load_model
from monitoring.unknowns import ABSTAINS
from tests.monitoring.conftest import START

if TYPE_CHECKING:
    from ingest.enrolment import Person
    from monitoring.findings import Assessment
    from monitoring.rulebook import Rulebook
    from tests.monitoring.conftest import MakeReadings

MODEL = load_model()


def judged(person: Person, daily: MakeReadings, days: int, rulebook: Rulebook) -> Assessment:
    readings = daily(Vital.HEART_RATE, [72.0 + n % 3 for n in range(days)])
    now = START + timedelta(days=days - 1, hours=1)
    past = windows.history(person, readings)
    points = [windows.time_of(readings[-1])]
    return judgement.judge(past, points, now=now, rulebook=rulebook, model=MODEL)


@pytest.mark.parametrize("days", [1, 2, 7, 13])
def test_too_few_days_give_no_score_and_the_reason(
    person: Person, daily: MakeReadings, rulebook: Rulebook, days: int
) -> None:
    found = judged(person, daily, days, rulebook)

    assert found.risk is None
    assert ABSTAINS in found.notes
    assert all(finding.rule_id != "RISK" for finding in found.findings)


def test_seven_days_before_the_week_under_test_are_enough(
    person: Person, daily: MakeReadings, rulebook: Rulebook
) -> None:
    found = judged(person, daily, 14, rulebook)

    assert found.risk is not None
    assert found.risk.trained_on == "simulated data"
    assert ABSTAINS not in found.notes
