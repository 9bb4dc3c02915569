"""Whether the program says that work is stuck: by age, queue by queue (REL-26)."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest

from app import timetable
from app.health import LONGEST_WAIT, pipeline
from core import outbox
from core.logging import configure
from core.outbox import Priority, Topic
from core.settings import Settings
from ingest.streams.repository import known_since
from monitoring.liveness import JUDGED_WITHIN
from monitoring.repository import mark_judged, unjudged
from tests.people import called

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


def test_whoever_is_not_judged_within_the_bound_is_counted_and_told_to_nobody_by_name_al_22(
    session: Session, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    configure(Settings(log_json=True))
    one, other = (enrol(session, NOW - JUDGED_WITHIN * 2) for _ in range(2))
    mark_judged(session, [one, other], now=NOW - JUDGED_WITHIN - timedelta(seconds=1))
    mark_judged(session, [one], now=NOW)

    assert pipeline(session, now=NOW).unjudged == 1
    assert "patients not judged in the last 45 min: 1" in pipeline(session, now=NOW).faults

    timetable.miss_nobody(session, now=NOW)
    timetable.miss_nobody(session, now=NOW)

    said = capsys.readouterr()
    assert (said.out + said.err).count("patients are not judged") == 1
    assert str(other) not in said.out + said.err

    mark_judged(session, [other], now=NOW)

    assert pipeline(session, now=NOW).unjudged == 0


def test_who_came_only_now_is_not_missed_yet_and_a_later_mark_stands_al_22(
    session: Session,
) -> None:
    new, old = enrol(session, NOW), enrol(session, NOW - JUDGED_WITHIN * 2)
    mark_judged(session, [old], now=NOW)
    mark_judged(session, [old], now=NOW - timedelta(days=1))

    assert unjudged(session, known_since(NOW), before=NOW - JUDGED_WITHIN) == 0
    assert pipeline(session, now=NOW + JUDGED_WITHIN * 2).unjudged == 2
    assert new != old


def enrol(session: Session, at: datetime) -> UUID:
    someone = called(session, uuid4(), "Somebody", created=at)
    session.add(someone)
    session.flush()
    return someone.id
