"""A door with subscriptions, a ward with alerts behind it, and a receiver that notes what comes."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI
from fastapi.testclient import TestClient
from jwt.algorithms import ECAlgorithm
from pydantic import SecretStr
from sqlalchemy import select

import ingest.router
from app.refusing import add_refusals
from app.subscriptions import router, sending
from app.subscriptions.wanted import CONTENT, FILTER, topic_url
from core.outbox import Outbox, State, Topic, finish
from core.outward import Outward
from core.settings import Environment, Settings
from ingest.service import register_client
from tests.door import BASE, NOW, SECRET, Clock, Gateway
from tests.ward import Ward, open_ward

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from core.database import Database

FHIR = f"{BASE}/fhir"
WAYS = Outward(plain_loopback=True, seconds=2)


@pytest.fixture(scope="module")
def ward(database: Database) -> Ward:
    return open_ward(database)


@pytest.fixture(scope="module")
def clock(ward: Ward) -> Clock:
    return Clock(ward.now)


@pytest.fixture(scope="module")
def web(database: Database, clock: Clock) -> Iterator[TestClient]:
    settings = Settings(environment=Environment.TEST, secret_key=SecretStr(SECRET), base_url=BASE)
    application = FastAPI()
    application.include_router(router.router(database, settings, clock, outward=WAYS))
    application.include_router(
        ingest.router.router(
            database,
            settings,
            clock,
            also=router.INTERACTIONS,
            searches=router.DECLARED,
            operations=router.OPERATIONS,
            topics=router.topics(settings),
        )
    )
    add_refusals(application)
    with TestClient(application) as client:
        yield client


@pytest.fixture
def register(web: TestClient, database: Database, clock: Clock) -> Callable[..., Gateway]:
    def registered(*scopes: str) -> Gateway:
        key = ec.generate_private_key(ec.SECP384R1())
        public = {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": "k1"}
        name = f"subscriber-{uuid4()}"
        granted = frozenset(scopes or ("system/Subscription.cruds", "system/DetectedIssue.rs"))
        with database.transaction() as session:
            client_id = register_client(session, name, granted, {"keys": [public]}, now=NOW)
        return Gateway(web, client_id, name, key, granted, clock)

    return registered


@pytest.fixture
def gateway(register: Callable[..., Gateway]) -> Gateway:
    return register()


@dataclass(slots=True)
class Receiver:
    """What came, as (headers, body), and the statuses to answer with; 200 where none is left."""

    url: str = ""
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    noted = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            headers = {name.lower(): value for name, value in self.headers.items()}
            noted.came.append((headers, self.rfile.read(length)))
            self.send_response(noted.answers.pop(0) if noted.answers else 200)
            for name, value in noted.said.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's)
            del format, args

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    noted.url = f"http://127.0.0.1:{server.server_port}/hook"
    yield noted
    server.shutdown()
    thread.join()
    server.server_close()


def subscription(endpoint: str, **more: Any) -> dict[str, Any]:
    content = more.pop("content", "id-only")
    patient = more.pop("patient", None)
    channel = more.pop("channel", {})
    wish: dict[str, Any] = {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "Follow alerts of Ines Vale",
        "criteria": topic_url(FHIR),
        "channel": {
            "type": "rest-hook",
            "endpoint": endpoint,
            "payload": "application/fhir+json",
            "_payload": {"extension": [{"url": CONTENT, "valueCode": content}]},
        }
        | channel,
    }
    if patient:
        text = f"DetectedIssue?patient=Patient/{patient}"
        wish["_criteria"] = {"extension": [{"url": FILTER, "valueString": text}]}
    return wish | more


def subscribe(gateway: Gateway, endpoint: str, **more: Any) -> tuple[str, str]:
    """Return the id and the secret of a new subscription."""
    answer = gateway.post(subscription(endpoint, **more))
    assert answer.status_code == 201, answer.text
    return answer.json()["id"], answer.headers["Webhook-Secret"]


def work(database: Database, *, now: datetime, ways: Outward = WAYS) -> int:
    """Do what is due for subscriptions, as the worker would, until nothing is."""
    done = 0
    while True:
        with database.transaction() as session:
            row = session.scalar(
                select(Outbox)
                .where(
                    Outbox.topic.in_([Topic.ANNOUNCE, Topic.NOTIFY]),
                    Outbox.state == State.OPEN,
                    Outbox.next_try_at <= now,
                )
                .order_by(Outbox.next_try_at, Outbox.id)
                .limit(1)
            )
            if row is None:
                return done
            row.state = State.LEASED
            session.flush()
            if row.topic == Topic.ANNOUNCE:
                sending.announce(session, row.subject_id, now=now)
            else:
                sending.send(session, row.subject_id, sending.Post(ways, FHIR), now=now)
            finish(row, now=now)
            done += 1


def announce(database: Database, alert: UUID, *, now: datetime) -> None:
    with database.transaction() as session:
        sending.announce(session, alert, now=now)
