"""A token request that drips is not waited for (SEC-32)."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from core.clock import utc_now
from core.database import Database
from core.outward import Outward
from core.settings import Environment, Settings
from ingest.clients.router import TokenDesk
from ingest.keysets.service import KeySets
from ingest.receiving import router
from ingest.receiving.router import Reception
from tests.ingest.receiving.test_slow_bodies import request

if TYPE_CHECKING:
    import pytest


def test_a_form_that_does_not_end_is_408_sec_32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(router, "BODY_SECONDS", 0.05)
    settings = Settings(environment=Environment.TEST)
    # Neither the database nor the network is reached.
    desk = TokenDesk(
        Reception(Database("postgresql+psycopg://nowhere"), settings, "s" * 32, utc_now),
        KeySets(Outward.of(settings), utc_now),
    )

    answer = asyncio.run(desk.token(request(sends=[b"grant_type="], then=600)))

    assert answer.status_code == 408
    assert json.loads(bytes(answer.body))["error"] == "invalid_request"
