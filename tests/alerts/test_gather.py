"""How long a message waits for what else arrives about the person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts import gather
from alerts.policy import Channel, Policy
from alerts.reasons import Reason
from core.vitals import Severity

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("severity", "leaves"),
    [
        (Severity.RED, NOW),
        (Severity.AMBER, NOW + timedelta(minutes=5)),
        (Severity.YELLOW, datetime(2026, 3, 11, 8, 0, tzinfo=UTC)),
    ],
)
def test_red_leaves_at_once_amber_after_five_minutes_yellow_with_the_next_batch_al_09(
    policy: Policy, severity: Severity, leaves: datetime
) -> None:
    wait = policy.tiers[severity].gather

    assert gather.until(Reason.FIRST, Channel.EMAIL, wait, policy.batches, now=NOW) == leaves


@pytest.mark.parametrize(
    "reason", [Reason.ROSE, Reason.NOT_ACKNOWLEDGED, Reason.ESCALATED, Reason.HOLD_ENDED]
)
def test_what_rose_or_was_escalated_waits_for_nothing_al_09(reason: Reason) -> None:
    assert gather.until(reason, Channel.EMAIL, timedelta(minutes=5), (8,), now=NOW) == NOW


def test_the_inbox_shows_everything_at_once_al_09() -> None:
    assert gather.until(Reason.FIRST, Channel.INBOX, None, (8,), now=NOW) == NOW


@pytest.mark.parametrize(
    ("hours", "then"),
    [((8, 13), "2026-03-10T13:00"), ((9,), "2026-03-11T09:00"), ((18, 9, 7), "2026-03-10T18:00")],
)
def test_the_next_batch_is_the_first_hour_that_is_not_over(
    hours: tuple[int, ...], then: str
) -> None:
    assert gather.next_batch(hours, now=NOW) == datetime.fromisoformat(then).replace(tzinfo=UTC)


@pytest.mark.parametrize("before", ["2026-03-29T00:58", "2026-10-25T00:58"])
def test_what_waits_five_minutes_waits_no_longer_when_the_clocks_change_al_09(before: str) -> None:
    now = datetime.fromisoformat(before).replace(tzinfo=UTC)
    wait = timedelta(minutes=5)

    local = now.astimezone(ZoneInfo("Europe/Berlin"))
    leaves = gather.until(Reason.FIRST, Channel.EMAIL, wait, (8,), now=local)

    assert leaves.astimezone(UTC) - now == wait
