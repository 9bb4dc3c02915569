"""CDS Hooks over HTTP: discovery for everybody, cards and feedback for whoever proves itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from app.cds_hooks import service
from app.cds_hooks.cards import SERVICE
from app.cds_hooks.cards import service as described
from app.cds_hooks.request import Asked, Feedback, read_feedback, read_request
from core.clock import utc_now
from core.database import Database
from core.errors import NotFoundError, UnauthenticatedError
from core.outward import Outward
from core.security import Caller
from core.settings import Settings
from fhir.outcome import Refusal, operation_outcome
from fhir.strict import SINGLE, decode
from ingest.keysets.service import KeySets
from ingest.receipt import Answer
from ingest.receiving.router import read_body
from ingest.repository import raise_wall
from monitoring.catalogue import preferred

# No cookie is read here, so any origin may ask; what is shown needs a JWT all the same.
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
}


def router(
    database: Database, settings: Settings, clock: Callable[[], datetime] = utc_now
) -> APIRouter:
    """Return the routes of the one service there is."""
    keysets = KeySets(Outward.of(settings), clock)
    base, language = settings.base_url.rstrip("/"), settings.site_language
    desk = Desk(database, base, clock, keysets, language)
    routes = APIRouter()
    root = "/cds-services"
    routes.add_api_route(root, desk.discover, methods=["GET"])
    routes.add_api_route(f"{root}/{{name}}", desk.cards, methods=["POST"])
    routes.add_api_route(f"{root}/{{name}}/feedback", desk.feedback, methods=["POST"])
    for path in (root, f"{root}/{{name}}", f"{root}/{{name}}/feedback"):
        routes.add_api_route(path, desk.preflight, methods=["OPTIONS"])
    return routes


@dataclass(frozen=True, slots=True)
class Desk:
    """The handlers, with what they need to know."""

    database: Database
    base: str
    clock: Callable[[], datetime]
    keysets: KeySets
    language: str  # of cards, where the caller asks for none

    def discover(self) -> Response:
        """Say which services there are."""
        return JSONResponse({"services": [described()]}, headers=CORS)

    def preflight(self) -> Response:
        """Let a browser of another origin ask."""
        return Response(status_code=204, headers=CORS)

    async def cards(self, request: Request, name: str) -> Response:
        """Return what is open for the patient whose chart is open."""
        caller = await run_in_threadpool(self._caller, request, name)
        document = await _document(request)
        asked = document if isinstance(document, Refusal) else read_request(document)
        if isinstance(asked, Refusal):
            return _refused(asked)
        language = preferred(request.headers.get("accept-language", "")) or self.language
        done = await run_in_threadpool(self._show, caller, asked, language)
        return _refused(done) if isinstance(done, Refusal) else JSONResponse(done, headers=CORS)

    def _show(self, caller: Caller, asked: Asked, language: str) -> dict[str, Any] | Refusal:
        with self.database.transaction() as session:
            raise_wall(session, caller)
            chart = service.Chart(session, caller, self.base, self.clock(), language)
            return service.show(chart, asked)

    async def feedback(self, request: Request, name: str) -> Response:
        """Keep what became of cards."""
        caller = await run_in_threadpool(self._caller, request, name)
        document = await _document(request)
        told = document if isinstance(document, Refusal) else read_feedback(document)
        if isinstance(told, Refusal):
            return _refused(told)
        await run_in_threadpool(self._keep, caller, told)
        return JSONResponse({}, headers=CORS)

    def _keep(self, caller: Caller, told: tuple[Feedback, ...]) -> None:
        with self.database.transaction() as session:
            raise_wall(session, caller)
            service.keep(session, caller, told, now=self.clock())

    def _caller(self, request: Request, name: str) -> Caller:
        """Prove the caller before anything is read; its JWT stays used whatever follows."""
        if name != SERVICE:
            raise NotFoundError(f"no such service: {SERVICE} is the one there is")
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not (token := token.strip()):
            raise UnauthenticatedError("a bearer token is needed: a JWT for this very address")
        audience = f"{self.base}{request.url.path}"
        with self.database.transaction() as session:
            address, kid = service.key_address(session, token)
        # Outside of any transaction: whoever answers slowly holds no connection of ours.
        keys = self.keysets.at(address, kid) if address else None
        with self.database.transaction() as session:
            return service.caller_of(
                session, token, audience=audience, fetched=keys, now=self.clock()
            )


async def _document(request: Request) -> dict[str, Any] | Refusal:
    body = await read_body(request, SINGLE.size)
    return Refusal(body.status, body.issues) if isinstance(body, Answer) else decode(body)


def _refused(refused: Refusal) -> Response:
    return JSONResponse(operation_outcome(refused.issues), status_code=refused.status, headers=CORS)
