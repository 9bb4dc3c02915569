"""How long a person or an address must wait after failed sign-ins; pure (SEC-06).

An account waits longer with each failure and never for ever, so that nobody can lock a
clinician out; an address has a larger allowance, because a ward shares one.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

WINDOW = timedelta(minutes=15)
ACCOUNT_ALLOWANCE = 4  # failures that cost nothing: people mistype
SOURCE_ALLOWANCE = 30
LONGEST = timedelta(minutes=5)


def wait(failures: Sequence[datetime], *, now: datetime, allowance: int) -> timedelta:
    """Return how long the next try must still wait; zero where it may go ahead.

    Beyond the allowance the wait doubles from two seconds with every failure of the last
    15 minutes, up to five minutes, counted from the newest failure.
    """
    recent = [at for at in failures if now - at < WINDOW]
    excess = len(recent) - allowance
    if excess <= 0:
        return timedelta()
    penalty = min(timedelta(seconds=2 ** min(excess, 16)), LONGEST)
    return max(max(recent) + penalty - now, timedelta())
