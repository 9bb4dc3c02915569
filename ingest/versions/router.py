"""Reading one resource by id over HTTP: its latest version, or a named one."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import format_datetime
from typing import TYPE_CHECKING
from uuid import UUID

from fastapi import APIRouter, Request, Response

from core.errors import ForbiddenError, NotFoundError
from fhir.stamp import stamp
from ingest import service
from ingest.answers import etag
from ingest.receiving.router import NO_STORE, outcome, resource, unacceptable_to

if TYPE_CHECKING:
    from core.security import Caller
    from ingest.archive.repository import Version
    from ingest.receiving.router import Reception


def routes(reception: Reception) -> APIRouter:
    """Return the routes of one resource."""
    shelf, made = Shelf(reception), APIRouter()
    for path in ("/fhir/{kind}/{id_}", "/fhir/{kind}/{id_}/_history/{version}"):
        made.add_api_route(path, shelf.read, methods=["GET", "HEAD"])
    return made


@dataclass(frozen=True, slots=True)
class Shelf:
    """The handlers."""

    reception: Reception

    def read(self, request: Request, kind: str, id_: str, version: str = "") -> Response:
        """Return the latest or a named version, byte for byte but for its id and meta."""
        caller = self.reception.caller(request)
        if (no := unacceptable_to(request)) is not None:
            return outcome(no)
        found = self._found(caller, kind, id_, version)
        said = {
            "ETag": etag(found.version),
            "Last-Modified": format_datetime(found.received_at, usegmt=True),
        }
        if request.headers.get("if-none-match") == said["ETag"]:
            return Response(status_code=304, headers={**said, **NO_STORE})
        return resource(request, stamped(found), said)

    def _found(self, caller: Caller, kind: str, id_: str, version: str) -> Version:
        now, database = self.reception.clock(), self.reception.database
        try:
            with database.transaction() as session:
                service.sender_of(session, caller, base="", site_zone="")
                number = _number(version) if version else None
                return service.read_version(
                    session, caller, kind, _uuid(id_), version=number, now=now
                )
        except (ForbiddenError, NotFoundError):
            with database.transaction() as session:
                service.note_refused_read(session, caller, kind, now=now)
            raise


def stamped(version: Version) -> bytes:
    """Return the received bytes with the id and version that they have here."""
    return stamp(
        version.body, id_=str(version.id), version=version.version, updated=version.received_at
    )


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFoundError("no such resource") from None


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > len("999999999"):
        raise NotFoundError("no such resource")
    return int(text)
