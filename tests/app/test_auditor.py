"""The auditor's verdict: rows that every page reads, and its own silence is said too (REL-18)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import delete, update

from alerts.tables import Alert, Delivery, Step
from app import auditor, promises
from app.health import pipeline
from app.periods import ScheduledRun
from core import outbox
from core.outbox import Outbox, Priority, Topic

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

NOW = datetime(2001, 7, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LEASE = timedelta(seconds=60)
UNCHECKED = promises.UNCHECKED
LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def alone(session: Session) -> None:
    session.execute(update(Alert).values(state="withdrawn"))
    session.execute(update(Step).values(state="cancelled"))
    session.execute(update(Delivery).values(state="cancelled"))
    session.execute(delete(Outbox).where(Outbox.state != "done"))
    session.execute(delete(promises.Broken))
    session.execute(delete(ScheduledRun).where(ScheduledRun.job.in_(promises.AUDITS)))
    for job in promises.JOBS.values():  # the auditors of a few are at work
        session.add(ScheduledRun(job=job, period="of-the-test", ran_at=LATER))


def test_it_looks_once_a_minute_however_many_schedulers_there_are(session: Session) -> None:
    looks = [
        auditor.audit(session, now=NOW + timedelta(seconds=second), lease=LEASE)
        for second in (0, 1, 59, 60)
    ]

    assert looks == [[], None, None, []]


def test_an_auditor_that_does_not_look_is_a_fault_rel_35(session: Session) -> None:
    assert UNCHECKED in pipeline(session, now=NOW).faults

    auditor.audit(session, now=NOW, lease=LEASE)

    assert UNCHECKED not in pipeline(session, now=NOW + 3 * MINUTE).faults
    assert UNCHECKED in pipeline(session, now=NOW + 4 * MINUTE).faults


@pytest.mark.parametrize("job", promises.JOBS.values())
def test_an_auditor_of_a_few_that_does_not_look_is_a_fault_and_hides_no_other_rel_18(
    session: Session, job: str
) -> None:
    outbox.offer(session, Topic.ASSESS, uuid4(), now=NOW, priority=Priority.NORMAL)
    later = NOW + 4 * MINUTE
    auditor.audit(session, now=later, lease=LEASE)
    [before] = promises.verdict(session, now=later)
    mine = update(ScheduledRun).where(ScheduledRun.job == job)
    session.execute(mine.values(ran_at=NOW))

    assert [each.text for each in promises.verdict(session, now=later)] == [UNCHECKED, before.text]


def test_work_older_than_three_leases_degrades_alerting_until_a_clean_look_i7(
    session: Session,
) -> None:
    outbox.offer(session, Topic.ASSESS, uuid4(), now=NOW, priority=Priority.NORMAL)
    said = "work is older than three leases: 1, since 12:04 UTC"

    assert auditor.audit(session, now=NOW + 3 * MINUTE, lease=LEASE) == []
    for minutes in (4, 5):
        at = NOW + minutes * MINUTE
        found = auditor.audit(session, now=at, lease=LEASE) or []
        assert [(each.invariant, each.count) for each in found] == [("I7", 1)]
        assert said in pipeline(session, now=at).faults

    session.execute(delete(Outbox))
    auditor.audit(session, now=NOW + 6 * MINUTE, lease=LEASE)
    assert promises.verdict(session, now=NOW + 6 * MINUTE) == []


def test_a_breach_that_comes_back_later_begins_anew(session: Session) -> None:
    outbox.offer(session, Topic.ASSESS, uuid4(), now=NOW, priority=Priority.NORMAL)
    auditor.audit(session, now=NOW + 4 * MINUTE, lease=LEASE)
    auditor.audit(session, now=NOW + 30 * MINUTE, lease=LEASE)

    (said,) = promises.verdict(session, now=NOW + 30 * MINUTE)
    assert said.text.endswith("since 12:30 UTC")
