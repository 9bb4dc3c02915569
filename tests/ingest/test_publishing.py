"""A request writes down the work that it makes; it never speaks to the broker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import kombu.connection
import kombu.messaging

from tests.door import Gateway, bundle, heart_rate, patient, work_for

if TYPE_CHECKING:
    import pytest

    from core.database import Database


def test_no_request_publishes_anything_rel_02(
    gateway: Gateway, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a request spoke to the broker")

    monkeypatch.setattr(kombu.messaging.Producer, "publish", refuse)
    monkeypatch.setattr(kombu.connection.Connection, "connect", refuse)
    who = gateway.create(patient())
    reading = heart_rate(f"Patient/{who}", 140)

    answers = [
        gateway.post(reading),
        gateway.post(bundle("batch", reading | {"effectiveDateTime": "2026-03-02T11:00:00Z"})),
    ]

    assert [each.status_code for each in answers] == [201, 200]
    assert work_for(database, who)
