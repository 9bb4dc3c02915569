"""Where gateways tell what became of a message: signed, once, and in a form of three fields.

`docs/gateways.md` is the contract.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

import alerts.receipts.service as receipts
from alerts.delivery.service import Addresses
from alerts.notify.gateway import Kind
from alerts.receipts.service import Arrival, Receipt
from app.runtime import gateways, outlets
from core.clock import utc_now
from core.signing import verified

if TYPE_CHECKING:
    from core.database import Database
    from core.settings import Settings

LONGEST = 16 << 10  # bytes
LONGEST_ID = 200


# Whose message else it may be: each notes a receipt and returns whether it was theirs.
Noting = Callable[[Session, Receipt, datetime], bool]


def router(
    database: Database,
    settings: Settings,
    clock: Callable[[], datetime] = utc_now,
    others: Sequence[Noting] = (),
) -> APIRouter:
    """Return the one route, for each gateway that is configured."""
    routes = APIRouter(include_in_schema=False)
    known, ways = gateways(settings), outlets(settings)
    addresses = Addresses(settings.base_url, settings.fallback_email)

    def note(receipt_id: str, receipt: Receipt) -> Response:
        now = clock()
        with database.transaction() as session:
            if not receipts.is_new(session, receipt_id, now=now):
                return _refused(409, "this receipt came before")
            ours = receipts.note(session, receipt, now=now, outlets=ways, addresses=addresses)
            if not (ours or any(each(session, receipt, now) for each in others)):
                return _refused(404, "id: no such message on this channel")
        return Response(status_code=204)

    @routes.post("/gateways/{kind}/receipts")
    async def receive(request: Request, kind: str) -> Response:
        gateway = known.get(Kind(kind)) if kind in tuple(Kind) else None
        if gateway is None:
            return _refused(404, "no such gateway is configured")
        body = await _body(request)
        if body is None:
            return _refused(413, f"a receipt has at most {LONGEST} bytes")
        receipt_id = request.headers.get("webhook-id", "")
        signed = verified(body, request.headers, gateway.secrets, now=clock())
        if not signed or len(receipt_id) > LONGEST_ID:
            return _refused(401, "the signature is not right, or older than five minutes")
        receipt = read(body, kind)
        if isinstance(receipt, str):
            return _refused(400, receipt)
        return await run_in_threadpool(note, f"{kind}:{receipt_id}", receipt)

    return routes


async def _body(request: Request) -> bytes | None:
    """Return what was posted, or None once it is too long: no more than that is kept."""
    kept = bytearray()
    async for part in request.stream():
        kept += part
        if len(kept) > LONGEST:
            return None
    return bytes(kept)


def read(body: bytes, kind: str) -> Receipt | str:
    """Return what a receipt says, or which field is wrong and why."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return "the body is not JSON"
    if not isinstance(said, dict):
        return "the body is not a JSON object"
    try:
        identity = UUID(str(said.get("id")))
    except ValueError:
        return "id: must be that of the message"
    if said.get("state") not in tuple(Arrival):
        return f"state: must be one of {', '.join(Arrival)}"
    code = said.get("code", "")
    return Receipt(identity, kind, Arrival(said["state"]), code if isinstance(code, str) else "")


def _refused(status: int, why: str) -> Response:
    return JSONResponse({"error": why}, status)
