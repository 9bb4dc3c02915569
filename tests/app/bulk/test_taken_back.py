"""What was exported is given out to who may still see all of whom it tells, and not to others."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from core.security import SYSTEM
from ingest.binding.service import set_grant
from tests.app.bulk.exporter import Exporter
from tests.door import patient
from tests.ingest.choosing.test_consent_door import provision, signed

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.database import Database
    from tests.door import Clock, Gateway


@pytest.fixture
def whose(gateway: Gateway, clock: Clock) -> str:
    clock.now += timedelta(minutes=1)
    id_ = gateway.create(patient())
    clock.now += timedelta(minutes=1)
    return id_


def statuses(exporter: Exporter, place: str, manifest: Any) -> list[int]:
    (file,) = (each["url"] for each in manifest["output"])
    paths = (place, file.removeprefix("http://testserver"))
    return [exporter.gateway.get(each).status_code for each in paths]


@pytest.mark.parametrize("taken_back", ["research", "use"])
def test_research_is_given_nothing_of_who_took_it_back_since_it_was_exported_sec_47_sec_45(
    register: Callable[..., Gateway],
    gateway: Gateway,
    database: Database,
    whose: str,
    taken_back: str,
) -> None:
    gateway.create(signed(whose, **provision("research")))
    studying = Exporter(register(research=True), database, gateway.clock)
    place = studying.place(studying.order("/fhir/Patient/$export?_type=Patient"))
    studying.work(place)
    manifest = studying.gateway.get(place).json()
    before = statuses(studying, place, manifest)

    said = signed(whose, **provision(taken_back, kind="deny"))
    gateway.create(said | {"dateTime": gateway.clock().isoformat()})

    assert before == [200, 200]
    assert statuses(studying, place, manifest) == [410, 410]
    assert studying.gateway.delete(place.removeprefix("/fhir/")).status_code == 202


def test_a_client_is_given_nothing_of_whom_it_no_longer_speaks_for_sec_15(
    register: Callable[..., Gateway], gateway: Gateway, database: Database, whose: str
) -> None:
    bound = Exporter(register(bound=True), database, gateway.clock)
    pair = (bound.gateway.client_id, UUID(whose))
    with database.transaction() as session:
        set_grant(session, SYSTEM, pair, granted=True, now=gateway.clock())
    place = bound.place(bound.order("/fhir/Patient/$export?_type=Patient"))
    bound.work(place)
    manifest = bound.gateway.get(place).json()
    before = statuses(bound, place, manifest)

    with database.transaction() as session:
        set_grant(session, SYSTEM, pair, granted=False, now=gateway.clock())

    assert before == [200, 200]
    assert statuses(bound, place, manifest) == [410, 410]
