"""What an orchestrator asks this process. What it is told is known without a web server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from app.health import audit_waiting, everybody_judged, ready, seconds_waiting

if TYPE_CHECKING:
    from core.database import Database
    from core.spool import Spool


def router(database: Database, broker_url: str, spool: Spool | None = None) -> APIRouter:
    """Return `/healthz` (this process) and `/readyz` (everything it needs)."""
    routes = APIRouter()

    @routes.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @routes.get("/readyz")
    def readyz() -> JSONResponse:
        checks = ready(database, broker_url)
        good = all(value == "ok" for value in checks.values())
        said = {
            **checks,
            "seconds_waiting": seconds_waiting(database),
            "unjudged": everybody_judged(database),
            "audit_waiting": audit_waiting(spool),
        }
        return JSONResponse(said, status_code=200 if good else 503)

    return routes
