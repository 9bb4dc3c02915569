"""Whether a provider that keeps failing is asked at all: closed, open, or one probe (FT-24).

An open circuit spares a provider in trouble, and our workers the wait for it. It delays nobody:
a try that it holds back is counted as one that failed, and the alert moves on as it would.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.pacing import Breaker


@dataclass(frozen=True, slots=True)
class Record:
    """How a provider did: failures since its last success, and when it last failed."""

    failures: int = 0
    failed_at: datetime | None = None


class Pass(Enum):
    """What a try may do."""

    SEND = auto()
    PROBE = auto()  # one at a time: whether it works again
    HELD_BACK = auto()


def passes(record: Record, breaker: Breaker, *, now: datetime) -> Pass:
    """Return whether a provider is asked."""
    if record.failures < breaker.failures or record.failed_at is None:
        return Pass.SEND
    return Pass.PROBE if now - record.failed_at >= breaker.pause else Pass.HELD_BACK


def after(record: Record, *, failed: bool, now: datetime) -> Record:
    """Return how it did, one try later."""
    return Record(record.failures + 1, now) if failed else Record()
