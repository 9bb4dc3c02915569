"""`/inbox/live`: which rows of somebody's inbox change, as it happens (UX-04, UX-13)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from app.pages import listing
from app.pages.door import Door
from app.pages.hub import Hub, Message, Stream
from app.pages.looking import Follower, follower
from app.pages.refusals import page_route
from app.pages.showing import Filter, read
from core.security import digest

BEAT_SECONDS = 10.0
HEADERS = {"X-Accel-Buffering": "no", "Cache-Control": "no-store"}  # proxies must not collect it
RETRY = "retry: 2000\n\n"
STILL_HERE = ": still here\n"


def router(door: Door) -> APIRouter:
    """Return the stream; it keeps no session alive and ends with it (SEC-07, SEC-15)."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)
    hub = Hub(door.database, door.clock)

    @routes.get("/inbox/live")
    async def live(request: Request, seen: str = "0") -> Response:
        chosen = read(request.query_params.multi_items())
        who = await run_in_threadpool(_admitted, door, request, chosen)
        # A browser that comes back says what it heard last; that is newer than its page.
        heard = [request.headers.get("last-event-id", ""), seen]
        after = max((int(n[:18]) for n in heard if n.isascii() and n.isdecimal()), default=0)
        return StreamingResponse(
            _events(hub, Stream(who, after)), media_type="text/event-stream", headers=HEADERS
        )

    return routes


def _admitted(door: Door, request: Request, chosen: Filter) -> Follower:
    with door.visit(request, present=False) as visit:
        listing.check_teams(chosen, listing.reader_of(visit))
        secret = request.cookies.get(door.cookie, "")
        return follower(visit.session, digest(secret), visit.caller, chosen)


async def _events(hub: Hub, stream: Stream) -> AsyncIterator[str]:
    hub.join(stream)
    try:
        yield RETRY
        while True:
            try:
                message = await asyncio.wait_for(stream.messages.get(), BEAT_SECONDS)
            except TimeoutError:
                yield STILL_HERE + (Message("alive").text if hub.well else "\n")
                continue
            yield message.text
            if message.last:
                return
    finally:
        hub.leave(stream)
