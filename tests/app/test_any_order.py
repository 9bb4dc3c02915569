"""Doorbells that ring twice, thrice, at once and in any order: each row has its effect once."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, update

from app import relay, tasks
from app.runtime import Runtime
from core import outbox
from core.outbox import Outbox, State, Topic
from core.settings import Environment, Settings

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

    from core.database import Database
    from core.embedded import Servers

ROWS = 60
LEASE = timedelta(seconds=60)


@pytest.fixture
def runtime(embedded: Servers, database: Database, tmp_path: Path) -> Runtime:
    settings = Settings(
        environment=Environment.TEST,
        data=tmp_path,
        database_url=SecretStr(embedded.database_url),
        broker_url=SecretStr(embedded.broker_url),
        field_keys=SecretStr(embedded.field_keys),
    )
    loaded = Runtime.load(settings)
    loaded.database.close()
    return replace(loaded, database=database)


@pytest.fixture
def effects(monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    """Count the effect of each row, by a step that takes effect once it is committed."""
    seen: list[UUID] = []

    def step(session: Session, subject: UUID, *_: object) -> None:
        session.execute(select(func.pg_sleep(0.002)))
        seen.append(subject)

    monkeypatch.setitem(tasks.STEPS, Topic.PROBE, step)
    return seen


def offered(database: Database, count: int) -> list[UUID]:
    subjects = [uuid4() for _ in range(count)]
    chance = random.Random(7)  # noqa: S311 (an order)
    with database.transaction() as session:
        now = database.now()
        work = {each: chance.choice([0, 5, 9]) for each in subjects}
        outbox.offer_all(session, Topic.PROBE, work, now=now)
    return subjects


@pytest.mark.parametrize("times", [2, 3])
def test_rows_that_are_rung_for_again_at_once_and_out_of_order_act_once_ft_11_ft_12(
    database: Database, runtime: Runtime, effects: list[UUID], times: int
) -> None:
    """REL-10."""
    subjects = offered(database, ROWS)
    with database.transaction() as session:
        now = database.now()
        leased = outbox.lease(session, owner="t", now=now, length=LEASE, limit=2 * ROWS)
    doorbells = [row.id for row in leased] * times
    random.Random(20261129).shuffle(doorbells)  # noqa: S311 (an order)

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(lambda row: tasks.run_row(runtime, row, now=database.now()), doorbells))

    assert sorted(effects) == sorted(subjects)
    with database.transaction() as session:
        states = select(Outbox.state).where(Outbox.subject_id.in_(subjects)).distinct()
        assert session.scalars(states).all() == [State.DONE]


def test_three_relays_at_once_ring_for_each_row_once_ft_26(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    subjects = offered(database, ROWS)
    rung: list[UUID] = []
    monkeypatch.setattr(relay, "publish", lambda row: rung.append(row.id))

    with ThreadPoolExecutor(3) as relays:
        for number in [str(each) for each in range(3)]:
            relays.submit(relay.relay_once, database, owner=number, lease=LEASE)
            relays.submit(relay.relay_once, database, owner=number, lease=LEASE)

    with database.transaction() as session:
        query = select(Outbox.id).where(
            Outbox.subject_id.in_(subjects), Outbox.state == State.LEASED
        )
        out = session.scalars(query).all()
        session.execute(
            update(Outbox).where(Outbox.subject_id.in_(subjects)).values(state=State.DONE)
        )
    assert sorted(out) == sorted(set(rung) & set(out))
    assert len(rung) == len(set(rung))
    assert len(out) == ROWS
