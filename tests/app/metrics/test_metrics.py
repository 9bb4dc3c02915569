"""What a scrape may say: numbers from rows, under labels whose values are a closed set (SEC-26)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import select

from alerts.delivery.repository import DeliveryState
from alerts.tables import Alert, Delivery, Step
from app.metrics import router
from app.metrics.exposition import LABELS, Numbers, exposition
from app.metrics.repository import numbers
from app.refusing import add_refusals
from core import outbox
from core.outbox import Priority, Topic
from core.settings import Environment, Settings
from ingest.tables import Patient
from tests.ward import Ward, open_ward

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.database import Database

NOW = datetime(2001, 9, 1, 12, 0, tzinfo=UTC)
TOKEN = "t" * 20
SERIES = re.compile(r"^(wardlight_\w+)(?:\{(.*)\})? ([\d.e+-]+)$")
CANARY = "Canarysmith"
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def ward(database: Database) -> Ward:
    return open_ward(database)


def series(body: bytes) -> dict[tuple[str, str], float]:
    lines = [line for line in body.decode().splitlines() if not line.startswith("#")]
    found = [SERIES.match(line) for line in lines]
    assert all(found), lines
    return {(each[1], each[2] or ""): float(each[3]) for each in found if each}


def asked(
    database: Database, *, token: str | None = None, peer: str = "127.0.0.1", **headers: str
) -> int:
    settings = Settings(
        environment=Environment.TEST, metrics_token=SecretStr(token) if token else None
    )
    web = FastAPI()
    add_refusals(web)
    web.include_router(router.router(database, settings))
    client = TestClient(web, client=(peer, 4711))
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get("/metrics", headers=named).status_code


def test_the_age_of_the_oldest_row_of_each_queue_comes_first_rel_26(session: Session) -> None:
    outbox.offer(session, Topic.ASSESS, uuid4(), now=NOW, priority=Priority.NORMAL)

    body = exposition(numbers(session, now=NOW + timedelta(seconds=90)))

    assert (
        body.decode().splitlines()[2].startswith('wardlight_oldest_row_seconds{queue="critical"}')
    )
    found = series(body)
    assert found["wardlight_oldest_row_seconds", 'queue="normal"'] == 90
    assert found["wardlight_oldest_row_seconds", 'queue="critical"'] == 0


def test_every_label_has_a_closed_set_of_values_whatever_is_stored_sec_26(
    session: Session, ward: Ward
) -> None:
    before = series(exposition(Numbers()))
    ours = select(Alert.id).where(Alert.patient_id.in_(ward.patients.values()))
    step = session.scalars(select(Step).where(Step.alert_id.in_(ours))).first()
    assert step is not None
    alert = session.get_one(Alert, step.alert_id)
    alert.severity = alert.highest = CANARY
    session.add(
        Delivery(
            id=uuid4(),
            alert_id=alert.id,
            step_id=step.id,
            recipient=CANARY,
            channel=CANARY,
            severity="RED",
            state=CANARY,
            public_id=CANARY,
            created_at=ward.now,
        )
    )
    session.flush()

    body = exposition(numbers(session, now=ward.now))

    assert CANARY not in body.decode()
    after = series(body)
    labelled = {key for key in after if key[1]}
    assert labelled == {key for key in before if key[1]}
    for _, labels in labelled:
        for name, value in re.findall(r'(\w+)="([^"]*)"', labels):
            assert value in LABELS[name]
    other = ("wardlight_deliveries", 'channel="other",delivery="other"')
    assert (before[other], after[other]) == (0, 1)


def test_what_is_counted_leaves_the_synthetic_person_out_rel_33(
    session: Session, ward: Ward
) -> None:
    def counted() -> tuple[object, ...]:
        found = numbers(session, now=ward.now)
        return found.opened, found.live, found.deliveries

    everybody = counted()
    assert sum(numbers(session, now=ward.now).opened.values()) > 0
    session.query(Patient).update({"synthetic": True})

    assert counted() != everybody
    assert counted()[0] == {}


def test_a_message_is_counted_by_its_channel_and_state(session: Session, ward: Ward) -> None:
    theirs = select(Delivery).join(Alert, Alert.id == Delivery.alert_id)
    ours = theirs.where(Alert.patient_id.in_(ward.patients.values()))
    delivery = session.scalars(ours.where(Delivery.created_at >= ward.now - DAY)).first()
    assert delivery is not None
    key = ("wardlight_deliveries", f'channel="{delivery.channel}",delivery="failed"')
    before = series(exposition(numbers(session, now=ward.now)))[key]
    delivery.state = DeliveryState.FAILED
    session.flush()

    assert series(exposition(numbers(session, now=ward.now)))[key] == before + 1


def test_only_the_token_opens_the_metrics_or_this_machine_where_there_is_none(
    database: Database,
) -> None:
    assert asked(database) == 200
    assert asked(database, peer="192.0.2.7") == 403
    assert asked(database, x_forwarded_for="192.0.2.7") == 403
    assert asked(database, token=TOKEN) == 401
    assert asked(database, token=TOKEN, authorization=f"Bearer {TOKEN}x") == 401
    assert asked(database, token=TOKEN, peer="192.0.2.7", authorization=f"Bearer {TOKEN}") == 200


def test_what_is_counted_of_the_past_is_of_one_day(session: Session, ward: Ward) -> None:
    at, later = ward.now, ward.now + timedelta(days=2)

    def counted(now: datetime) -> tuple[bool, bool, bool]:
        found = numbers(session, now=now)
        return bool(found.opened), bool(found.deliveries), bool(found.live)

    assert counted(at) == (True, True, True)
    assert counted(later) == (False, False, True)
