"""Whom a subscription tells of what is asked when it is sent, and a merge forgets nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from core.security import SYSTEM
from ingest.merging.service import merge, unmerge
from ingest.tables import Client
from tests.app.subscriptions.conftest import announce, subscribe, work
from tests.app.subscriptions.test_sending import an_alert, kinds
from tests.ward import MALSUN, Ward, keep_alive

if TYPE_CHECKING:
    from core.database import Database
    from tests.app.subscriptions.conftest import Receiver
    from tests.door import Clock, Gateway

LATER = timedelta(seconds=30)


@pytest.fixture(autouse=True)
def clean(database: Database, ward: Ward, clock: Clock) -> None:
    clock.now = ward.now - timedelta(days=10)  # before the alerts of the ward
    keep_alive(database, now=ward.now)


def set_research(database: Database, gateway: Gateway, *, research: bool) -> None:
    """Let a client see those alone who agreed to research: of this ward, nobody."""
    with database.transaction() as session:
        session.get_one(Client, gateway.client_id).research = research


def test_what_waits_is_not_sent_to_who_may_not_see_the_person_any_more_sec_15_sec_47(
    gateway: Gateway, receiver: Receiver, database: Database, ward: Ward, clock: Clock
) -> None:
    id_, _ = subscribe(gateway, receiver.url)
    announce(database, an_alert(ward), now=clock.now)
    set_research(database, gateway, research=True)

    work(database, now=clock.now + LATER)
    meanwhile = kinds(receiver)
    asked = gateway.get(f"/fhir/Subscription/{id_}/$events").text
    set_research(database, gateway, research=False)
    announce(database, an_alert(ward), now=clock.now)
    work(database, now=clock.now + 2 * LATER)

    assert meanwhile == ["handshake"]
    assert "DetectedIssue" not in asked
    assert "event-notification" in kinds(receiver)


def test_an_event_that_was_sent_is_not_repeated_to_who_may_not_see_it_any_more_sec_15(
    gateway: Gateway, receiver: Receiver, database: Database, ward: Ward, clock: Clock
) -> None:
    id_, _ = subscribe(gateway, receiver.url)
    announce(database, an_alert(ward), now=clock.now)
    work(database, now=clock.now + LATER)
    asked = [gateway.get(f"/fhir/Subscription/{id_}/$events").text]

    set_research(database, gateway, research=True)
    asked.append(gateway.get(f"/fhir/Subscription/{id_}/$events").text)

    assert ["DetectedIssue/" in each for each in asked] == [True, False]


def test_who_follows_a_record_that_was_merged_follows_the_person_sec_28(
    gateway: Gateway, receiver: Receiver, database: Database, ward: Ward, clock: Clock
) -> None:
    person = ward.patients[MALSUN.name]
    other = next(id_ for id_ in ward.patients.values() if id_ != person)
    subscribe(gateway, receiver.url, patient=other)
    with database.transaction() as session:
        merge(session, SYSTEM, person, other, reason="one person", now=clock.now)

    announce(database, an_alert(ward), now=clock.now)
    work(database, now=clock.now + LATER)
    with database.transaction() as session:
        unmerge(session, SYSTEM, other, now=clock.now)

    assert "event-notification" in kinds(receiver)
