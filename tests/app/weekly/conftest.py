"""A ward of one autumn, and what timers and workers do with its reports, in one transaction."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

import alerts.service
from app.weekly import letters, making
from app.weekly.repository import rows
from core.outbox import Outbox, State, Topic
from core.settings import Environment, Settings
from tests.ward import Ward, open_ward

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.notify.email import Mailer
    from alerts.policy import Policy
    from app.weekly.states import Row
    from core.database import Database

# A Thursday; its week is over on Monday, 13 November 2006.
THURSDAY = datetime(2006, 11, 9, 12, 0, tzinfo=UTC)
SATURDAY = THURSDAY + timedelta(days=2)
MONDAY_SEVEN = datetime(2006, 11, 13, 7, 0, tzinfo=UTC)
TUESDAY = MONDAY_SEVEN + timedelta(days=1, hours=2)
FIRST = THURSDAY.date() - timedelta(days=3)  # the Monday of the ward's week
HOUR = "07:00"
SETTINGS = Settings(environment=Environment.TEST, base_url="http://wardlight.test")


@cache
def policy() -> Policy:
    return alerts.service.load_policy()


@pytest.fixture(scope="module")
def ward(database: Database) -> Ward:
    return open_ward(database, now=THURSDAY)


def tick(session: Session, now: datetime) -> None:
    making.keep_up(session, now=now, policy=policy(), hour=HOUR)


def offered(session: Session, topic: Topic, now: datetime) -> list[Outbox]:
    """Return the open rows of work that may go out by an instant."""
    query = select(Outbox).where(Outbox.topic == topic, Outbox.state == State.OPEN)
    return list(session.scalars(query.where(Outbox.next_try_at <= now).order_by(Outbox.id)))


def work(session: Session, now: datetime, team: UUID) -> int:
    """Do what timers and workers do until nothing is left of one team; return how often."""
    did = 0
    for _ in range(60):
        tick(session, now)
        mine = {each.id for each in of(session, team)}
        rung = offered(session, Topic.REPORT, now)
        others = [each.id for each in rung if each.subject_id not in mine]
        session.execute(update(Outbox).where(Outbox.id.in_(others)).values(state=State.DONE))
        todo = [each for each in rung if each.subject_id in mine]
        for each in todo:
            each.state = State.LEASED
            session.flush()
            making.make(session, each.subject_id, now=now)
            each.state, did = State.DONE, did + 1
            session.flush()
        if not todo:
            return did
    raise AssertionError("it does not end")


def of(session: Session, team: UUID, since: date = FIRST - timedelta(weeks=60)) -> list[Row]:
    """Return a team's rows, the oldest week and version first."""
    return list(reversed(rows(session, [team], since=since)))


def post(session: Session, now: datetime, mailer: Mailer | None) -> None:
    """Send what mail may leave by an instant."""
    for each in offered(session, Topic.LETTER, now):
        letters.send(session, each.subject_id, mailer, SETTINGS, now=now)
        each.state = State.DONE
