from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.circuit import Pass, Record, after, passes
from alerts.pacing import Breaker

if TYPE_CHECKING:
    from datetime import datetime

BREAKER = Breaker(failures=3, pause=timedelta(seconds=30))


def test_a_circuit_opens_after_its_failures_and_lets_a_probe_through_after_its_pause_ft_24(
    now: datetime,
) -> None:
    record, seen = Record(), []
    for second in (0, 5, 20, 21, 49, 50):
        at = now + timedelta(seconds=second)
        seen.append(passes(record, BREAKER, now=at))
        if seen[-1] is not Pass.HELD_BACK:
            record = after(record, failed=True, now=at)

    assert seen == [Pass.SEND] * 3 + [Pass.HELD_BACK] * 2 + [Pass.PROBE]
    at = now + timedelta(seconds=79)
    assert passes(record, BREAKER, now=at) is Pass.HELD_BACK


def test_a_probe_that_is_taken_closes_it_ft_24(now: datetime) -> None:
    record = after(Record(7, now), failed=False, now=now)

    assert record == Record()
    assert passes(record, BREAKER, now=now) is Pass.SEND
