"""Who is let in while work piles up, and who is asked to come later."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr

from core.database import Database
from core.errors import LaterError, OverloadedError, ThrottledError
from core.settings import Environment, Settings
from ingest.admission.service import Arrival, Gate, Load
from ingest.router import router
from tests.door import BASE, SECRET, Clock, Gateway, bundle, heart_rate, patient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from core.embedded import Servers

LIMITS = Settings(
    environment=Environment.TEST,
    limit_client=100,
    limit_token=2,
    limit_patient=20,
    secret_key=SecretStr(SECRET),
    base_url=BASE,
    backlog_bulk_seconds=60,
    backlog_all_seconds=600,
)
CALM = heart_rate("Patient/1")
ALARMING = heart_rate("Patient/1", 140)


@pytest.fixture
def own(database: Database, embedded: Servers) -> Iterator[Database]:
    """Return a database of a gated process, so that no other test is gated."""
    assert database.ping()
    own = Database(embedded.database_url, field_keys=embedded.field_keys)
    yield own
    own.close()


@pytest.fixture
def gate(own: Database, embedded: Servers) -> Gate:
    return Gate.open(own, LIMITS, embedded.broker_url)


def under(gate: Gate, load: Load) -> Gate:
    """Return the gate with a load that was looked up a moment ago."""
    gate.backlog.load = load
    gate.backlog._again_at = float("inf")
    return gate


def brings(gate: Gate, resource: dict[str, Any], client: UUID | None = None) -> int:
    """Return 0 where it is let in, else in how many seconds to come again."""
    kind, body = str(resource["resourceType"]), json.dumps(resource).encode()
    try:
        asyncio.run(gate.admit(Arrival(client or uuid4(), kind, body)))
    except LaterError as later:
        return later.after
    return 0


def batch(size: int, *more: dict[str, Any]) -> dict[str, Any]:
    return bundle("batch", *[CALM] * size, *more)


def test_under_load_bulk_waits_first_rel_25(gate: Gate, register: Callable[..., Gateway]) -> None:
    under(gate, Load(urgent=61))

    assert brings(gate, CALM) == 0
    assert brings(gate, batch(100)) == 0
    assert brings(gate, batch(101)) > 0
    assert brings(gate, CALM, register(history=True).client_id) > 0
    with pytest.raises(OverloadedError):
        asyncio.run(gate.admit_lines(uuid4(), 1))


def test_under_the_highest_load_only_alarming_readings_come_in_rel_25(gate: Gate) -> None:
    under(gate, Load(urgent=601))

    assert brings(gate, CALM) > 0
    assert brings(gate, batch(2)) > 0
    assert brings(gate, ALARMING) == 0
    assert brings(gate, batch(2, ALARMING)) == 0
    assert brings(gate, batch(99, ALARMING)) == 0


def test_history_that_waits_long_keeps_further_history_out_and_nothing_else_rel_25(
    gate: Gate,
) -> None:
    under(gate, Load(bulk=601))

    assert brings(gate, batch(100)) == 0
    with pytest.raises(OverloadedError):
        asyncio.run(gate.admit_lines(uuid4(), 1))


def test_readings_are_counted_and_not_requests_sec_36(gate: Gate) -> None:
    client = uuid4()
    under(gate, Load())

    assert brings(gate, batch(98), client) == 0
    assert brings(gate, CALM, client) == 0
    assert brings(gate, batch(2), client) > 0
    assert brings(gate, CALM) == 0


def test_an_alarming_reading_goes_over_the_budget_from_a_small_reserve_sec_36(
    gate: Gate,
) -> None:
    client = uuid4()
    under(gate, Load())
    brings(gate, batch(100), client)

    answers = [brings(gate, ALARMING, client) for _ in range(12)]

    assert answers[:10] == [0] * 10
    assert min(answers[10:]) > 0


def test_token_requests_are_counted_by_address_sec_36(gate: Gate) -> None:
    one, other = str(uuid4()), str(uuid4())
    gate.token(one)
    gate.token(one)

    with pytest.raises(ThrottledError):
        gate.token(one)
    gate.token(other)


def test_whoever_has_a_network_of_ipv6_has_one_budget_sec_36(gate: Gate) -> None:
    mine = f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}"
    gate.token(f"{mine}::1")
    gate.token(f"{mine}::2")

    with pytest.raises(ThrottledError):
        gate.token(f"{mine}:a:b:c:d")


def test_the_load_is_looked_up_once_a_second_and_not_by_each_request_rel_26(gate: Gate) -> None:
    asyncio.run(gate.backlog.now())
    gate.backlog.load = Load(urgent=1.25)

    assert asyncio.run(gate.backlog.now()) == Load(urgent=1.25)


def test_one_patients_flood_is_refused_reading_by_reading_and_nobody_elses_rel_28_sec_36(
    gate: Gate, own: Database, register: Callable[..., Gateway]
) -> None:
    inside = register()
    web = FastAPI()
    web.include_router(router(own, LIMITS, Clock(), gate=gate))
    with TestClient(web) as http:
        flooding = Gateway(http, inside.client_id, "", inside.key, inside.scopes, Clock())
        one, other = flooding.create(patient()), flooding.create(patient())

        def statuses(*resources: dict[str, Any]) -> list[str]:
            answer = flooding.post(bundle("batch", *resources)).json()
            return [each["response"]["status"][:3] for each in answer["entry"]]

        first = statuses(*[heart_rate(f"Patient/{one}", 60 + n) for n in range(20)])
        mixed = statuses(
            heart_rate(f"Patient/{one}", 99),
            heart_rate(f"Patient/{other}"),
            heart_rate(f"Patient/{one}", 140),
        )
        single = flooding.post(heart_rate(f"Patient/{one}", 98))

    assert "429" not in first
    assert mixed == ["429", "201", "201"]
    assert (single.status_code, single.headers["Retry-After"]) == (429, "60")
    assert single.json()["issue"][0]["code"] == "throttled"
