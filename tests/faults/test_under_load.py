"""More than the workers can do: bulk is asked to wait, and nobody delays what is critical."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from core.clock import utc_now
from core.outbox import Outbox, Priority, State, Topic
from tests.door import bundle, heart_rate, patient
from tests.running_system import running_system, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    import psutil

    from lab.gateway import Gateway
    from tests.running_system import System

pytestmark = [pytest.mark.processes, pytest.mark.faults]
MOST_MEMORY = 200 << 20


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with running_system(
        tmp_path_factory.mktemp("load"),
        WARDLIGHT_BACKLOG_BULK_SECONDS="1",
        WARDLIGHT_WORKER_PROCESSES="1",
    ) as running:
        yield running


def post(gateway: Gateway, resource: dict[str, Any]) -> httpx.Response:
    """Post once, without coming back later as a patient gateway would."""
    kind = resource["resourceType"]
    return gateway.http.post(
        f"{gateway.base_url}/fhir" if kind == "Bundle" else f"{gateway.base_url}/fhir/{kind}",
        content=json.dumps(resource),
        headers={
            "Authorization": f"Bearer {gateway._bearer()}",
            "Content-Type": "application/fhir+json",
        },
    )


def people(gateway: Gateway, count: int) -> list[str]:
    answer = post(gateway, bundle("batch", *(patient() for _ in range(count))))
    return [e["response"]["location"].split("/")[1] for e in answer.json()["entry"]]


def reading(who: str, number: int, value: float = 70) -> dict[str, Any]:
    taken = utc_now() - timedelta(minutes=number % 9000, seconds=number % 50)
    return heart_rate(f"Patient/{who}", value, effectiveDateTime=taken.isoformat())


def asked(system: System, who: list[str]) -> list[Outbox]:
    with system.database.transaction() as session:
        query = select(Outbox).where(
            Outbox.topic == Topic.ASSESS, Outbox.subject_id.in_([UUID(each) for each in who])
        )
        return list(session.scalars(query.order_by(Outbox.created_at)))


def closed(system: System, who: list[str]) -> list[Outbox]:
    """Wait until every row of these people is closed, and return them."""

    def all_closed() -> list[Outbox]:
        now = utc_now()
        rows = [row for row in asked(system, who) if row.next_try_at <= now]  # not what waits
        return rows if all(row.state == State.DONE for row in rows) else []

    rows: list[Outbox] = until(all_closed, within=180, what="the backlog is done")
    return rows


def test_under_load_bulk_gets_503_and_a_critical_reading_overtakes_the_backlog_rel_25_ft_21(
    busy: System,
) -> None:
    gateway = busy.gateway(f"load-{uuid4()}")
    crowd, (urgent,) = [w for _ in range(6) for w in people(gateway, 100)], people(gateway, 1)
    api = busy.children(" serve ")[0]
    idle = api.memory_info().rss
    answers = []

    for number in range(60):
        some = crowd[number % 6 * 100 :][:100]
        calm = post(gateway, bundle("batch", *(reading(who, number) for who in some)))
        large = post(gateway, bundle("batch", *(reading(who, number) for who in crowd[:101])))
        answers.append((calm.status_code, large.status_code))
        if large.status_code == 503:
            break
    alarm = post(gateway, reading(urgent, 0, 140))
    highest = _peak(api)
    [critical], rows = closed(busy, [urgent]), asked(busy, crowd)

    assert answers[-1] == (200, 503)
    assert int(large.headers["Retry-After"]) >= 1
    assert large.json()["issue"][0]["code"] == "transient"
    assert alarm.status_code == 201
    assert critical.priority == Priority.CRITICAL
    before = [row for row in rows if row.created_at < critical.created_at]
    assert critical.done_at is not None
    assert any(row.done_at is None or row.done_at > critical.done_at for row in before)
    assert highest - idle < MOST_MEMORY


def test_one_patients_10000_readings_do_not_delay_anothers_critical_one_rel_28_ft_21(
    busy: System,
) -> None:
    gateway = busy.gateway(f"flood-{uuid4()}")
    flooding, urgent = people(gateway, 2)

    for number in range(100):
        many = (reading(flooding, 100 * number + n) for n in range(100))
        assert post(gateway, bundle("batch", *many)).status_code == 200
        if number == 50:
            assert post(gateway, reading(urgent, 0, 140)).status_code == 201
    [critical], rows = closed(busy, [urgent]), asked(busy, [flooding])

    # The flood is a handful of rows, since waiting ones are joined, and it is not done yet or
    # was done later: what is critical did not wait for it.
    assert 1 <= len(rows) <= 100
    assert critical.attempts == 1
    assert critical.done_at is not None
    assert any(row.done_at is None or row.done_at > critical.done_at for row in rows)


def _peak(process: psutil.Process) -> int:
    """Return the most memory that a process ever held, in bytes."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    line = next(each for each in status.splitlines() if each.startswith("VmHWM:"))
    return int(line.split()[1]) << 10
