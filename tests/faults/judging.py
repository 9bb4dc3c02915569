"""What every run on the stand is held to, and what the table is told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from tests.faults.crowd import SETTLED_WITHIN
from tests.faults.invariants import repeated
from tests.faults.stand import PARTS, WORKERS
from tests.running_system import until

if TYPE_CHECKING:
    from tests.faults.crowd import Crowd
    from tests.faults.stand import Stand
    from tests.faults.table import Figures
    from tests.faults.twin import Twin

HELD = """
    select count(*) from pg_stat_activity
    where usename = current_user and state = 'idle in transaction'
    and state_change < clock_timestamp() - interval '50 ms'
"""


def slow_workers(stand: Stand) -> None:
    """Let a kill find a step in mid-transaction."""
    stand.kill(*WORKERS)
    for part in WORKERS:
        stand.start(part, odd="slow")
    # A child that is killed before its worker is ready ends the worker: Celery takes it for one
    # that cannot start at all.
    until(lambda: all(map(stand.ready, WORKERS)), within=60, what="the workers are ready")


def at_work(stand: Stand) -> bool:
    """Return whether a transaction is held open at this moment, as only a slow step does it."""
    with stand.database.transaction() as session:
        return bool(session.scalar(text(HELD)))


def judge(
    crowd: Crowd, figures: Figures, unharmed: Twin, *, within: float = SETTLED_WITHIN
) -> None:
    """Hold the invariants, and what one thread finds in the same input beside it."""
    with crowd.stand.looked_after(*PARTS):
        broken = crowd.settled(within=within)
    delays = crowd.delays()
    figures.lost = len(crowd.mrns) - len(delays)
    figures.doubled = repeated(crowd.stand.postbox.letters)
    figures.worst = max(delays, default=None)
    found, expected = crowd.found(), unharmed.alerts(crowd)
    assert broken == [], broken
    assert (figures.lost, figures.doubled) == (0, 0), figures
    assert found == expected, (found, expected)
