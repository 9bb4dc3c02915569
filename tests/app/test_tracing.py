"""One opaque id follows a reading from its request to its message, in rows and in logs."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import select, update

from app.main import create_app
from app.runtime import Runtime
from app.tasks import run_row
from app.watching.rounds import reading
from core.outbox import Outbox, State
from core.security import issue_token
from core.settings import Environment, Settings
from core.tracing import current, taken, traced
from ingest.synthetic.repository import CLIENT, SCOPE, person_of

if TYPE_CHECKING:
    from core.database import Database
    from core.embedded import Servers

SECRET = "k" * 40
CANARY = "Canarysmith-4711"


@pytest.mark.parametrize(
    "said", ["", CANARY, "19440309", "1" * 16, "x" * 32, "0" * 33, "0" * 31 + "\n", "a" * 500]
)
def test_an_id_that_could_be_a_record_number_is_not_taken_sec_20(said: str) -> None:
    found = taken(said)

    assert found != said
    assert UUID(found).version == 4


def test_an_opaque_id_is_taken_in_one_form() -> None:
    asked = uuid4()

    assert taken(str(asked).upper()) == taken(asked.hex) == asked.hex


def test_an_id_holds_as_long_as_what_is_done_under_it() -> None:
    with traced("one"):
        with traced("two"):
            assert current() == "two"
        assert current() == "one"
    assert current() == ""


def work_off(database: Database, runtime: Runtime, trace: str) -> list[str]:
    """Do what was written under an id, and what follows from it, as workers would."""
    done: list[str] = []
    while True:
        with database.transaction() as session:
            query = select(Outbox).where(Outbox.trace == trace, Outbox.state == State.OPEN)
            row = session.scalar(query.limit(1))
            if row is None:
                return done
            session.execute(update(Outbox).where(Outbox.id == row.id).values(state=State.LEASED))
        run_row(runtime, row.id, now=database.now())
        done.append(row.topic)


def test_one_id_follows_a_reading_from_the_request_to_the_message(
    embedded: Servers, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(
        environment=Environment.TEST,
        secret_key=SecretStr(SECRET),
        database_url=SecretStr(embedded.database_url),
        broker_url=SecretStr(embedded.broker_url),
        field_keys=SecretStr(embedded.field_keys),
        log_json=True,
    )
    now, asked = database.now(), uuid4()
    with database.transaction() as session:
        person = person_of(session, now=now)
    token = issue_token(CLIENT, frozenset({SCOPE}), secret=SECRET, now=now)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json"}
    kept = logging.getLogger().handlers[:]

    with TestClient(create_app(settings)) as client:
        answer = client.post(
            "/fhir/Observation",
            content=json.dumps(reading(person, at=now)),
            headers={**headers, "X-Request-Id": str(asked)},
        )
        unnamed = client.get("/healthz", headers={"X-Request-Id": CANARY})
    runtime = Runtime.load(settings)
    done = work_off(database, runtime, asked.hex)
    runtime.database.close()
    logging.getLogger().handlers[:] = kept

    assert (answer.status_code, answer.headers["X-Request-Id"]) == (201, asked.hex)
    assert UUID(unnamed.headers["X-Request-Id"]).hex != asked.hex
    assert {"assess", "raise", "deliver"} <= set(done)
    said = capsys.readouterr().err
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    mine = [(each["event"], each.get("topic")) for each in lines if each.get("trace") == asked.hex]
    assert ("request", None) in mine
    assert ("row done", "assess") in mine
    assert ("row done", "deliver") in mine
    assert CANARY not in said
