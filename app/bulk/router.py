"""Bulk data over HTTP: `$import` takes NDJSON as it arrives, `$export` gives everything out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.requests import ClientDisconnect

from app import errors
from app.bulk import loading
from app.bulk.export_router import routes as of_exports
from app.bulk.loading import Loader
from app.bulk.tables import BulkLoad, LoadState
from app.bulk.uploads import TooSlowError, chunks, timely, unreadable
from core.clock import utc_now
from core.database import Database
from core.errors import (
    ForbiddenError,
    LaterError,
    NotFoundError,
    WardlightError,
)
from core.scopes import allows
from core.security import Caller, new_secret
from core.settings import Settings
from fhir.capability import Operation
from fhir.ndjson import NDJSON, UnreadableUploadError
from ingest.admission.service import Gate
from ingest.receipt import STORED
from ingest.receiving.router import FHIR_JSON, NO_STORE, Reception, outcome
from ingest.service import reader_of

if TYPE_CHECKING:
    from app.bulk.loading import Chunk

BULK_DATA = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition"
OPERATIONS = (
    Operation("export", "Patient", f"{BULK_DATA}/patient-export"),
    Operation("export", "Group", f"{BULK_DATA}/group-export"),
    Operation("export", "", f"{BULK_DATA}/export"),
)
GATEWAY_CLOSED = 499  # nobody is there any more to read it


def router(
    database: Database,
    settings: Settings,
    clock: Callable[[], datetime] = utc_now,
    *,
    gate: Gate | None = None,
) -> APIRouter:
    """Return the routes of bulk data; mount them before those of single resources."""
    secret = settings.secret_key.get_secret_value() if settings.secret_key else new_secret()
    reception = Reception(database, settings, secret, clock, gate)
    desk = Desk(reception)
    routes = APIRouter()
    routes.add_api_route("/fhir/$import", desk.load, methods=["POST"])
    routes.add_api_route("/fhir/$import", desk.loads, methods=["GET"])
    routes.add_api_route("/fhir/$import/{id_}", desk.progress, methods=["GET"])
    routes.add_api_route("/fhir/$import/{id_}/outcome", desk.outcome, methods=["GET"])
    routes.include_router(of_exports(reception))
    return routes


@dataclass(frozen=True, slots=True)
class Desk:
    """Answers bulk requests."""

    reception: Reception

    @property
    def loader(self) -> Loader:
        """What loads chunks."""
        each = self.reception
        return Loader(each.database, each.settings, each.clock)

    async def load(self, request: Request) -> Response:
        """Take an upload, chunk by chunk; what was taken stays whatever becomes of the rest."""
        caller = self.reception.caller(request)
        if not any(allows(caller.scopes, kind, "c") for kind in STORED):
            raise ForbiddenError("the granted scopes do not permit to create anything")
        if (no := unreadable(request.headers)) is not None:
            return outcome(no)
        load_id = await run_in_threadpool(self.loader.start, caller)
        gzip = request.headers.get("content-encoding", "").lower() == "gzip"
        try:
            async for chunk in chunks(timely(request.stream()), gzip=gzip):
                await self._take(load_id, caller, chunk)
        except (ClientDisconnect, WardlightError, UnreadableUploadError) as error:
            load = await run_in_threadpool(self.loader.end, load_id, LoadState.BROKEN)
            return self._broken(load, error)
        load = await run_in_threadpool(self.loader.end, load_id, LoadState.DONE)
        return JSONResponse(self._said(load), headers=self._where(load), media_type=FHIR_JSON)

    async def _take(self, load_id: UUID, caller: Caller, chunk: Chunk) -> None:
        if self.reception.gate is not None and caller.id is not None:
            await self.reception.gate.admit_lines(caller.id, len(chunk.lines))
        await run_in_threadpool(self.loader.take, load_id, caller, chunk)

    def _broken(self, load: BulkLoad, error: Exception) -> Response:
        """Say why an upload was not taken to its end, and that what was taken stays."""
        said = (
            f"{error}; {load.lines} lines before were processed and stay: send the rest again,"
            " or everything, since repeats are harmless"
        )
        also = self._where(load)
        if isinstance(error, ClientDisconnect):
            return Response(status_code=GATEWAY_CLOSED)
        if isinstance(error, LaterError):
            also["Retry-After"] = str(error.after)
        return errors.outcome(_status(error), said, also=also)

    def loads(self, request: Request) -> Response:
        """List the client's own loads of the last days, newest first."""
        caller = self.reception.caller(request)
        with self.reception.database.transaction() as session:
            reader_of(session, caller)
            found = [
                {"name": "load", "part": self._said(load)["parameter"]}
                for load in loading.latest(session, caller)
            ]
        said = {"resourceType": "Parameters", "parameter": found}
        return JSONResponse(said, headers=NO_STORE, media_type=FHIR_JSON)

    def progress(self, request: Request, id_: str) -> Response:
        """Say how far a load has come."""
        load = self._own(request, id_)
        return JSONResponse(self._said(load), headers=self._where(load), media_type=FHIR_JSON)

    def outcome(self, request: Request, id_: str) -> Response:
        """Give the outcome of each line, as far as the load has come."""
        load = self._own(request, id_)
        pieces = self.loader.pieces(load.id, load.lines)
        return StreamingResponse(pieces, headers=NO_STORE, media_type=NDJSON[0])

    def _own(self, request: Request, id_: str) -> BulkLoad:
        caller = self.reception.caller(request)
        with self.reception.database.transaction() as session:
            reader_of(session, caller)
            return loading.own(session, caller, _uuid(id_))

    def _where(self, load: BulkLoad) -> dict[str, str]:
        return {
            **NO_STORE,
            "Content-Location": f"{self.reception.settings.fhir_base}/$import/{load.id}",
        }

    def _said(self, load: BulkLoad) -> dict[str, Any]:
        """Return Parameters: the state, the counts, and where the outcomes are."""
        base = f"{self.reception.settings.fhir_base}/$import/{load.id}"
        counts = [{"name": name, "valueInteger": getattr(load, name)} for name in loading.COUNTS]
        return {
            "resourceType": "Parameters",
            "parameter": [
                {"name": "state", "valueCode": load.state},
                *counts,
                {"name": "outcome", "valueUrl": f"{base}/outcome"},
                {"name": "expires", "valueInstant": load.expires_at.isoformat()},
            ],
        }


def _status(error: Exception) -> int:
    if isinstance(error, WardlightError):
        return errors.STATUS[type(error)]
    return 408 if isinstance(error, TooSlowError) else 400


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFoundError("no such load") from None
