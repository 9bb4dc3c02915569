"""Each part killed, or halted, in the middle of what it does: nothing is lost, nothing doubled."""

from __future__ import annotations

import random
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil
import pytest
from sqlalchemy import func, select

from alerts.escalation import StepState
from alerts.tables import Delivery, Step
from app.periods import ScheduledRun
from core.outbox import Outbox, Topic
from tests.faults.crowd import gather
from tests.faults.judging import at_work, judge, slow_workers
from tests.faults.stand import LEASE_SECONDS, WORKERS
from tests.running_system import until

if TYPE_CHECKING:
    from tests.faults.crowd import Crowd
    from tests.faults.stand import Stand
    from tests.faults.table import Figures
    from tests.faults.twin import Twin

pytestmark = [pytest.mark.processes, pytest.mark.faults]
TIMERS_WITHIN = 5.0  # REL-15


def test_worker_groups_that_are_killed_in_mid_task_lose_and_double_nothing_ft_01(
    stand: Stand, figures: Figures, unharmed: Twin
) -> None:
    chance = random.Random(1)  # noqa: S311 (moments, not secrets)
    crowd = gather(stand, "groups")
    figures.runs, killed = 0, 0
    for mrn in crowd.mrns[:4]:
        slow_workers(stand)
        crowd.critical(mrn)
        until(lambda: at_work(stand), within=60, what="a step is under way")
        time.sleep(chance.uniform(0, 0.4))
        killed += stand.kill(*WORKERS)
        figures.runs += 1
    stand.whole()
    for mrn in crowd.mrns[4:]:
        crowd.critical(mrn)

    assert killed >= 4
    judge(crowd, figures, unharmed)


def test_a_prefork_child_that_is_killed_loses_and_doubles_nothing_ft_02(
    stand: Stand, figures: Figures, unharmed: Twin
) -> None:
    crowd = gather(stand, "child")
    slow_workers(stand)
    chance = random.Random(2)  # noqa: S311 (as above)

    def kill_one() -> None:
        with suppress(psutil.Error, IndexError):
            chance.choice([each for part in WORKERS for each in stand.children(part)]).kill()
            figures.runs += 1

    figures.runs = 0
    crowd.all_critical(during=kill_one, every=0.5, least=6)

    assert figures.runs >= 3
    assert all(stand.lives(part) for part in WORKERS)
    judge(crowd, figures, unharmed)


def test_a_relay_that_dies_after_its_first_doorbell_loses_and_doubles_nothing_ft_05(
    stand: Stand, figures: Figures, unharmed: Twin
) -> None:
    crowd = gather(stand, "doorbell")
    assert crowd.stand.kill("relay")
    crowd.all_critical()

    codes = []
    for _ in range(4):
        dying = stand.start("relay", odd="dying_relay")
        dying.join(timeout=60)
        codes.append(dying.exitcode)
    stand.start("relay")

    assert codes == [-9] * 4
    figures.runs = len(codes)
    judge(crowd, figures, unharmed)


def test_a_deadline_that_passes_without_timers_is_kept_within_5_s_of_their_return_once_ft_06(
    stand: Stand, figures: Figures, unharmed: Twin
) -> None:
    crowd = gather(stand, "deadline", 2)
    crowd.all_critical()
    until(lambda: len(crowd.alerts()) == 2, within=60, what="both alerts open")
    stand.kill("timers")
    due = until(lambda: overdue(crowd), within=60, what="a deadline has passed")
    time.sleep(10)  # so that the timers' return begins a new period of the probes

    with stand.database.transaction() as session:
        before = session.execute(select(func.max(ScheduledRun.ran_at))).scalar_one()
    stand.start("timers")
    back = until(lambda: looked(stand, before), within=60, what="the timers are back")
    fired = until(lambda: not overdue(crowd, among=due), within=60, what="what was due acts")

    assert back
    assert fired
    with stand.database.transaction() as session:
        steps = session.scalars(select(Step).where(Step.id.in_(due))).all()
        told = session.execute(
            select(Delivery.step_id, func.count())
            .where(Delivery.step_id.in_(due))
            .group_by(Delivery.step_id)
        ).all()
        returned = session.execute(
            select(func.min(ScheduledRun.ran_at)).where(ScheduledRun.ran_at > before)
        ).scalar_one()
    late = [(step.fired_at - returned).total_seconds() for step in steps if step.fired_at]
    figures.worst = max(late)
    assert {step.state for step in steps} == {StepState.FIRED}
    assert all(step.late_seconds and step.late_seconds > TIMERS_WITHIN for step in steps)
    assert max(late) <= TIMERS_WITHIN
    assert [count for _, count in told] == [1] * len(due)
    worst = figures.worst
    judge(crowd, figures, unharmed)
    figures.worst = worst


def overdue(crowd: Crowd, among: set[object] | None = None) -> set[object]:
    alerts = [each.id for each in crowd.alerts()]
    query = select(Step.id).where(
        Step.alert_id.in_(alerts), Step.state == StepState.WAITING, Step.due_at < func.now()
    )
    with crowd.stand.database.transaction() as session:
        found: set[object] = set(session.scalars(query))
    return found if among is None else found & among


def looked(stand: Stand, before: object) -> bool:
    with stand.database.transaction() as session:
        newest = session.scalar(select(func.max(ScheduledRun.ran_at)))
    return bool(newest != before)


def test_workers_halted_for_three_leases_change_nothing_when_they_wake_ft_07(
    stand: Stand, figures: Figures, unharmed: Twin
) -> None:
    crowd = gather(stand, "halted")
    slow_workers(stand)
    for mrn in crowd.mrns[:3]:
        crowd.critical(mrn)
    until(lambda: at_work(stand), within=60, what="a step is under way")
    stand.halt(*WORKERS)
    for part in WORKERS:
        stand.start(f"{part}-2", kind=part)
    began = time.monotonic()
    for mrn in crowd.mrns[3:]:
        crowd.critical(mrn)
    time.sleep(max(0.0, 3 * LEASE_SECONDS - (time.monotonic() - began)))

    stand.go_on(*WORKERS)

    judge(crowd, figures, unharmed)
    with stand.database.transaction() as session:
        again = session.scalar(
            select(func.count()).where(Outbox.fence > 1, Outbox.topic == Topic.ASSESS)
        )
    assert again
