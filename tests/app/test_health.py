"""Whether the program says that work is stuck: by age, queue by queue (REL-26)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from app.health import LONGEST_WAIT, pipeline
from core import outbox
from core.outbox import Priority, Topic

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

NOW = datetime(2001, 6, 1, tzinfo=UTC)
STUCK = "work is waiting longer than it should"


@pytest.mark.parametrize("priority", LONGEST_WAIT)
def test_one_stuck_row_among_none_else_raises_the_alarm_rel_26(
    session: Session, priority: int
) -> None:
    since = NOW - LONGEST_WAIT[priority] - timedelta(seconds=1)
    outbox.offer(session, Topic.ASSESS, uuid4(), now=since, priority=priority)

    before = pipeline(session, now=NOW - timedelta(seconds=2))
    after = pipeline(session, now=NOW)

    assert STUCK not in before.faults
    assert STUCK in after.faults


def test_a_critical_row_may_wait_less_than_a_bulk_one_rel_26(session: Session) -> None:
    outbox.offer(
        session, Topic.ASSESS, uuid4(), now=NOW - timedelta(minutes=5), priority=Priority.BULK
    )

    assert STUCK not in pipeline(session, now=NOW).faults
