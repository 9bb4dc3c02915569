"""An API that can be killed or cut off, and devices that repeat until they are answered."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
from sqlalchemy import func, select

import app.migrate
from app.commands.clients import make_key, register_client
from app.commands.tokens import fetch_token
from core.clock import utc_now
from core.database import Database
from core.embedded import Servers, servers
from core.errors import InvalidError
from core.outbox import Outbox, State, Topic
from core.sealing import Keyring
from core.settings import Environment, Settings
from ingest.tables import StoredReading
from lab.gateway import Gateway, Tally
from tests.faults.served import Served
from tests.invented import enrolment, observation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PEOPLE = tuple(f"kill-{number}" for number in range(4))


@dataclass(slots=True)
class Poster:
    """A device that repeats each reading, under the same identifier, until it is answered."""

    served: Served
    key: dict[str, Any]
    mrn: str
    acknowledged: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    token: str = ""
    behind: int = 0  # seconds: two that speak for one person never measure at one moment

    def run(self, over: threading.Event) -> None:
        at = utc_now() - timedelta(days=20, seconds=self.behind)
        while not over.is_set():
            at += timedelta(seconds=61)
            self._until_answered(observation(self.mrn, "heart_rate", 70 + at.minute / 10, at), over)

    def _until_answered(self, reading: dict[str, Any], over: threading.Event) -> None:
        while not over.is_set():
            status = self._post(reading)
            if status in (200, 201):
                self.acknowledged.append(reading["identifier"][0]["value"])
                return
            time.sleep(0.02)

    def _post(self, reading: dict[str, Any]) -> int:
        try:
            self.token = self.token or fetch_token(self.key, base_url=self.served.url)
        except (httpx.HTTPError, InvalidError):  # no token at this moment: ask again
            return 0
        try:
            response = httpx.post(
                f"{self.served.url}/fhir/Observation",
                content=json.dumps(reading),
                headers={
                    "Authorization": f"Bearer {self.token}",
                    "Content-Type": "application/fhir+json",
                },
                timeout=20,
            )
        except httpx.HTTPError:
            return 0
        self.statuses.append(response.status_code)
        return response.status_code


@dataclass(frozen=True, slots=True)
class Ward:
    """A database with people in it, an API that can be killed, and a client's key."""

    running: Servers
    database: Database
    served: Served
    key: dict[str, Any]


@contextmanager
def troubled_ward(tmp_path: Path) -> Iterator[Ward]:
    settings = Settings(environment=Environment.TEST, data=tmp_path)
    with servers(settings) as running:
        app.migrate.upgrade(running.migration_database_url, app_role="wardlight_app")
        private, public = make_key()
        client = register_client(
            running.database_url, "killed", frozenset({"system/*.cruds"}), public
        )
        served = Served(
            {
                **running.environment(),
                "WARDLIGHT_ENVIRONMENT": "test",
                "WARDLIGHT_DATA": str(tmp_path),
                "WARDLIGHT_SECRET_KEY": Keyring.fresh(),
            }
        )
        database = Database(running.database_url, field_keys=running.field_keys, pool_size=2)
        served.start()
        served.ready()
        ward = Ward(running, database, served, {**private, "client_id": str(client)})
        enrol(ward)
        try:
            yield ward
        finally:
            served.kill()
            database.close()


@contextmanager
def posting(ward: Ward) -> Iterator[list[Poster]]:
    """Post for everybody at once until the block ends."""
    posters = [Poster(ward.served, ward.key, mrn) for mrn in PEOPLE]
    over = threading.Event()
    threads = [threading.Thread(target=each.run, args=(over,)) for each in posters]
    for thread in threads:
        thread.start()
    try:
        yield posters
    finally:
        over.set()
        for thread in threads:
            thread.join()


def enrol(ward: Ward) -> None:
    gateway, tally = Gateway(ward.served.url, ward.key), Tally()
    for mrn in PEOPLE:
        gateway.post(enrolment(mrn), tally)
    gateway.close()
    assert tally.refused == 0, tally.reasons


def lost(ward: Ward, posters: list[Poster]) -> list[str]:
    """Return the acknowledged identifiers that a search does not find exactly once."""
    ward.served.ready()
    token = fetch_token(ward.key, base_url=ward.served.url)
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/fhir+json"}
    with httpx.Client(base_url=f"{ward.served.url}/fhir", headers=headers) as http:
        return [
            name
            for poster in posters
            for name in poster.acknowledged
            if http.get("/Observation", params={"identifier": name, "_summary": "count"}).json()[
                "total"
            ]
            != 1
        ]


def doubled(database: Database) -> int:
    """Return how many moments of a person have two live readings of one vital."""
    same = (StoredReading.patient_id, StoredReading.vital, StoredReading.effective)
    query = select(*same).group_by(*same).having(func.count() > 1)
    with database.transaction() as session:
        return len(session.execute(query).all())


def people_without_work(database: Database) -> int:
    """Return how many people have readings and no open request to be assessed.

    Nobody works here, so each person's readings must have left exactly one open row.
    """
    opened = (
        select(Outbox.subject_id)
        .where(Outbox.topic == Topic.ASSESS, Outbox.state == State.OPEN)
        .group_by(Outbox.subject_id)
        .having(func.count() == 1)
    )
    query = select(func.count(StoredReading.patient_id.distinct())).where(
        StoredReading.patient_id.not_in(opened)
    )
    with database.transaction() as session:
        return int(session.scalar(query) or 0)
