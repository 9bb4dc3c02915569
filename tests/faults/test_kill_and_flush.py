"""Kill -9 of workers and an emptied broker in mid-run: nothing is lost, nothing is doubled."""

from __future__ import annotations

import signal
import threading
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import psutil
import pytest
import redis

from core.clock import utc_now
from lab.gateway import Gateway, Tally
from tests.faults.invariants import breaches
from tests.invented import enrolment, observation, ordinary
from tests.running_system import System, until

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.processes
PEOPLE = 8
SETTLED_WITHIN = 60.0


def enrol_everybody(system: System, prefix: str) -> tuple[Gateway, set[str]]:
    gateway, tally = system.gateway(prefix), Tally()
    mrns = {f"{prefix}-{number}" for number in range(PEOPLE)}
    for mrn in sorted(mrns):
        gateway.post(enrolment(mrn), tally)
        gateway.post(ordinary(mrn, days=3, until=utc_now() - timedelta(hours=1)), tally)
    assert tally.refused == 0, tally.reasons
    return gateway, mrns


def post_while(fault: Callable[[], object], gateway: Gateway, mrns: set[str]) -> None:
    """Post one critical reading a person while a fault happens again and again."""
    over = threading.Event()

    def break_things() -> None:
        while not over.wait(0.15):
            fault()

    thread = threading.Thread(target=break_things)
    thread.start()
    try:
        tally = Tally()
        for mrn in sorted(mrns):
            gateway.post(observation(mrn, "spo2", 84, utc_now()), tally)
        assert tally.accepted == PEOPLE, tally.reasons
        over.wait(2.0)
    finally:
        over.set()
        thread.join()


def settled(system: System, mrns: set[str]) -> list[str]:
    """Return what is still broken when nothing is any more, or the time is up."""
    with suppress(AssertionError):
        until(
            lambda: not breaches(system.database, mrns=mrns),
            within=SETTLED_WITHIN,
            what="everything is settled",
        )
    return breaches(system.database, mrns=mrns)


def test_kill_9_of_every_worker_in_mid_run_loses_and_doubles_no_alert_ft_01(
    system: System,
) -> None:
    """REL-01."""
    gateway, mrns = enrol_everybody(system, "killed")
    killed: list[int] = []

    post_while(lambda: killed.append(system.kill("worker --queues")), gateway, mrns)

    assert sum(killed) > 0
    assert settled(system, mrns) == []
    assert "died, starting again" in system.log.read_text()


def test_an_emptied_broker_in_mid_run_loses_and_doubles_no_alert_ft_08(system: System) -> None:
    gateway, mrns = enrol_everybody(system, "flushed")
    broker = redis.Redis.from_url((system.data / "broker.url").read_text())

    post_while(broker.flushall, gateway, mrns)

    broker.close()
    assert settled(system, mrns) == []


@pytest.mark.faults
def test_a_killed_relay_and_killed_timers_are_started_again_ft_05(system: System) -> None:
    gateway, mrns = enrol_everybody(system, "relay")

    post_while(lambda: system.kill("scheduler --only"), gateway, mrns)

    assert settled(system, mrns) == []


@pytest.mark.faults
def test_embedded_servers_that_die_are_started_again_and_lose_no_alert_ft_08(
    system: System,
) -> None:
    gateway, mrns = enrol_everybody(system, "servers")
    files = (system.data / "postgres" / "postmaster.pid", system.data / "broker.pid")
    victims = [psutil.Process(int(each.read_text().split()[0])) for each in files]
    living = list(victims)

    def stop_one() -> None:
        if living:
            # SIGQUIT ends PostgreSQL at once, without a checkpoint. Valkey may have inherited that
            # it is to be ignored, as what a shell starts in the background does.
            victim = living.pop(0)
            victim.send_signal(signal.SIGQUIT if victim is victims[0] else signal.SIGKILL)

    post_while(stop_one, gateway, mrns)

    _, left = psutil.wait_procs(victims, timeout=30)
    assert not living
    # Who has died and was not yet waited for by its parent is dead all the same.
    assert [each for each in left if each.status() != psutil.STATUS_ZOMBIE] == []
    assert settled(system, mrns) == []
    until(
        lambda: system.log.read_text().count("embedded server died, started again") == 2,
        within=60,
        what="both are started again, each once",
    )
