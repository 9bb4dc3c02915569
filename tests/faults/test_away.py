"""Everything off for days, and a schema that grows while the door stays open."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import delete, func, select, update

import app.migrate
from alerts.escalation import StepState
from alerts.tables import Delivery, Step
from app.periods import ScheduledRun
from core.embedded import Servers, servers
from core.outbox import Outbox, Topic
from core.settings import Environment, Settings
from tests.faults.crowd import gather
from tests.faults.judging import judge
from tests.running_system import until

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from tests.faults.stand import Stand
    from tests.faults.table import Figures
    from tests.faults.twin import Twin

pytestmark = [pytest.mark.processes, pytest.mark.faults]
AWAY = timedelta(days=2)
ROWS = 1_000_000
LONGEST_WAIT = 1.0
BEFORE_THE_RESPONSE = "0030"


def test_after_days_away_each_job_runs_once_for_its_period_and_what_was_due_acts_once_ft_28(
    stand: Stand, figures: Figures, unharmed: Twin
) -> None:
    """REL-31, REL-15; the weekly report has a test of its own, by the server's clock."""
    crowd = gather(stand, "sunday", 2)
    crowd.all_critical()
    until(lambda: len(crowd.alerts()) == 2, within=60, what="both alerts open")
    stand.stop(*stand.processes)
    ids = [each.id for each in crowd.alerts()]
    waiting = (Step.alert_id.in_(ids), Step.state == StepState.WAITING)
    with stand.database.transaction() as session:
        # The held clock: what was written is two days old now, and no period has begun since.
        first = select(func.min(Step.due_at)).where(*waiting).scalar_subquery()
        due = list(session.scalars(select(Step.id).where(*waiting, Step.due_at == first)))
        session.execute(update(Step).where(Step.id.in_(due)).values(due_at=Step.due_at - AWAY))
        session.execute(delete(ScheduledRun))
        session.add(ScheduledRun(job="everybody", period="before", ran_at=func.now() - AWAY))

    for number in range(3):
        stand.start(f"timers-{number}", kind="timers")
    stand.start("timers")
    until(lambda: fired(stand, due), within=60, what="what was due acts")
    until(lambda: begun(stand), within=60, what="the timetable goes on beside it")
    for part in ("api", "relay", "worker", "worker-critical"):
        stand.start(part)

    with stand.database.transaction() as session:
        steps = session.scalars(select(Step).where(Step.id.in_(due))).all()
        counted = select(Delivery.step_id, func.count()).where(Delivery.step_id.in_(due))
        told = session.execute(counted.group_by(Delivery.step_id)).all()
        offered = session.scalar(
            select(func.count()).where(
                Outbox.topic == Topic.ROUND, Outbox.created_at > func.now() - timedelta(minutes=5)
            )
        )
    assert all((step.late_seconds or 0) > AWAY.total_seconds() / 2 for step in steps)
    assert [count for _, count in told] == [1] * len(due)
    assert begun(stand) == 1
    assert offered
    judge(crowd, figures, unharmed)
    figures.worst = None


def begun(stand: Stand) -> int:
    """Return for how many periods everybody was had judged since the return."""
    query = select(func.count()).where(
        ScheduledRun.job == "everybody", ScheduledRun.period != "before"
    )
    with stand.database.transaction() as session:
        return session.scalar(query) or 0


def fired(stand: Stand, steps: list[UUID]) -> bool:
    with stand.database.transaction() as session:
        done = (Step.id.in_(steps), Step.state == StepState.FIRED)
        return session.scalar(select(func.count()).where(*done)) == len(steps)


@pytest.fixture
def grown(tmp_path: Path) -> object:
    """Return a database of before the response, with many rows."""
    with servers(Settings(environment=Environment.TEST, data=tmp_path), broker=False) as running:
        owner = running.migration_database_url
        app.migrate.upgrade(owner, app_role="wardlight_app", revision=BEFORE_THE_RESPONSE)
        with psycopg.connect(owner, autocommit=True) as connection:
            for statement in FILL.split(";"):
                connection.execute(statement.encode())
        yield running


FILL = """
insert into patient
    (id, name, birth_date, sex, zone, language, deceased, scale_two_plan, override_reason,
    created_at)
select gen_random_uuid(), '', '', '', 'UTC', '', false, false, '', now()
from generate_series(1, ROWS / 10);
insert into outbox (id, topic, subject_id, state, priority, attempts, next_try_at, fence,
    created_at, done_at)
select gen_random_uuid(), 'assess', gen_random_uuid(), 'done', 5, 1, now(), 1, now(), now()
from generate_series(1, ROWS);
insert into alert (id, patient_id, problem, severity, state, version, fence, started_at,
    last_seen_at, last_found_at, opened_at, policy_hash, policy)
select gen_random_uuid(), id, 'p' || n, 'YELLOW', 'resolved', 1, 1, now(), now(), now(), now(),
    '', '{}'
from patient, generate_series(1, 10) as n limit ROWS;
insert into step (id, alert_id, position, kind, due_at, fence, state, to_kind, channel, reason)
select gen_random_uuid(), id, 0, 'notify', now(), 1, 'fired', 'team', 'inbox', 'x' from alert;
insert into delivery (id, alert_id, step_id, recipient, channel, severity, state, public_id,
    attempts, created_at)
select gen_random_uuid(), alert_id, id, 'team', 'inbox', 'YELLOW', 'delivered', id::text, 1, now()
from step;
insert into alert_event (alert_id, at, kind, actor_kind, reason, before, after)
select id, now(), 'opened', 'system', '', '{}', '{}' from alert;
insert into audit_event (recorded, caller_kind, action, entity, outcome, patient_id)
select now(), 'system', 'R', 'Observation', 'success', patient_id from alert;
insert into assessment (id, patient_id, key, at, received_until, findings, usual, notes,
    rulebook_hash, model_id)
select id, patient_id, id::text, now(), now(), '[]', '{}', '[]', '', 'm' from alert;
insert into resource (id, patient_id, parcel_id, received_at, effective, start, length, version,
    type, status)
select id, patient_id, id, now(), now(), 0, 1, 1, 'Observation', 'final' from alert;
insert into reading (patient_id, effective, resource_id, received_at, resource_version, ordinal,
    history, superseded, value, vital, device, quality, precision, comparator, value_received,
    unit_received)
select patient_id, now() - substr(problem, 2)::int * interval '1 minute', id, now(), 1, 0, false,
    false, 72, 'heart-rate', '', 'ok', '', '', '72', '/min'
from alert;
analyze
""".replace("ROWS", str(ROWS))
OFFER = """
insert into outbox
    (id, topic, subject_id, state, priority, attempts, next_try_at, fence, created_at)
values (gen_random_uuid(), 'assess', gen_random_uuid(), 'open', 5, 0, now(), 0, now())
"""
AUDIT = """
insert into audit_event (recorded, caller_kind, action, entity, outcome)
values (now(), 'system', 'R', 'Observation', 'success')
"""
STORE = """
insert into resource (id, parcel_id, received_at, effective, start, length, version, type, status)
values (gen_random_uuid(), gen_random_uuid(), now(), now(), 0, 1, 1, 'Observation', 'final')
"""
WRITES = (
    OFFER,
    "update alert set last_seen_at = now() where id = (select id from alert limit 1)",
    "update step set late_seconds = 1 where id = (select id from step limit 1)",
    "update delivery set attempts = 2 where id = (select id from delivery limit 1)",
    AUDIT,
    STORE,
)


def test_a_migration_of_grown_tables_holds_up_no_writer_for_a_second_rel_30_ft_27(
    grown: Servers, figures: Figures
) -> None:
    over, waits = threading.Event(), [0.0]

    def write() -> None:
        with psycopg.connect(grown.database_url, autocommit=True) as connection:
            while not over.wait(0.005):
                for statement in WRITES:
                    began = time.monotonic()
                    connection.execute(statement.encode())
                    waits.append(time.monotonic() - began)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    revisions = [
        each.revision
        for each in ScriptDirectory(str(app.migrate.FOLDER)).iterate_revisions(
            "head", BEFORE_THE_RESPONSE
        )
    ]
    try:
        for revision in reversed(revisions):
            app.migrate.upgrade(
                grown.migration_database_url, app_role="wardlight_app", revision=revision
            )
    finally:
        over.set()
        for thread in threads:
            thread.join()

    figures.runs, figures.worst = len(revisions), max(waits)
    figures.lost = figures.doubled = 0
    assert len(waits) > 100
    assert max(waits) <= LONGEST_WAIT
