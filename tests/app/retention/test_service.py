"""What its time is over for goes, exactly what was told of before, and nothing else (SEC-48)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, inspect, select

from alerts.patients.tables import PatientMessageAttempt
from app.bulk.tables import BulkOutcome
from app.follow_up.tables import FollowedDayRow
from app.retention import holds, service
from app.retention.kinds import KINDS
from app.retention.repository import Rows
from app.retention.tables import RetentionPass
from app.retention.terms import stated
from core.audit import AuditEvent
from core.outbox import Outbox, State, Topic
from monitoring.followed import Source
from monitoring.tables import AssessmentRow
from tests.app.retention.conftest import MADE, NOW, judgement, message, run_through
from tests.scored import brought

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.database import Base

DAY = timedelta(days=1)


def stored(session: Session, table: type[Base]) -> set[tuple[object, ...]]:
    return {tuple(row) for row in session.execute(select(*inspect(table).primary_key))}


def told(session: Session) -> dict[str, set[tuple[object, ...]]]:
    return {
        f"{kind}/{table}": {*rows}
        for kind in KINDS
        for table, rows in service.keys(session, kind, now=NOW).items()
    }


def test_every_kind_with_a_number_is_taken_away_and_no_other_sec_48() -> None:
    numbered = {name for name, term in stated().kinds.items() if term.kept is not None}

    assert numbered == set(KINDS)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.tuples(st.sampled_from(sorted(MADE)), st.integers(0, 1000 * 24)), max_size=25),
    st.integers(1, 7),
)
def test_a_dry_run_lists_exactly_what_a_run_removes_sec_48(
    session: Session, someone: UUID, ages: list[tuple[str, int]], most: int
) -> None:
    with session.begin_nested() as example:
        for number, (kind, hours) in enumerate(ages):
            MADE[kind](session, someone, NOW - timedelta(hours=hours, seconds=number))
        session.flush()
        sources = [each for kind in KINDS for each in KINDS[kind] if isinstance(each, Rows)]
        tables = {each.table for each in sources} - {RetentionPass}
        before = {table: stored(session, table) for table in tables}
        said = told(session)
        counted = {
            f"{due.term.name}/{each.table}": each.rows
            for due in service.dry_run(session, now=NOW)
            for each in due.going
        }
        begun = session.scalar(select(func.count()).select_from(AuditEvent))

        run_through(session, now=NOW, most=most)

        gone = {table: before[table] - stored(session, table) for table in tables}
        listed: dict[str, set[tuple[object, ...]]] = {}
        for name, rows in said.items():
            listed.setdefault(name.split("/")[1], set()).update(rows)
        assert {table.__tablename__: rows for table, rows in gone.items()} == {
            name: rows for name, rows in listed.items() if name not in {"retention_pass", "reading"}
        }
        assert counted == {name: len(rows) for name, rows in said.items()}
        passes = session.scalars(select(RetentionPass)).all()
        assert {row.kind: row.removed for row in passes} == {
            kind: sum(n for name, n in counted.items() if name.startswith(f"{kind}/"))
            for kind in KINDS
        }
        ended = session.scalar(select(func.count()).select_from(AuditEvent))
        assert (ended or 0) - (begun or 0) == len(KINDS)
        assert told(session) == {name: set() for name in said}
        example.rollback()


@pytest.mark.parametrize("kind", MADE)
def test_what_is_as_old_as_its_term_goes_and_what_is_younger_stays_sec_48(
    session: Session, someone: UUID, kind: str
) -> None:
    kept = stated().kinds[kind].kept
    assert kept is not None
    (source, *_) = KINDS[kind]
    old = MADE[kind](session, someone, NOW - kept)
    young = MADE[kind](session, someone, NOW - kept + timedelta(seconds=1))
    session.flush()
    ids = inspect(old).identity, inspect(young).identity

    run_through(session, now=NOW)

    left = stored(session, type(young))
    assert [each in left for each in ids] == [False, True]
    assert source.going(session, before=NOW + DAY, held=()).rows in {0, 1}


def test_what_lies_within_what_goes_goes_with_it_sec_48(session: Session, someone: UUID) -> None:
    for kind in ("passing-messages", "bulk-loads"):
        MADE[kind](session, someone, NOW - 400 * DAY)
    session.flush()

    run_through(session, now=NOW)

    for table in (PatientMessageAttempt, BulkOutcome):
        assert stored(session, table) == set()


def test_who_is_killed_midway_leaves_what_is_done_and_the_next_goes_on_sec_48(
    session: Session, someone: UUID
) -> None:
    for number in range(7):
        message(session, someone, NOW - (400 + number) * DAY)
    session.flush()
    service.begin(session, now=NOW)
    passes = select(RetentionPass).where(RetentionPass.kind == "passing-messages")
    row = session.scalars(passes).one()
    service.step(session, row, now=NOW, most=3)
    with session.begin_nested() as killed:
        service.step(session, row, now=NOW, most=3)
        killed.rollback()
    session.expire_all()
    midway = session.scalars(passes).one()
    removed_midway, ended_midway = midway.removed, midway.ended_at

    steps = run_through(session, now=NOW + DAY / 24, most=3)

    done = session.scalars(passes.where(RetentionPass.id == midway.id)).one()
    assert (removed_midway, ended_midway) == (3, None)
    assert (done.removed, steps > len(KINDS)) == (7, True)
    assert done.ended_at is not None


def test_a_second_scheduler_and_a_second_run_take_nothing_twice_sec_48(
    session: Session, someone: UUID
) -> None:
    message(session, someone, NOW - 400 * DAY)
    session.flush()
    for _ in range(2):
        run_through(session, now=NOW)

    removed = session.scalars(
        select(RetentionPass.removed).where(RetentionPass.kind == "passing-messages")
    )

    assert removed.all() == [1]


def test_nothing_of_whom_a_hold_is_on_goes_until_it_ends_sec_48(
    session: Session, someone: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    for make in (message, judgement, judgement):
        make(session, someone, NOW - 1000 * DAY)
    session.flush()
    with monkeypatch.context() as patch:
        patch.setattr(service, "held", lambda _: frozenset({someone}))
        kept = told(session)
        run_through(session, now=NOW)
    left = told(session)

    assert not any(kept[name] for name in kept if name.startswith(("passing", "judgements")))
    assert len(left["passing-messages/patient_message"]) == 1
    assert callable(holds.held)


def test_work_that_is_not_done_is_never_too_old_sec_48(session: Session) -> None:
    long_ago = NOW - 900 * DAY
    for state in (State.OPEN, State.LEASED, State.PARKED, State.DISCARDED):
        row = Outbox(
            topic=Topic.ASSESS, subject_id=UUID(int=1), state=state, next_try_at=long_ago,
            created_at=long_ago,
        )  # fmt: skip
        session.add(row)
    session.flush()

    run_through(session, now=NOW)

    mine = select(func.count()).where(Outbox.created_at == long_ago)
    assert session.scalar(mine) == 4


def test_the_newest_judgement_of_a_person_stays_however_old_sec_48(
    session: Session, someone: UUID
) -> None:
    old, new = (judgement(session, someone, NOW - days * DAY) for days in (1000, 999))
    session.flush()

    run_through(session, now=NOW)

    assert inspect(new).identity in stored(session, type(new))
    assert inspect(old).identity not in stored(session, type(old))


def test_a_judgement_whose_day_was_followed_up_stays_unless_the_lot_passed_over_it_sec_48(
    session: Session, someone: UUID
) -> None:
    sources = (Source.LABEL, Source.DRAWN, Source.NOT_DRAWN)
    rows = [judgement(session, someone, NOW - (1000 + n) * DAY) for n in range(4)][1:]
    session.flush()
    ids = [inspect(row).identity or () for row in rows]
    for n, source in enumerate(sources):
        followed = FollowedDayRow(
            patient_id=someone,
            assessment_id=ids[n][0],
            day=(NOW - (1001 + n) * DAY).date(),
            scored_at=NOW - (1001 + n) * DAY,
            model_id="risk-of-tests",
            probability=0.1,
            source=source,
            chosen_with=1.0,
            followed_at=NOW,
        )
        session.add(followed)
    session.flush()

    run_through(session, now=NOW)

    left = stored(session, AssessmentRow)
    assert [each in left for each in ids] == [True, True, False]


def test_the_newest_judgement_made_here_stays_whatever_a_copy_brought_after_it(
    session: Session, someone: UUID
) -> None:
    mine = judgement(session, someone, NOW - 1000 * DAY)
    session.flush()
    theirs = [brought(session, someone, NOW - days * DAY) for days in (999, 998)]

    run_through(session, now=NOW)

    left = stored(session, AssessmentRow)
    assert inspect(mine).identity in left
    assert [(each,) in left for each in theirs] == [False, True]


def test_a_tick_begins_and_ends_passes_by_itself_sec_48(session: Session, someone: UUID) -> None:
    message(session, someone, NOW - 400 * DAY)
    session.flush()

    for tick in range(len(KINDS) + 1):
        service.keep_up(session, now=NOW + timedelta(seconds=tick))

    rows = session.scalars(select(RetentionPass)).all()
    assert {row.kind for row in rows} == set(KINDS)
    assert all(row.ended_at and row.terms == stated().hash for row in rows)
    said = select(AuditEvent.outcome).where(AuditEvent.entity == "retention/passing-messages")
    assert session.scalars(said.order_by(AuditEvent.id.desc())).first() == "success, 1 rows"
