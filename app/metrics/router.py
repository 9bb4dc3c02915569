"""`GET /metrics`, for who holds the token, or for this machine where there is none (SEC-26)."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from app.learned import Learned
from app.metrics.exposition import exposition
from app.metrics.repository import numbers
from core.errors import ForbiddenError, UnauthenticatedError
from core.security import same
from core.spool import Spool

if TYPE_CHECKING:
    from core.database import Database
    from core.settings import Settings

FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


def router(database: Database, settings: Settings) -> APIRouter:
    """Return the one route."""
    routes = APIRouter()
    spool, learned = Spool.of(settings.data), Learned(settings.model_path)
    token = settings.metrics_token.get_secret_value() if settings.metrics_token else ""

    @routes.get("/metrics")
    def metrics(request: Request) -> Response:
        _admit(request, token)
        now = database.now()
        with database.transaction() as session:
            body = exposition(numbers(session, now=now, spool=spool, learned=learned))
        headers = {"Cache-Control": "no-store"}
        return Response(body, media_type=CONTENT_TYPE_LATEST, headers=headers)

    return routes


def _admit(request: Request, token: str) -> None:
    if token:
        said = request.headers.get("authorization", "")
        if not same(said, f"Bearer {token}"):
            raise UnauthenticatedError("the token of the metrics is needed")
    elif not _local(request):
        raise ForbiddenError("metrics are for this machine only: set WARDLIGHT_METRICS_TOKEN")


def _local(request: Request) -> bool:
    """Return whether this machine asks for itself, and no proxy on it for somebody else."""
    if request.client is None or any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False
