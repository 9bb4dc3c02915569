"""How long a message waits for what else arrives about the same person (AL-09)."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from alerts.policy import Channel
from alerts.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

# What arrives may wait a little. What rose, was escalated, repeated or asked for may not.
ARRIVES = (Reason.FIRST, Reason.ARRIVED_LATE)


def until(
    reason: str, channel: str, wait: timedelta | None, batches: Sequence[int], *, now: datetime
) -> datetime:
    """Return when a message goes out, if nothing graver takes it along before.

    `wait` is that of its tier, None for the next of the `batches`: hours of the day of `now`'s
    own clock. What the inbox shows never waits. A wait is as long when the clocks change.
    """
    if reason not in ARRIVES or channel == Channel.INBOX:
        return now
    return next_batch(batches, now=now) if wait is None else now.astimezone(UTC) + wait


def next_batch(hours: Sequence[int], *, now: datetime) -> datetime:
    """Return the next of these hours, on the clock that `now` is told by."""
    zone: tzinfo | None = now.tzinfo
    today = now.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    days = (today, today + timedelta(days=1))
    at = (day.replace(hour=hour, tzinfo=zone) for day in days for hour in sorted(hours))
    return next(each for each in at if each > now)
