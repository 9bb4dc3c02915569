"""An assertion is good once: for every process, and after a restart (SEC-02)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import httpx
import jwt

from app.commands.clients import make_key
from app.commands.tokens import assertion
from core.clock import utc_now
from core.security import ASSERTION_TYPE
from ingest.service import register_client
from tests.api_processes import api_processes

if TYPE_CHECKING:
    from pathlib import Path

    from core.database import Database
    from core.embedded import Servers

ADDRESS = "http://127.0.0.1:8000"  # what both processes call themselves


def test_a_replayed_assertion_is_refused_by_another_process_and_after_a_restart_sec_02(
    embedded: Servers, database: Database, tmp_path: Path
) -> None:
    private, public = make_key()
    with database.transaction() as session:
        client = register_client(
            session,
            f"replay-{uuid4()}",
            ["system/Observation.c"],
            {"keys": [public]},
            now=utc_now(),
        )
    token = assertion(private | {"client_id": str(client)}, audience=f"{ADDRESS}/auth/token")
    answers = []
    for count in (2, 1):  # two processes at once, and then one that was started anew
        with api_processes(embedded, tmp_path, count=count, WARDLIGHT_BASE_URL=ADDRESS) as started:
            answers += [posted(address, token) for address, _ in started]

    assert [each.status_code for each in answers] == [200, 401, 401]
    assert all("used before" in each.json()["error_description"] for each in answers[1:])
    claims = jwt.decode(token, options={"verify_signature": False})
    assert utc_now().timestamp() < claims["exp"]  # it was refused before it ran out


def posted(address: str, token: str) -> httpx.Response:
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": token,
    }
    return httpx.post(f"{address}/auth/token", data=form, timeout=20)
