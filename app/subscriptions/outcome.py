"""What follows from how a receiver answered: done, try again later, stop, or switch off.

Attempts are spread over days (REL-12): a receiver that is away for a weekend misses nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.escalation import next_try

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

WAITS = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
FAILURES = 3  # one after the other, until a subscription says that it is in error
GONE = 410
LONGEST_WISH = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Reply:
    """How one attempt ended: an HTTP status, or 0 and why there was none."""

    status: int
    reason: str = ""
    retry_after: str = ""

    @property
    def taken(self) -> bool:
        """Return whether the receiver has it."""
        return 200 <= self.status < 300  # noqa: PLR2004 (HTTP's own range)

    @property
    def code(self) -> str:
        """Return the outcome as it is kept and told."""
        return "" if self.taken else self.reason or f"http-{self.status}"


@dataclass(frozen=True, slots=True)
class Next:
    """What a subscription does after a failure; without `again` it waits for its owner."""

    status: str
    again: datetime | None


def after_failure(reply: Reply, *, id_: UUID, attempts: int, failures: int, now: datetime) -> Next:
    """Return what follows the `attempts`-th failed attempt of one message.

    `failures` counts those of the subscription since its last success, this one included; a
    handshake that fails is an error at once, so its caller gives `FAILURES`.
    """
    if reply.status == GONE:
        return Next("off", None)
    again = next_try(id_, attempts, WAITS, now=now)
    if again is not None and reply.retry_after.isascii() and reply.retry_after.isdigit():
        wish = timedelta(seconds=min(int(reply.retry_after[:9]), LONGEST_WISH.total_seconds()))
        again = max(again, now + wish)
    late = again is None or failures >= FAILURES
    return Next("error" if late else "active", again)
