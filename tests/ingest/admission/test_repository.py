"""Budgets on a real broker, and the age of work in a real database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from core import outbox
from core.outbox import Priority, Topic
from ingest.admission.repository import Allowance, untouched_since

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.embedded import Servers

NOW = datetime(2001, 1, 1, tzinfo=UTC)


def granted(processes: list[Allowance], key: str, *, tries: int, cost: int, limit: int) -> int:
    """Return how much was granted to processes that ask in turn."""
    return sum(
        cost
        for number in range(tries)
        if processes[number % len(processes)].spend(key, cost, limit) == 0
    )


def test_two_processes_never_grant_more_than_one_budget_sec_36(embedded: Servers) -> None:
    processes = [Allowance(embedded.broker_url), Allowance(embedded.broker_url)]

    small = granted(processes, f"client:{uuid4()}", tries=200, cost=1, limit=50)
    large = granted(processes, f"client:{uuid4()}", tries=30_000, cost=1, limit=10_000)
    mixed = granted(processes, f"client:{uuid4()}", tries=300, cost=70, limit=5_000)

    assert small == 50
    assert 10_000 - 100 <= large <= 10_000
    assert 5_000 - 2 * 70 <= mixed <= 5_000


def test_who_is_over_budget_learns_when_there_is_more_sec_36(embedded: Servers) -> None:
    allowance, key = Allowance(embedded.broker_url), f"client:{uuid4()}"

    answers = [allowance.spend(key, 1, 1) for _ in range(2)]

    assert answers[0] == 0
    assert 1 <= answers[1] <= 61


def test_most_requests_cost_no_round_trip(embedded: Servers) -> None:
    allowance, key = Allowance(embedded.broker_url), f"client:{uuid4()}"
    allowance.spend(key, 1, 10_000)
    allowance.broker_url = "redis://127.0.0.1:1/0"
    allowance.close()
    allowance._client = None

    ahead = [allowance.spend(key, 1, 10_000) for _ in range(99)]

    assert set(ahead) == {0}
    assert allowance._away_until == 0.0


def test_without_its_broker_the_door_stays_open_within_a_budget_rel_39() -> None:
    allowance = Allowance("redis://127.0.0.1:1/0")

    answers = [allowance.spend("client:x", 10, 100) for _ in range(12)]

    assert answers[:10] == [0] * 10
    assert min(answers[10:]) >= 1


def test_a_cost_over_the_whole_budget_is_granted_once_it_is_untouched(embedded: Servers) -> None:
    allowance, key = Allowance(embedded.broker_url), f"client:{uuid4()}"

    assert allowance.spend(key, 1000, 100) == 0
    assert allowance.spend(key, 1, 100) > 0


def test_the_age_of_work_is_told_by_queue_rel_26(session: Session) -> None:
    for minutes, priority in ((1, Priority.CRITICAL), (3, Priority.BULK), (9, Priority.BULK)):
        at = NOW - timedelta(minutes=minutes)
        outbox.offer(session, Topic.ASSESS, uuid4(), now=at, priority=priority)
    later = NOW + timedelta(minutes=1)
    outbox.offer(session, Topic.ASSESS, uuid4(), now=NOW, not_before=later)

    since = untouched_since(session, now=NOW)

    assert since == {
        Priority.CRITICAL: NOW - timedelta(minutes=1),
        Priority.BULK: NOW - timedelta(minutes=9),
    }


def test_what_failed_and_is_tried_again_says_nothing_about_the_load(session: Session) -> None:
    outbox.offer(session, Topic.ASSESS, uuid4(), now=NOW - timedelta(days=1))
    [leased] = outbox.lease(
        session, owner="t", now=NOW - timedelta(days=1), length=timedelta(0), limit=1
    )

    waiting = untouched_since(session, now=NOW)
    outbox.start(session, leased.id)

    assert waiting == {Priority.NORMAL: NOW - timedelta(days=1)}
    assert untouched_since(session, now=NOW) == {}


def test_the_probe_of_workers_that_were_stopped_keeps_nobody_out_rel_25(session: Session) -> None:
    at = NOW - timedelta(hours=1)
    outbox.offer(session, Topic.PROBE, uuid4(), now=at, priority=Priority.CRITICAL)

    assert untouched_since(session, now=NOW) == {}


AWAY = "redis://127.0.0.1:1/0"  # where nobody answers
AMQP = "amqp://somebody:secret@127.0.0.1/"


def test_two_processes_never_hold_one_name_and_whoever_lets_go_gives_only_their_own_sec_36(
    embedded: Servers,
) -> None:
    one, two = Allowance(embedded.broker_url), Allowance(embedded.broker_url)
    names = [f"turn:{uuid4()}" for _ in range(2)]

    first, second, third = one.hold(names, 60), two.hold(names, 60), one.hold(names, 60)
    assert first is not None
    assert second is not None
    assert {first.name, second.name} == set(names)
    assert third is None

    two.let_go(replace(first, token="another"))
    assert two.hold(names, 60) is None
    one.let_go(first)
    assert two.hold(names, 60) is not None


@pytest.mark.parametrize("url", [AWAY, AMQP], ids=["away", "amqp"])
def test_without_a_server_each_process_keeps_its_own_names_sec_36(url: str) -> None:
    one, two, names = Allowance(url), Allowance(url), [f"turn:{uuid4()}"]

    held = one.hold(names, 60)
    assert held is not None
    assert one.hold(names, 60) is None
    assert two.hold(names, 60) is not None

    one.let_go(held)
    assert one.hold(names, 60) is not None
