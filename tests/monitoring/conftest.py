"""People and readings for the judgement's tests, short to write down."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import pytest

from core.vitals import Quality, Reading, Vital
from ingest.enrolment import Person
from monitoring.service import load_rulebook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitoring.rulebook import Rulebook

START = datetime(2026, 3, 2, 8, tzinfo=UTC)


class MakeReadings(Protocol):
    def __call__(
        self,
        vital: Vital,
        values: Sequence[float],
        *,
        first_day: int = 0,
        hour: float = 0,
        quality: Quality = Quality.SCORED,
    ) -> list[Reading]: ...


@pytest.fixture
def person() -> Person:
    return Person(
        id="p1",
        zone="UTC",
        birth_date=date(1948, 5, 1),
        groups=frozenset({"heart_failure", "diabetes", "hypertension"}),
    )


@pytest.fixture
def daily() -> MakeReadings:
    """One reading a day, 08:00 UTC plus `hour`, from day `first_day` on."""

    def make(
        vital: Vital,
        values: Sequence[float],
        *,
        first_day: int = 0,
        hour: float = 0,
        quality: Quality = Quality.SCORED,
    ) -> list[Reading]:
        times = [START + timedelta(days=first_day + i, hours=hour) for i in range(len(values))]
        return [
            Reading(f"{vital}-{at.isoformat()}", vital, value, at, at, quality)
            for at, value in zip(times, values, strict=True)
        ]

    return make


@pytest.fixture(scope="session")
def rulebook() -> Rulebook:
    return load_rulebook()
