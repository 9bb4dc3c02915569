"""Whoever restricted the use of their data is in no new report and no programme figure (SEC-45)."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import pytest

from app.programme import service as programme
from core.clock import utc_now
from core.errors import NotFoundError
from core.security import SYSTEM, Caller, Role
from ingest.choices import Purpose
from reports.service import quality, team_week
from reports.week import Week
from tests.choosing import say
from tests.ward import Ward, open_ward

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

    from core.database import Database
    from reports.quality import World
    from reports.service import TeamWeek

WHO = "Oh Malsun"


@pytest.fixture(scope="module")
def ward(database: Database) -> Ward:
    now = utc_now()
    days = (now.weekday() - 2) % 7
    return open_ward(database, now=now.replace(hour=12, minute=0) - timedelta(days=days or 7))


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """What is said here is taken back: the ward is shared."""
    with database.transaction() as session:
        yield session
        session.rollback()


def restrict(session: Session, ward: Ward, *, lifted: bool = False) -> datetime:
    at = ward.now - timedelta(minutes=1 if lifted else 2)
    say(session, ward.patients[WHO], Purpose.USE, allowed=lifted, at=at)
    return at


def week_of(session: Session, ward: Ward) -> TeamWeek:
    return team_week(session, SYSTEM, ward.team, Week.of(ward.now, zone=UTC), now=ward.now)


def quality_of(session: Session, ward: Ward) -> World:
    since = ward.now - timedelta(weeks=1)
    return quality(session, SYSTEM, team=ward.team, since=since, until=ward.now)


def test_they_are_in_nothing_of_a_new_report_and_counted_as_left_out(
    session: Session, ward: Ward
) -> None:
    before = week_of(session, ward)
    restrict(session, ward)

    after = week_of(session, ward)

    who = ward.patients[WHO]
    assert who in before.names
    assert who in {each.patient_id for each in before.report.alerts}
    assert before.report.restricted is None
    assert after.report.restricted == 1
    assert after.report.patients == before.report.patients - 1
    assert str(who) not in repr(after)
    theirs = [each for each in before.report.alerts if each.patient_id == who]
    assert after.report.opened == before.report.opened - len(theirs)


def test_a_restriction_that_is_lifted_counts_them_again(session: Session, ward: Ward) -> None:
    before = week_of(session, ward)
    restrict(session, ward)
    restrict(session, ward, lifted=True)

    assert week_of(session, ward).report == before.report


def test_they_are_not_in_the_quality_of_alerts(session: Session, ward: Ward) -> None:
    before = quality_of(session, ward)
    restrict(session, ward)

    after = quality_of(session, ward)

    who = ward.patients[WHO]
    assert who in {each.id for each in before.people}
    assert (before.restricted, after.restricted) == (0, 1)
    assert {each.id for each in after.people} == {each.id for each in before.people} - {who}
    assert who not in {each.patient_id for each in after.opened}


def test_they_have_no_clock_no_evidence_and_no_part_in_the_estimate(
    session: Session, ward: Ward
) -> None:
    who, week, now = ward.patients[WHO], Week.of(ward.now, zone=UTC), ward.now
    supervisor = Caller("user", ward.user_id, Role.SUPERVISOR, ward.practitioner_id)
    programme.turn(session, SYSTEM, ward.team, on=True, now=now)
    span = now - timedelta(weeks=12), now
    assumed = programme.setting_of(session, ward.team).assumed
    before = programme.team_clocks(session, SYSTEM, ward.team, on=None, now=now)
    _, counted = programme.value_of(session, SYSTEM, ward.team, span, assumed, now=now)
    restrict(session, ward)

    after = programme.team_clocks(session, SYSTEM, ward.team, on=None, now=now)
    summary = programme.summary_of(session, supervisor, ward.team, week, now)
    _, left = programme.value_of(session, SYSTEM, ward.team, span, assumed, now=now)

    assert who in before.people
    assert who in counted
    assert set(after.people) == set(before.people) - {who}
    assert set(left) == set(counted) - {who}
    assert (before.restricted, after.restricted, summary.restricted) == (0, 1, 1)
    assert summary.people == len(after.people)
    with pytest.raises(NotFoundError):
        programme.evidence(session, SYSTEM, ward.team, who, on=None, now=now)
