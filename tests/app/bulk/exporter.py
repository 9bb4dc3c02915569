"""Somebody who exports in bulk, and the worker's part of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from app.bulk import exporting
from app.bulk.tables import BulkExport, ExportState
from tests.app.bulk.conftest import SETTINGS

if TYPE_CHECKING:
    from httpx2 import Response as Received

    from core.database import Database
    from tests.door import Clock, Gateway

ASYNC = {"Prefer": "respond-async"}


@dataclass(slots=True)
class Exporter:
    """Somebody who exports, and the worker's part."""

    gateway: Gateway
    database: Database
    clock: Clock

    def order(self, path: str = "/fhir/Patient/$export", **headers: str) -> Received:
        return self.gateway.get(path, **(headers or ASYNC))

    def place(self, answer: Received) -> str:
        assert answer.status_code == 202, answer.text
        return answer.headers["Content-Location"].removeprefix("http://testserver")

    def work(self, place: str, *, rows: int = exporting.STEP_ROWS) -> int:
        """Do every step as the worker does; return how many there were."""
        id_, steps = UUID(place.rsplit("/", maxsplit=1)[-1]), 0
        while True:
            with self.database.transaction() as session:
                export = session.get(BulkExport, id_)
                if export is None or export.state == ExportState.DONE:
                    return steps
                exporting.step(session, id_, now=self.clock(), settings=SETTINGS, rows=rows)
            steps += 1

    def done(self, path: str = "/fhir/Patient/$export", *, rows: int = exporting.STEP_ROWS) -> Any:
        """Order, work, and return the manifest."""
        place = self.place(self.order(path))
        self.work(place, rows=rows)
        answer = self.gateway.get(place)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def lines(self, manifest: Any, kind: str) -> list[dict[str, Any]]:
        urls = [each["url"] for each in manifest["output"] if each["type"] == kind]
        if not urls:
            return []
        answer = self.gateway.get(urls[0].removeprefix("http://testserver"))
        assert answer.headers["content-type"].startswith("application/fhir+ndjson")
        return [json.loads(line) for line in answer.text.splitlines()]
