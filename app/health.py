"""Whether the program can do its job, judged by progress and said in words (REL-35, REL-36)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import redis
from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError

from app.migrate import at_head
from core import outbox
from core.clock import utc_now

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from core.database import Database

PROGRESS_WITHIN = timedelta(seconds=45)
OLDEST_WAITING = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class PipelineStatus:
    """The state of alerting: `faults` is empty when it is normal."""

    faults: tuple[str, ...]
    moving: bool
    last_progress_at: datetime | None
    waiting: int

    @property
    def normal(self) -> bool:
        """Return whether alerting works."""
        return not self.faults


def pipeline(session: Session, *, now: datetime) -> PipelineStatus:
    """Judge the pipeline by what was closed and by what has waited too long (REL-26)."""
    waiting, oldest = outbox.waiting(session, now=now)
    progress = outbox.last_closed(session)
    moving = progress is not None and now - progress <= PROGRESS_WITHIN
    faults = []
    if not moving:
        faults.append("no work has been completed lately: readings are kept but not assessed")
    if oldest is not None and now - oldest > OLDEST_WAITING:
        faults.append("work is waiting longer than it should")
    if parked := outbox.parked(session):
        faults.append(f"{parked} items were given up after repeated failures")
    return PipelineStatus(tuple(faults), moving, progress, waiting)


def router(database: Database, broker_url: str) -> APIRouter:
    """Return `/healthz` (this process) and `/readyz` (everything it needs)."""
    routes = APIRouter()

    @routes.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @routes.get("/readyz")
    def readyz() -> JSONResponse:
        checks = ready(database, broker_url)
        good = all(value == "ok" for value in checks.values())
        return JSONResponse(checks, status_code=200 if good else 503)

    return routes


def ready(database: Database, broker_url: str) -> dict[str, str]:
    """Return each dependency with "ok" or what is wrong with it."""
    checks = {"database": "unreachable", "schema": "unknown", "pipeline": "unknown"}
    checks["broker"] = _broker(broker_url)
    try:
        checks["database"] = "ok" if database.ping() else "unreachable"
        checks["schema"] = "ok" if at_head(database) else "migrations are missing"
        if checks["schema"] == "ok":
            with database.transaction() as session:
                status = pipeline(session, now=utc_now())
            # Something parked needs a person, not a restart: it is said on every page instead.
            checks["pipeline"] = "ok" if status.moving else "no work is being completed"
    except DBAPIError:
        checks["database"] = "unreachable"
    return checks


def _broker(url: str) -> str:
    try:
        with redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2) as client:
            return "ok" if client.ping() else "unreachable"
    except (redis.RedisError, OSError):
        return "unreachable"
