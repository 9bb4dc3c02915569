"""Assemble the web application: the FHIR door, the pages, health, and one form of refusal."""

from __future__ import annotations

import gc
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, Response

import app.pages.router
import ingest.router
from alerts.arriving.service import note_receipt
from app import probes, receipts
from app.access import Access
from app.bulk import router as bulk
from app.cds_hooks import router as cds_hooks
from app.fhir_api import router as fhir_search
from app.interface import router as interface
from app.metrics import router as metrics
from app.origins import open_to
from app.refusing import add_refusals
from app.runtime import connect
from app.subscriptions import router as subscriptions
from core.embedded import Servers
from core.logging import configure, logger
from core.settings import Settings
from core.spool import Spool
from ingest.admission.service import Gate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.types import Lifespan

    from core.database import Database

    Next = Callable[[Request], Awaitable[Response]]

log = logger(__name__)
SWITCH_SECONDS = 0.0005


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the application; its servers must be configured and migrated."""
    settings = settings or Settings()
    configure(settings)
    servers = Servers.configured(settings)
    if servers is None:
        raise RuntimeError("set WARDLIGHT_DATABASE_URL and WARDLIGHT_BROKER_URL, or use `up`")
    database = connect(settings)
    gate = Gate.open(database, settings, servers.broker_url)
    web = FastAPI(
        title="Wardlight",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=_lifespan(gate, database),
        redirect_slashes=False,
    )
    open_to(web, settings.cors_origins)
    web.add_middleware(Access, gate=gate)
    add_refusals(web)
    door = ingest.router.open_door(
        database,
        settings,
        also=(*fhir_search.INTERACTIONS, *subscriptions.INTERACTIONS),
        searches=(*fhir_search.DECLARED, *subscriptions.DECLARED),
        operations=(*fhir_search.OPERATIONS, *bulk.OPERATIONS, *subscriptions.OPERATIONS),
        topics=subscriptions.topics(settings),
        gate=gate,
        elsewhere=fhir_search.inside_bundles(database, settings),
    )
    web.include_router(ingest.router.for_readings(door))
    web.include_router(probes.router(database, servers.broker_url, Spool.of(settings.data)))
    web.include_router(metrics.router(database, settings))
    web.include_router(bulk.router(database, settings, gate=gate))
    # Before the door's other routes, which name any type: what Wardlight wrote is not read there.
    web.include_router(subscriptions.router(database, settings, gate=gate))
    web.include_router(fhir_search.router(database, settings, gate=gate))
    web.include_router(ingest.router.for_the_rest(door))
    web.include_router(cds_hooks.router(database, settings))
    web.include_router(receipts.router(database, settings, others=(note_receipt,)))
    web.include_router(interface.router(web, settings))
    app.pages.router.mount(web, database, settings)
    return web


def _lifespan(gate: Gate, database: Database) -> Lifespan[FastAPI]:
    """Return what is done around the time that the application serves."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        _settle_in()
        yield
        gate.allowance.close()
        database.close()

    return lifespan


def _settle_in() -> None:
    """Set the interpreter for many small requests beside few threads."""
    # What is loaded by now stays: the collector need not walk through it again and again.
    gc.collect()
    gc.freeze()
    # Threads that wait for the database take turns with the loop that reads requests.
    sys.setswitchinterval(SWITCH_SECONDS)
