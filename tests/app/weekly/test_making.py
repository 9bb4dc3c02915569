"""Each week of a team is made once, at its hour or late, whatever was off or died meanwhile."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import select

from app.weekly import making, repository
from app.weekly.service import ENTITY, issue_again, issued, share_on_time
from app.weekly.states import State
from core.audit import Action, AuditEvent
from core.errors import ConflictError
from core.outbox import Outbox, Topic
from core.outbox import State as Work
from core.security import SYSTEM
from reports.week import Week
from reports.weekly import Rate
from tests.app.weekly.conftest import (
    FIRST,
    HOUR,
    MONDAY_SEVEN,
    SATURDAY,
    THURSDAY,
    TUESDAY,
    of,
    policy,
    tick,
    work,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from core.database import Database
    from core.embedded import Servers
    from tests.ward import Ward

WEEK = timedelta(weeks=1)


def test_a_report_is_there_at_seven_on_monday_and_says_so(session: Session, ward: Ward) -> None:
    tick(session, THURSDAY)
    assert work(session, MONDAY_SEVEN - timedelta(hours=4), ward.team) == 2  # the week before

    work(session, MONDAY_SEVEN - timedelta(hours=2), ward.team)

    _, row, running = of(session, ward.team)
    assert (row.monday, row.state, row.late) == (FIRST, State.MADE, False)
    assert row.due_at == MONDAY_SEVEN
    assert (row.people, row.done, row.attempts) == (7, 7, 1)
    assert (running.monday, running.state) == (FIRST + WEEK, State.DUE)


def test_a_team_that_was_there_before_its_reports_has_its_last_week_made_late(
    session: Session, ward: Ward
) -> None:
    work(session, THURSDAY, ward.team)

    before, running = of(session, ward.team)
    assert (before.monday, before.state, before.late) == (FIRST - WEEK, State.MADE, True)
    assert (running.monday, running.state) == (FIRST, State.DUE)


def test_everything_off_over_sunday_night_is_one_report_of_the_right_week_marked_late_ft_28(
    session: Session, ward: Ward
) -> None:
    """REL-32, REL-31."""
    work(session, SATURDAY, ward.team)

    for _ in range(3):
        work(session, TUESDAY, ward.team)

    _, row, running = of(session, ward.team)
    assert (row.monday, row.version, row.state, row.late) == (FIRST, 1, State.MADE, True)
    assert row.made_at == TUESDAY
    assert running.monday == FIRST + WEEK
    found = issued(session, SYSTEM, ward.team, week(), now=TUESDAY)
    assert found.issue is not None
    assert (found.issue.late, found.issue.version) == (True, 1)
    assert found.report.opened >= 5
    assert found.report.made_on_time == Rate(0, 2)


def test_each_week_that_was_missed_has_its_own_report_in_its_order_rel_32(
    session: Session, ward: Ward
) -> None:
    work(session, SATURDAY, ward.team)
    back = MONDAY_SEVEN + 3 * WEEK + timedelta(days=1)

    tick(session, back)
    rung = session.scalars(select(Outbox.subject_id).where(Outbox.topic == Topic.REPORT)).all()
    mine = [row for row in of(session, ward.team) if row.id in rung and row.state is State.DUE]
    assert [row.monday for row in mine] == [FIRST]  # the others wait for it
    work(session, back, ward.team)

    made = of(session, ward.team)[1:]
    assert [row.monday for row in made] == [FIRST + n * WEEK for n in range(5)]
    assert [row.late for row in made] == [True] * 4 + [False]
    assert [row.state for row in made] == [State.MADE] * 4 + [State.DUE]


@pytest.fixture
def forgotten(embedded: Servers) -> Iterator[None]:
    """Leave no row behind, which the application itself may not delete."""
    yield
    with psycopg.connect(embedded.migration_database_url, autocommit=True) as connection:
        for table in ("weekly_letter", "weekly_report", "scheduled_run"):
            connection.execute(sql.SQL("delete from {}").format(sql.Identifier(table)))
        connection.execute(b"delete from outbox where topic in ('report', 'letter')")


@pytest.mark.usefixtures("forgotten")
def test_schedulers_that_race_write_one_row_of_a_week_rel_31(
    database: Database, ward: Ward
) -> None:
    ready = threading.Barrier(3)

    def schedule() -> None:
        with database.transaction() as session:
            ready.wait(timeout=20)
            making.plan(session, now=THURSDAY, policy=policy(), hour=HOUR)

    threads = [threading.Thread(target=schedule) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.transaction() as session:
        assert [row.monday for row in of(session, ward.team)] == [FIRST - WEEK, FIRST]


@pytest.mark.usefixtures("forgotten")
def test_workers_that_race_make_one_issue_and_one_letter_to_each_rel_10(
    database: Database, ward: Ward
) -> None:
    with database.transaction() as session:
        tick(session, SATURDAY)
        row = of(session, ward.team)[1]
        making.make(session, row.id, now=TUESDAY)  # begun
    ready = threading.Barrier(3)

    def at_work() -> None:
        with database.transaction() as session:
            ready.wait(timeout=20)
            making.make(session, row.id, now=TUESDAY)

    threads = [threading.Thread(target=at_work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.transaction() as session:
        read = AuditEvent.entity_id == row.id, AuditEvent.caller_kind == "system"
        audited = session.scalars(select(AuditEvent).where(*read)).all()
        told = session.scalars(select(Outbox).where(Outbox.topic == Topic.LETTER)).all()
        assert len(told) == 2  # the physician and the member of the team
        assert len(audited) == 7
        assert {event.action for event in audited} == {Action.READ}
        assert {event.entity for event in audited} == {ENTITY}


def test_a_report_whose_worker_was_killed_is_taken_over(session: Session, ward: Ward) -> None:
    tick(session, SATURDAY)
    row = of(session, ward.team)[0]
    rung = session.scalars(select(Outbox).where(Outbox.subject_id == row.id)).one()
    rung.state = Work.LEASED
    session.flush()
    making.make(session, row.id, now=SATURDAY)  # begun, and then its worker is gone
    rung.state = Work.DONE
    more = session.scalars(select(Outbox).where(Outbox.subject_id == row.id)).all()
    taken = next(each for each in more if each is not rung)
    taken.state, taken.attempts = Work.LEASED, 3
    session.flush()

    begun = repository.one(session, row.id)
    assert begun is not None
    assert (begun.state, begun.done, begun.people) == (State.RUNNING, 0, 7)
    making.make(session, row.id, now=TUESDAY)

    made = of(session, ward.team)[0]
    assert (made.state, made.done, made.attempts) == (State.MADE, 7, 3)


def test_the_share_on_time_counts_thirteen_weeks_with_what_is_missing(
    session: Session, ward: Ward
) -> None:
    for n in range(1, 15):  # the oldest two are late, and are not counted
        due = MONDAY_SEVEN - n * WEEK
        same = {"team_id": ward.team, "zone": "UTC", "begin_at": due, "due_at": due}
        made = {"state": State.MADE, "made_at": due, "late": n > 12}
        repository.plan(session, [{**same, **made, "monday": FIRST - n * WEEK}])
    tick(session, SATURDAY)

    work(session, MONDAY_SEVEN, ward.team)

    found = issued(session, SYSTEM, ward.team, week(), now=MONDAY_SEVEN)
    assert found.report.made_on_time == Rate(13, 13)
    row = of(session, ward.team)[-2]
    assert row.monday == FIRST
    repository.change(session, row.id, State.MADE, state=State.FAILED)
    share = share_on_time(session, FIRST, now=MONDAY_SEVEN, team_id=ward.team)
    assert share == Rate(12, 13)


def test_an_hour_that_is_changed_moves_what_is_not_begun(session: Session, ward: Ward) -> None:
    work(session, SATURDAY, ward.team)

    making.plan(session, now=SATURDAY, policy=policy(), hour="06:30")

    before, row = of(session, ward.team)
    assert row.due_at == MONDAY_SEVEN - timedelta(minutes=30)
    assert before.due_at == MONDAY_SEVEN - WEEK


def test_a_report_is_due_by_its_teams_clock_holiday_or_not_rel_24(
    session: Session, ward: Ward
) -> None:
    monday = MONDAY_SEVEN.date()
    seoul = replace(policy().site, name="river", zone="Asia/Seoul", holidays={monday: "Founding"})

    making.plan(
        session, now=THURSDAY, policy=replace(policy(), teams={"Riverside": seoul}), hour=HOUR
    )

    row = of(session, ward.team)[-1]
    assert (row.monday, row.zone) == (FIRST, "Asia/Seoul")
    assert row.due_at == MONDAY_SEVEN - timedelta(hours=9)
    making.make(session, row.id, now=row.due_at)
    making.make(session, row.id, now=row.due_at)
    made = of(session, ward.team)[-1]
    assert (made.state, made.late) == (State.MADE, False)


def test_nothing_is_issued_twice_at_a_time(session: Session, ward: Ward) -> None:
    work(session, SATURDAY, ward.team)

    with pytest.raises(ConflictError, match="made already"):
        issue_again(session, SYSTEM, ward.team, FIRST, reason="x", now=SATURDAY)
    with pytest.raises(ConflictError, match="ever issued"):
        issue_again(session, SYSTEM, ward.team, FIRST + 9 * WEEK, reason="x", now=SATURDAY)


def week() -> Week:
    return Week.of(THURSDAY, zone=policy().site.clock)
