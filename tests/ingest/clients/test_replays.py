"""An assertion is good once: for every process, and after a restart (SEC-02)."""

from __future__ import annotations

import json
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
    answers, read, forged = list[httpx.Response](), list[int](), list[int]()
    for count in (2, 1):  # two processes at once, and then one that was started anew
        with api_processes(embedded, tmp_path, count=count, WARDLIGHT_BASE_URL=ADDRESS) as started:
            answers += [posted(address, token) for address, _ in started]
            mine = answers[0].json()["access_token"]
            read += [asked(address, mine) for address, _ in started]
            forged += [asked(at, made) for at, _ in started for made in forgeries(mine, token)]

    assert [each.status_code for each in answers] == [200, 401, 401]
    assert all("used before" in each.json()["error_description"] for each in answers[1:])
    assert read == [403] * 3  # every process knows who asks, one that was started anew too
    assert forged == [401] * 12
    claims = jwt.decode(token, options={"verify_signature": False})
    assert utc_now().timestamp() < claims["exp"]  # it was refused before it ran out


def posted(address: str, token: str) -> httpx.Response:
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": token,
    }
    return httpx.post(f"{address}/auth/token", data=form, timeout=20)


def asked(address: str, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{address}/fhir/Nothing/1", headers=headers, timeout=20).status_code


def forgeries(mine: str, assertion: str) -> list[str]:
    """Return what somebody may make of their own token: more of it, none of its signature."""
    head, _, signature = mine.split(".")
    claims = jwt.decode(mine, options={"verify_signature": False}) | {"scope": "system/*.cruds"}
    more = jwt.utils.base64url_encode(json.dumps(claims).encode()).decode()
    unsigned = jwt.encode(claims, "", algorithm="none")
    return [f"{head}.{more}.{signature}", unsigned, assertion, jwt.encode(claims, "x" * 40)]
