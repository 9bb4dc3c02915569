"""Reading one resource by id over HTTP: its latest version, a named one, its history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from email.utils import format_datetime
from typing import TYPE_CHECKING, TypeVar

import msgspec
from fastapi import APIRouter, Request, Response

from core.errors import ForbiddenError, NotFoundError
from ingest.addresses import id_here
from ingest.answers import etag, history_bundle
from ingest.clients.service import reader_of
from ingest.lookup import service
from ingest.lookup.service import Address, stamped, unchanged
from ingest.receipt import refuse
from ingest.receiving.router import NO_STORE, outcome, resource, unacceptable_to

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from core.security import Caller
    from ingest.receipt import Answer
    from ingest.receiving.router import Reception

T = TypeVar("T")
LARGEST_VERSION = 999_999_999
MOST_VERSIONS = 100  # on one page of a history
USUAL_VERSIONS = 50


def routes(reception: Reception) -> APIRouter:
    """Return the routes of one resource."""
    shelf, made = Shelf(reception), APIRouter()
    resource_ = "/fhir/{kind}/{id_}"
    made.add_api_route(resource_, shelf.read, methods=["GET", "HEAD"])
    made.add_api_route(f"{resource_}/_history", shelf.history, methods=["GET", "HEAD"])
    made.add_api_route(f"{resource_}/_history/{{version}}", shelf.read, methods=["GET", "HEAD"])
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
        number = _number(version) if version else None
        address = Address(kind, id_, number)
        found = self._asked(
            caller,
            kind,
            lambda session: service.read(session, caller, address, now=self.reception.clock()),
        )
        said = {
            "ETag": etag(found.version),
            "Last-Modified": format_datetime(found.received_at.astimezone(UTC), usegmt=True),
        }
        if unchanged(found, request.headers):
            return Response(status_code=304, headers={**said, **NO_STORE})
        return resource(request, stamped(found, called=id_), said)

    def history(self, request: Request, kind: str, id_: str) -> Response:
        """Return a page of the versions, newest first (FHIR-05)."""
        caller = self.reception.caller(request)
        if (no := unacceptable_to(request)) is not None:
            return outcome(no)
        span = _span(request)
        if not isinstance(span, tuple):
            return outcome(span)
        before, count = span
        now, address = self.reception.clock(), Address(kind, id_, before)
        page = self._asked(
            caller,
            kind,
            lambda session: service.history(session, caller, address, count=count, now=now),
        )
        base = f"{self.reception.settings.fhir_base}/{kind}"
        said = history_bundle(page.versions, f"{base}/{id_}", own=id_here(id_) is None)
        said["total"] = page.total
        said["link"] = _links(f"{base}/{id_}/_history", page, span)
        for entry, each in zip(said["entry"], page.versions, strict=True):
            if each.body:
                entry["resource"] = msgspec.Raw(stamped(each, called=id_))
        return resource(request, msgspec.json.encode(said), {})

    def _asked(self, caller: Caller, kind: str, work: Callable[[Session], T]) -> T:
        """Run a read in its own transaction; a refusal is written down in another."""
        now, database = self.reception.clock(), self.reception.database
        try:
            with database.transaction() as session:
                reader_of(session, caller)
                return work(session)
        except (ForbiddenError, NotFoundError):
            with database.transaction() as session:
                service.note_refused(session, caller, kind, now=now)
            raise


def _links(address: str, page: service.Page, span: tuple[int | None, int]) -> list[dict[str, str]]:
    before, count = span
    start = f"&_before={before}" if before is not None else ""
    links = [{"relation": "self", "url": f"{address}?_count={count}{start}"}]
    if page.more:
        on = f"{address}?_count={count}&_before={page.versions[-1].version}"
        links.append({"relation": "next", "url": on})
    return links


def _span(request: Request) -> tuple[int | None, int] | Answer:
    """Return the version to begin before and the size of a page, or why they are not clear."""
    texts = {name: request.query_params.get(name, "") for name in ("_before", "_count")}
    for name, text in texts.items():
        if text and not (text.isascii() and text.isdigit() and int(text[:12]) <= LARGEST_VERSION):
            return refuse(400, "value", f"{name} must be a number", name)
    if unknown := set(request.query_params) - texts.keys() - {"_format", "_pretty"}:
        text = "a history is read with _count and the link to its next page, and nothing else"
        return refuse(400, "not-supported", text, "_since" if "_since" in unknown else "")
    count = min(int(texts["_count"] or USUAL_VERSIONS), MOST_VERSIONS)
    return (int(texts["_before"]) if texts["_before"] else None), max(count, 1)


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > len(str(LARGEST_VERSION)):
        raise NotFoundError("no such resource")
    return int(text)
