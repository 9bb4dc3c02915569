"""Bulk export over HTTP: kick-off, status, manifest, files, cancel (FHIR-24)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, StreamingResponse
from sqlalchemy.orm import Session

from app import errors
from app.bulk import exporting
from app.bulk.asking import Pairs, Wish, parameters, read_wish
from app.bulk.tables import BulkExport, ExportState
from app.bulk.taken_back import need_all_seen
from core import audit
from core.errors import NotFoundError
from core.security import Caller
from fhir.ndjson import NDJSON
from fhir.outcome import Refusal
from fhir.search_parameters import Place
from fhir.strict import decode
from ingest.receipt import Answer
from ingest.receiving.router import NO_STORE, Reception, outcome, read_body
from ingest.service import reader_of

LONGEST_KICK_OFF = 64 << 10
GZIP = 16 + zlib.MAX_WBITS
REPEATED = ("_type", "_since", "_outputFormat")
AGAIN_AFTER = (1, 30)  # seconds between two looks at the status: at first, and at most


def routes(reception: Reception) -> APIRouter:
    """Return the routes of exports."""
    desk = ExportDesk(reception)
    made = APIRouter()
    for path in ("/fhir/$export", "/fhir/Patient/$export", "/fhir/Group/{group}/$export"):
        made.add_api_route(path, desk.by_get, methods=["GET"])
        made.add_api_route(path, desk.by_post, methods=["POST"])
    made.add_api_route("/fhir/$export/{id_}", desk.status, methods=["GET"])
    made.add_api_route("/fhir/$export/{id_}", desk.cancel, methods=["DELETE"])
    made.add_api_route("/fhir/$export/{id_}/{name}.ndjson", desk.file, methods=["GET"])
    return made


@dataclass(frozen=True, slots=True)
class ExportDesk:
    """Answers whoever exports."""

    reception: Reception

    def by_get(self, request: Request, group: str = "") -> Response:
        """Order an export by its address."""
        caller = self.reception.caller(request)
        return self._order(request, caller, tuple(request.query_params.multi_items()), group)

    async def by_post(self, request: Request, group: str = "") -> Response:
        """Order an export by a Parameters resource."""
        caller = self.reception.caller(request)
        body = await read_body(request, LONGEST_KICK_OFF)
        if isinstance(body, Answer):
            return outcome(body)
        said = decode(body)
        if isinstance(said, Refusal):
            return outcome(Answer(said.status, said.issues))
        pairs = tuple(request.query_params.multi_items()) + parameters(said)
        return await run_in_threadpool(self._order, request, caller, pairs, group)

    def _order(self, request: Request, caller: Caller, pairs: Pairs, group: str) -> Response:
        now = self.reception.clock()
        settings = self.reception.settings
        place = Place(settings.fhir_base, ZoneInfo(settings.site_timezone), now)
        with self.reception.database.transaction() as session:
            reader_of(session, caller)
            wish = read_wish(pairs, request.headers, caller, place)
            if isinstance(wish, Refusal):
                return outcome(Answer(wish.status, wish.issues))
            made = exporting.begin(
                session,
                caller,
                wish,
                self._request(request, pairs, wish),
                group_id=_uuid(group) if group else None,
                now=now,
            )
        said = {**NO_STORE, "Content-Location": f"{self._base}/{made}"}
        return Response(status_code=202, headers=said)

    def _request(self, request: Request, pairs: Pairs, wish: Wish) -> str:
        """Return the address that was asked for, as the manifest repeats it.

        Only with what was understood: the rest could name somebody.
        """
        path = request.url.path.removeprefix("/fhir")
        known = [(name, value) for name, value in pairs if name in REPEATED]
        known += [("_typeFilter", each) for each in wish.filters]
        query = f"?{urlencode(known)}" if known else ""
        return f"{self.reception.settings.fhir_base}{path}{query}"

    def status(self, request: Request, id_: str) -> Response:
        """Say how far an export is; the manifest when it is done."""
        caller, now = self.reception.caller(request), self.reception.clock()
        with self.reception.database.transaction() as session:
            export = self._own(session, caller, id_)
            if exporting.failed(session, export):
                return errors.outcome(500, "the export failed: delete it, and ask again")
            if export.state == ExportState.DONE:
                need_all_seen(session, caller, export)
                return self._manifest(export, exporting.counts(session, export))
            age = (now - export.started_at).total_seconds()
            again = int(min(max(AGAIN_AFTER[0], age / 10), AGAIN_AFTER[1]))
            said = {**NO_STORE, "Retry-After": str(again)}
            last, export.polled_at = export.polled_at, now
            if last is not None and (now - last).total_seconds() < again / 2:
                return errors.outcome(429, "asked again sooner than Retry-After said", also=said)
            progress = summary(export)
        return Response(status_code=202, headers={**said, "X-Progress": progress})

    def _manifest(self, export: BulkExport, counts: dict[str, int]) -> Response:
        output = [
            {"type": kind, "url": f"{self._base}/{export.id}/{kind}.ndjson", "count": count}
            for kind, count in counts.items()
        ]
        said: dict[str, Any] = {
            "transactionTime": export.transaction_time.isoformat(timespec="milliseconds"),
            "request": export.request,
            "requiresAccessToken": True,
            "output": output,
            "deleted": [],
            "error": [],
        }
        expires = format_datetime(export.expires_at, usegmt=True)
        return JSONResponse(said, headers={**NO_STORE, "Expires": expires})

    def cancel(self, request: Request, id_: str) -> Response:
        """Forget an export, finished or not."""
        caller = self.reception.caller(request)
        with self.reception.database.transaction() as session:
            session.delete(self._own(session, caller, id_))
        return Response(status_code=202, headers=NO_STORE)

    def file(self, request: Request, id_: str, name: str) -> Response:
        """Give one file, compressed where that is accepted."""
        caller, now = self.reception.caller(request), self.reception.clock()
        with self.reception.database.transaction() as session:
            export = self._own(session, caller, id_)
            lines = exporting.counts(session, export).get(name)
            if export.state != ExportState.DONE or lines is None:
                raise NotFoundError("no such file")
            need_all_seen(session, caller, export)
            audit.record(session, caller, audit.Action.READ, "Export", now=now, entity_id=export.id)
        pieces = exporting.pieces(self.reception.database, export.id, name, lines)
        said = {**NO_STORE, "Vary": "Accept-Encoding"}
        if "gzip" in request.headers.get("accept-encoding", ""):
            pieces, said["Content-Encoding"] = packed(pieces), "gzip"
        return StreamingResponse(pieces, headers=said, media_type=NDJSON[0])

    def _own(self, session: Session, caller: Caller, id_: str) -> BulkExport:
        reader_of(session, caller)
        return exporting.own(session, caller, _uuid(id_), now=self.reception.clock())

    @property
    def _base(self) -> str:
        return f"{self.reception.settings.fhir_base}/$export"


def packed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the pieces compressed."""
    packer = zlib.compressobj(level=6, wbits=GZIP)
    for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()


def summary(export: BulkExport) -> str:
    """Return how far it is, in words without patient data."""
    return f"{export.kind_number} of {len(export.kinds)} types, {export.exported} resources"


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFoundError("no such export or group") from None
