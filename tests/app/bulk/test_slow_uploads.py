"""An upload may last hours, but its connection is not held by dripping (SEC-32)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from app.bulk import uploads
from app.bulk.uploads import TooSlowError, timely
from ingest.receiving import router
from tests.app.bulk.test_import import load, ndjson
from tests.door import heart_rate, patient, readings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from core.database import Database
    from tests.door import Gateway


async def pieces(*waits: float, size: int) -> AsyncIterator[bytes]:
    for wait in waits:
        await asyncio.sleep(wait)
        yield b"x" * size


async def gathered(body: AsyncIterator[bytes]) -> int:
    return sum([len(piece) async for piece in timely(body)])


def test_what_drips_is_given_up_sec_32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(router, "BODY_SECONDS", 0.05)

    with pytest.raises(TooSlowError, match="1024 bytes a second"):
        asyncio.run(gathered(pieces(*[0.01] * 200, size=1)))


def test_what_keeps_pace_may_take_as_long_as_it_needs_sec_32(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(router, "BODY_SECONDS", 0.05)

    size = asyncio.run(gathered(pieces(*[0.01] * 20, size=uploads.SLOWEST)))

    assert size == 20 * uploads.SLOWEST


def test_an_upload_that_stops_is_408_and_what_was_taken_stays_sec_32(
    gateway: Gateway, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MOST_LINES", 1)
    who = gateway.create(patient())
    body = ndjson(heart_rate(f"Patient/{who}"))

    async def stops(_: object) -> AsyncIterator[bytes]:
        yield body
        raise TooSlowError("too slow")

    monkeypatch.setattr("app.bulk.router.timely", stops)
    answer = load(gateway, body)

    assert answer.status_code == 408, answer.text
    assert answer.json()["issue"][0]["code"] == "timeout"
    assert len(readings(database, who)) == 1
