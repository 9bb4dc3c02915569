"""A second system that never fails: the same input, judged by one thread, row by row (I3)."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import SecretStr

import app.migrate
from app.commands.clients import make_key, register_client
from app.runtime import Runtime
from app.tasks import run_row
from core import outbox
from core.embedded import servers
from core.sealing import Keyring
from core.settings import Environment, Settings
from lab.gateway import Gateway, Tally
from tests.faults.crowd import alerts_of
from tests.faults.served import Served
from tests.faults.stand import SCALE

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator
    from pathlib import Path

    from tests.faults.crowd import Crowd

LEASE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Twin:
    """Its door, and what a single thread needs to do all of its work."""

    gateway: Gateway
    runtime: Runtime

    def alerts(self, crowd: Crowd) -> dict[str, Counter[tuple[str, str]]]:
        """Return what one thread finds in the same input, in the order it was accepted."""
        tally = Tally()
        for resource in crowd.posted:
            self.gateway.post(resource, tally)
            self._work()
        assert tally.refused == 0, tally.reasons
        with self.runtime.database.transaction() as session:
            return alerts_of(session, crowd.mrns)

    def _work(self) -> None:
        database = self.runtime.database
        while True:
            with database.transaction() as session:
                now = database.now()
                rows = outbox.lease(session, owner="twin", now=now, length=LEASE, limit=1)
            if not rows:
                return
            run_row(self.runtime, rows[0][0], now=database.now())


@contextmanager
def twin(data: Path, broker_url: str) -> Iterator[Twin]:
    """Yield it on a database of its own; it tells nobody, since it has no mail server."""
    made = Settings(environment=Environment.TEST, data=data)
    with servers(made, broker=False) as running:
        app.migrate.upgrade(running.migration_database_url, app_role="wardlight_app")
        private, public = make_key()
        client = register_client(
            running.database_url, "twin", frozenset({"system/*.cruds"}), public
        )
        environment = {
            **running.environment(),
            "WARDLIGHT_BROKER_URL": broker_url,
            "WARDLIGHT_ENVIRONMENT": "test",
            "WARDLIGHT_DATA": str(data),
            "WARDLIGHT_SECRET_KEY": Keyring.fresh(),
        }
        served = Served(environment)
        served.start()
        served.ready()
        gateway = Gateway(served.url, {**private, "client_id": str(client)})
        runtime = Runtime.load(
            made.model_copy(
                update={
                    "database_url": SecretStr(running.database_url),
                    "broker_url": SecretStr(broker_url),
                    "field_keys": SecretStr(running.field_keys),
                    "escalation_scale": SCALE,
                }
            )
        )
        try:
            yield Twin(gateway, runtime)
        finally:
            gateway.close()
            served.kill()
            runtime.database.close()
