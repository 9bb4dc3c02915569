"""Times the response: from the 201 of a critical reading to the inbox and to the mail server.

`make bench ARGS="response"`: the whole program as `wardlight up` runs it, a real SMTP server on
loopback, at rest (the ceiling) and beside 200 readings a second; then how many alerts are routed
in a second, and how long 10,000 rows take with and without the loss of the broker among them.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import httpx
import psycopg

from app.commands.clients import make_key, register_client
from app.commands.tokens import fetch_token
from bench.site import SCOPES, UNBOUNDED, post_office, up
from core.clock import utc_now
from core.database import Database
from core.embedded import Servers, servers
from core.outbox import Priority, Topic, offer_all
from core.settings import Environment, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.site import PostOffice

CRITICAL = 84  # per cent of saturation: RED by itself
BACKGROUND = 200  # readings a second
CROWD, BUNDLE = 100, 20
AT_ONCE = 200
ROWS = 10_000
LOOK_SECONDS = 0.005
PATIENCE_SECONDS = 900.0


def main(arguments: Sequence[str] = ()) -> None:
    """Print what was measured, as rows of a table."""
    options = argparse.ArgumentParser(prog="bench response", description=__doc__)
    options.add_argument("--readings", type=int, default=60, help="critical readings a run")
    options.add_argument("--rows", type=int, default=ROWS)
    chosen = options.parse_args(list(arguments))
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder, ward(Path(folder)) as at:
        people = at.enrol(2 * chosen.readings + CROWD + AT_ONCE)
        crowd, people = people[:CROWD], people[CROWD:]
        rest, busy = people[: chosen.readings], people[chosen.readings : 2 * chosen.readings]
        _say("at rest (the ceiling)", at.timed(rest))
        with at.background(crowd):
            _say(f"beside {BACKGROUND} readings/s offered", at.timed(busy))
        print(f"alerts opened and routed: {at.routed(people[2 * chosen.readings :]):.0f} a second")
        whole = at.drained(chosen.rows, lose=False)
        print(f"{chosen.rows:,} rows, nothing lost (the ceiling): {whole:.1f} s", flush=True)
        lost = at.drained(chosen.rows, lose=True)
        print(f"{chosen.rows:,} rows, broker killed among them: {lost:.1f} s", flush=True)


def _say(what: str, times: Times) -> None:
    for name, values in (("inbox", times.inbox), ("mail server", times.mail)):
        ordered = sorted(values)
        last = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
        print(
            f"201 to the {name}, {what}: median {1000 * statistics.median(ordered):.0f} ms,"
            f" p99 {1000 * last:.0f} ms, {len(ordered)} readings",
            flush=True,
        )


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds from each 201 to the inbox, and to the mail server."""

    inbox: list[float] = field(default_factory=list)
    mail: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Ward:
    """The running program, one client, and a look into its database."""

    data: Path
    base: str
    running: Servers
    key: dict[str, Any]
    office: PostOffice

    def http(self) -> httpx.Client:
        """Return a signed-in client."""
        token = fetch_token(self.key, base_url=self.base)
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/fhir+json",
        }
        return httpx.Client(base_url=f"{self.base}/fhir", headers=headers, timeout=30)

    def enrol(self, count: int) -> list[str]:
        """Return the ids of so many new people."""
        found = []
        with self.http() as http:
            for _ in range(count):
                answer = http.post("/Patient", json=_patient())
                answer.raise_for_status()
                found.append(answer.headers["Location"].split("/Patient/")[1].partition("/")[0])
        return found

    def timed(self, people: Sequence[str]) -> Times:
        """Post one critical reading a person, and time each to the inbox and to the mail."""
        times = Times()
        with self.http() as http, psycopg.connect(self.running.database_url) as looking:
            looking.autocommit = True
            for person in people:
                answer = http.post("/Observation", json=_spo2(person, CRITICAL))
                accepted = time.monotonic()
                answer.raise_for_status()
                delivery = _mail_of(looking, person)
                times.inbox.append(time.monotonic() - accepted)
                times.mail.append(self.office.taken(delivery) - accepted)
        return times

    @contextmanager
    def background(self, crowd: Sequence[str]) -> Iterator[None]:
        """Post ordinary readings at a steady rate until the block ends."""
        over, sent = threading.Event(), [0]

        def post() -> None:
            began, pause = time.monotonic(), BUNDLE / BACKGROUND
            with self.http() as http:
                while not over.wait(max(0.0, began + sent[0] * pause - time.monotonic())):
                    some = [_spo2(crowd[(sent[0] + n) % CROWD], 97) for n in range(BUNDLE)]
                    http.post("", content=_batch(some)).raise_for_status()
                    sent[0] += 1

        thread, began = threading.Thread(target=post), time.monotonic()
        thread.start()
        time.sleep(2)
        try:
            yield
        finally:
            over.set()
            thread.join()
            rate = sent[0] * BUNDLE / (time.monotonic() - began)
            print(f"background: {rate:.0f} readings a second were taken", flush=True)

    def routed(self, people: Sequence[str]) -> float:
        """Return how many alerts a second are opened and routed when all come at once."""
        with self.http() as http, psycopg.connect(self.running.database_url) as looking:
            looking.autocommit = True
            http.post("", content=_batch([_spo2(p, CRITICAL) for p in people])).raise_for_status()
            accepted = time.monotonic()
            for person in people:
                _mail_of(looking, person)
            return len(people) / (time.monotonic() - accepted)

    def drained(self, rows: int, *, lose: bool) -> float:
        """Return how long so many rows without effect take, the broker lost on the way or not."""
        database = Database(self.running.database_url, field_keys=self.running.field_keys)
        with psycopg.connect(self.running.database_url) as looking:
            looking.autocommit = True
            with database.transaction() as session:
                work = dict.fromkeys((uuid4() for _ in range(rows)), Priority.NORMAL)
                offer_all(session, Topic.PROBE, work, now=database.now())
            began = time.monotonic()
            if lose:
                _until(lambda: _left(looking) < rows * 0.9)
                os.kill(int((self.data / "broker.pid").read_text()), signal.SIGKILL)
            _until(lambda: _left(looking) < rows // 1000)
        database.close()
        return time.monotonic() - began


@contextmanager
def ward(data: Path) -> Iterator[Ward]:
    """Run the whole program on embedded servers, with a mail server that notes each arrival."""
    with post_office() as office:
        environment = {
            **UNBOUNDED,
            "WARDLIGHT_SMTP_HOST": "127.0.0.1",
            "WARDLIGHT_SMTP_PORT": str(office.port),
            "WARDLIGHT_FALLBACK_EMAIL": "fallback@clinic.example",
        }
        with up(data, environment) as base:
            settings = Settings(environment=Environment.TEST, data=data)
            with servers(settings, broker=False) as running:
                private, public = make_key()
                client = register_client(running.database_url, "bench", SCOPES, public)
                yield Ward(data, base, running, {**private, "client_id": str(client)}, office)


def _mail_of(looking: psycopg.Connection[Any], person: str) -> UUID:
    """Wait until a person's alert is in the inbox, and return the delivery of its message."""
    query = """
        select d.id from delivery d join alert a on a.id = d.alert_id
        where a.patient_id = %s and d.channel = 'email'
    """
    found: list[UUID] = []

    def there() -> bool:
        found.extend(row[0] for row in looking.execute(query, [UUID(person)]))
        return bool(found)

    _until(there)
    return found[0]


def _left(looking: psycopg.Connection[Any]) -> int:
    row = looking.execute(
        "select count(*) from outbox where topic = 'probe' and state in ('open', 'leased')"
    ).fetchone()
    return int(row[0]) if row else 0


def _until(answer: Any) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not answer():
        if time.monotonic() > deadline:
            raise RuntimeError("waited too long")
        time.sleep(LOOK_SECONDS)


def _patient() -> dict[str, Any]:
    named = [{"system": "urn:bench", "value": str(uuid4())}]
    return {"resourceType": "Patient", "birthDate": "1946-04-01", "identifier": named}


def _spo2(person: str, value: float) -> dict[str, Any]:
    taken = utc_now() - timedelta(seconds=1)
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "59408-5"}]},
        "subject": {"reference": f"Patient/{person}"},
        "effectiveDateTime": taken.isoformat(),
        "valueQuantity": {
            "value": value,
            "unit": "%",
            "system": "http://unitsofmeasure.org",
            "code": "%",
        },
    }


def _batch(resources: Sequence[dict[str, Any]]) -> bytes:
    entries = [
        {"resource": each, "request": {"method": "POST", "url": each["resourceType"]}}
        for each in resources
    ]
    bundle = {"resourceType": "Bundle", "type": "batch", "entry": entries}
    return json.dumps(bundle).encode()
