"""Fifty thousand lines through a real API process: what it holds does not grow with them."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import httpx
import psutil
import pytest

from app.commands.clients import make_key, register_client
from app.commands.tokens import fetch_token
from core.clock import utc_now
from tests.api_processes import api_processes
from tests.door import heart_rate, patient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.database import Database
    from core.embedded import Servers

LINES = 50_000
PEOPLE = 50
MOST = 200 << 20
pytestmark = [pytest.mark.processes, pytest.mark.faults]


def peak(pid: int) -> int:
    """Return the most memory that a process ever held, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(each for each in status.splitlines() if each.startswith("VmHWM:"))
    return int(line.split()[1]) << 10


def lines(people: list[str]) -> Iterator[bytes]:
    start = utc_now() - timedelta(days=20)
    for number in range(LINES):
        taken = start + timedelta(seconds=30 * (number // PEOPLE), microseconds=number)
        who = f"Patient/{people[number % PEOPLE]}"
        said = heart_rate(who, 60 + number % 30, effectiveDateTime=taken.isoformat())
        yield json.dumps(said).encode() + b"\n"


def test_50000_lines_are_taken_within_200_mib_over_idle_sec_32(
    embedded: Servers, database: Database, tmp_path: Path
) -> None:
    assert database.ping()
    private, public = make_key()
    client = register_client(
        embedded.database_url,
        f"loader-{uuid4()}",
        frozenset({"system/*.cruds"}),
        public,
        history=True,
    )
    with api_processes(embedded, tmp_path) as [(address, pid)]:
        token = fetch_token({**private, "client_id": str(client)}, base_url=address)
        with httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=300) as http:
            said = {"Content-Type": "application/fhir+json"}
            people = [
                http.post(f"{address}/fhir/Patient", json=patient(), headers=said)
                .headers["Location"]
                .split("/")[-3]
                for _ in range(PEOPLE)
            ]
            idle = psutil.Process(pid).memory_info().rss

            answer = http.post(
                f"{address}/fhir/$import",
                content=lines(people),
                headers={"Content-Type": "application/fhir+ndjson"},
            )
        highest = peak(pid)

    created = {each["name"]: each.get("valueInteger") for each in answer.json()["parameter"]}
    assert created["created"] == LINES
    assert highest - idle < MOST
