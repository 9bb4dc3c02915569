from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from core.vitals import MEASURES, Quality, Vital
from ingest.candidates import Candidate
from ingest.urgency import ALARMING, cannot_wait

AT = datetime(2026, 3, 2, 11, 30, tzinfo=UTC)


def candidate(
    vital: Vital, value: float, *, quality: Quality = Quality.SCORED, history: bool = False
) -> Candidate:
    return Candidate(UUID(int=1), vital, value, quality, AT, history=history)


@pytest.mark.parametrize(
    ("vital", "calm", "alarming"),
    [
        (Vital.SPO2, 92, 91),
        (Vital.RESPIRATORY_RATE, 9, 8),
        (Vital.RESPIRATORY_RATE, 24, 25),
        (Vital.SYSTOLIC_BP, 91, 90),
        (Vital.SYSTOLIC_BP, 219, 220),
        (Vital.HEART_RATE, 41, 40),
        (Vital.HEART_RATE, 130, 131),
        (Vital.BODY_TEMPERATURE, 35.1, 35.0),
        (Vital.BODY_TEMPERATURE, 39.0, 39.1),
        (Vital.GLUCOSE, 54, 53),
        (Vital.GLUCOSE, 399, 400),
    ],
)
def test_the_limits_of_the_screen(vital: Vital, calm: float, alarming: float) -> None:
    assert not cannot_wait([candidate(vital, calm)])
    assert cannot_wait([candidate(vital, alarming)])


def test_what_is_not_scored_or_is_history_can_wait() -> None:
    assert not cannot_wait([candidate(Vital.SPO2, 70, quality=Quality.FUTURE)])
    assert not cannot_wait([candidate(Vital.SPO2, 70, history=True)])
    assert not cannot_wait([candidate(Vital.BODY_WEIGHT, 300)])


def test_every_limit_lies_within_what_a_device_can_report() -> None:
    for vital, (low, high) in ALARMING.items():
        measure = MEASURES[vital]
        assert low == 0 or measure.low <= low
        assert high == float("inf") or high <= measure.high
