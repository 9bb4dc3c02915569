"""What the timetable keeps of itself, and for how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from app import timetable
from app.periods import ScheduledRun, first

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

NOW = datetime(2001, 9, 4, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def test_what_ran_is_known_for_a_month_and_no_longer_rel_31(session: Session) -> None:
    for days in (1, 29, 31):
        assert first(session, "test-of-the-timetable", str(days), now=NOW - days * DAY)

    timetable.tidy(session, now=NOW)

    mine = ScheduledRun.job == "test-of-the-timetable"
    kept = session.scalars(select(ScheduledRun.period).where(mine).order_by(ScheduledRun.period))
    assert kept.all() == ["1", "29"]
