"""What a programme may ask for, and what it may not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.errors import InvalidError
from core.vitals import Vital
from ingest.asked import asked

SINCE = datetime(2026, 3, 2, tzinfo=UTC)


def test_it_reads_as_it_was_meant() -> None:
    found = asked(Vital.BODY_WEIGHT, ["Thu", "monday"], ["20:00", "08:00"], grace=3, since=SINCE)

    assert found.words() == "Weight on mon, thu at 08:00, 20:00, 3 h of grace"
    assert asked(Vital.SPO2, (), (), grace=12, since=SINCE).words() == (
        "SpO2 every day, 12 h of grace"
    )


@pytest.mark.parametrize(
    ("vital", "days", "times", "grace", "field"),
    [
        (Vital.BODY_WEIGHT, ["noday"], [], 12, "days"),
        (Vital.BODY_WEIGHT, [], ["8:00"], 12, "at"),
        (Vital.BODY_WEIGHT, [], ["24:00"], 12, "at"),
        (Vital.BODY_WEIGHT, [], [], -1, "grace"),
        (Vital.BODY_WEIGHT, [], [], 337, "grace"),
        (Vital.BODY_WEIGHT, [], ["08:00", "12:00"], 5, "grace"),
        (Vital.HUB_HEARTBEAT, [], [], 12, "vital"),
    ],
)
def test_what_nobody_could_mean_is_refused(
    vital: Vital, days: list[str], times: list[str], grace: float, field: str
) -> None:
    with pytest.raises(InvalidError) as refused:
        asked(vital, days, times, grace=grace, since=SINCE)

    assert refused.value.field == field
