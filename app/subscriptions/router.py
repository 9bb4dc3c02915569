"""Subscriptions over HTTP: create, read, search, update, delete, `$status` and `$events`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any, TypeVar

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from app.subscriptions import service
from app.subscriptions.service import Desk, RefusedError, Shown
from app.subscriptions.wanted import TOPICS, topic_url
from core.clock import utc_now
from core.database import Database
from core.outward import Outward
from core.security import Caller, new_secret
from core.settings import Settings
from fhir.capability import Interaction, Operation, Search
from fhir.outcome import Refusal, operation_outcome, refusal
from fhir.strict import SINGLE, decode
from ingest.admission.service import Gate
from ingest.receipt import Answer
from ingest.receiving.router import FHIR_JSON, NO_STORE, Reception, read_body, unacceptable_to

SECRET_HEADER = "Webhook-Secret"  # noqa: S105 (the name of a header)
DEFINITIONS = "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/"
INTERACTIONS = tuple(
    Interaction(code, "Subscription")
    for code in ("create", "read", "update", "delete", "search-type")
)
OPERATIONS = tuple(
    Operation(name, "Subscription", f"{DEFINITIONS}backport-subscription-{name}")
    for name in ("status", "events")
)
DECLARED = (Search("Subscription", "_id", "token"), Search("Subscription", "status", "token"))
T = TypeVar("T")
LAST = 2**31 - 1


def topics(settings: Settings) -> list[str]:
    """Return the canonical addresses of what can be subscribed to."""
    return [topic_url(settings.fhir_base, name) for name in TOPICS]


def router(
    database: Database,
    settings: Settings,
    clock: Callable[[], datetime] = utc_now,
    *,
    outward: Outward | None = None,
    gate: Gate | None = None,
) -> APIRouter:
    """Return the routes; they go before those of the door, which take every type."""
    secret = settings.secret_key.get_secret_value() if settings.secret_key else new_secret()
    reception = Reception(database, settings, secret, clock, gate)
    hall = Hall(reception, outward or Outward.of(settings))
    routes = APIRouter(dependencies=[Depends(_spoken)])
    root = "/fhir/Subscription"
    for path, handler, method in (
        (root, hall.create, "POST"),
        (root, hall.search, "GET"),
        (f"{root}/$status", hall.status, "GET"),
        (f"{root}/$status", hall.status, "POST"),
        (f"{root}/{{id_}}/$status", hall.status, "GET"),
        (f"{root}/{{id_}}/$status", hall.status, "POST"),
        (f"{root}/{{id_}}/$events", hall.events, "GET"),
        (f"{root}/{{id_}}/$events", hall.events, "POST"),
        (f"{root}/{{id_}}/$renew-secret", hall.renew, "POST"),
        (f"{root}/{{id_}}", hall.read, "GET"),
        (f"{root}/{{id_}}", hall.update, "PUT"),
        (f"{root}/{{id_}}", hall.remove, "DELETE"),
    ):
        routes.add_api_route(path, handler, methods=[method])
    return routes


@dataclass(frozen=True, slots=True)
class Hall:
    """The handlers, with what they need to know."""

    reception: Reception
    outward: Outward

    async def create(self, request: Request) -> Response:
        """Take a subscription; the answer holds the secret of its messages, this once."""
        caller = self.reception.caller(request)
        body = await _body(request)
        if isinstance(body, Refusal):
            return _outcome(body)
        done = await run_in_threadpool(self._do, caller, lambda desk: service.create(desk, body))
        if isinstance(done, Refusal):
            return _outcome(done)
        said = {"Location": f"{self.reception.settings.fhir_base}/Subscription/{done.id}"}
        return _shown(done, 201, said | {SECRET_HEADER: done.secret})

    async def update(self, request: Request, id_: str) -> Response:
        """Replace a subscription."""
        caller = self.reception.caller(request)
        body = await _body(request)
        if isinstance(body, Refusal):
            return _outcome(body)
        match = request.headers.get("if-match", "")
        done = await run_in_threadpool(
            self._do, caller, lambda desk: service.update(desk, id_, body, match)
        )
        return _outcome(done) if isinstance(done, Refusal) else _shown(done)

    def read(self, request: Request, id_: str) -> Response:
        """Return a subscription without the headers it is sent with."""
        done = self._do(self.reception.caller(request), lambda desk: service.read(desk, id_))
        return _outcome(done) if isinstance(done, Refusal) else _shown(done)

    def remove(self, request: Request, id_: str) -> Response:
        """End a subscription."""
        done = self._do(self.reception.caller(request), lambda desk: service.remove(desk, id_))
        return _outcome(done) if isinstance(done, Refusal) else Response(status_code=204)

    def search(self, request: Request) -> Response:
        """Return the caller's own subscriptions."""
        unknown = set(request.query_params) - {"_id", "status", "_format", "_count"}
        caller = self.reception.caller(request)
        if unknown:
            text = "Subscription is searched by _id and status"
            return _outcome(refusal(400, "not-supported", text))
        asked = request.query_params
        done = self._do(
            caller,
            lambda desk: service.search(
                desk, _set(asked.getlist("_id")), _set(asked.getlist("status"))
            ),
        )
        if isinstance(done, Refusal):
            return _outcome(done)
        entries = [
            {
                "fullUrl": f"{self.reception.settings.fhir_base}/Subscription/{each.id}",
                "resource": each.resource,
                "search": {"mode": "match"},
            }
            for each in done
        ]
        found: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
        found |= {"total": len(done)} | ({"entry": entries} if entries else {})
        return _json(found)

    async def status(self, request: Request, id_: str = "") -> Response:
        """Return how one subscription stands, or those that are asked for."""
        caller = self.reception.caller(request)
        asked = await _asked(request)
        if isinstance(asked, Refusal):
            return _outcome(asked)
        ids = {id_} if id_ else set(_set(asked.get("id", [])))
        states = _set([] if id_ else asked.get("status", []))
        done = await run_in_threadpool(
            self._do, caller, lambda desk: service.status(desk, frozenset(ids), states)
        )
        return _outcome(done) if isinstance(done, Refusal) else _json(done)

    async def events(self, request: Request, id_: str) -> Response:
        """Return events by number."""
        caller = self.reception.caller(request)
        asked = await _asked(request)
        if isinstance(asked, Refusal):
            return _outcome(asked)
        numbers = [
            _number(asked.get(name, [default]))
            for name, default in (("eventsSinceNumber", "1"), ("eventsUntilNumber", str(LAST)))
        ]
        if None in numbers:
            text = "eventsSinceNumber and eventsUntilNumber are whole numbers"
            return _outcome(refusal(400, "invalid", text))
        since, until = (number or 0 for number in numbers)
        content = "".join(asked.get("content", [])[:1])
        done = await run_in_threadpool(
            self._do,
            caller,
            lambda desk: service.events(desk, id_, since=since, until=until, content=content),
        )
        return _outcome(done) if isinstance(done, Refusal) else _json(done)

    def renew(self, request: Request, id_: str) -> Response:
        """Make a new secret; both sign for a day."""
        done = self._do(self.reception.caller(request), lambda desk: service.renew(desk, id_))
        if isinstance(done, Refusal):
            return _outcome(done)
        parameter = {"name": "secret", "valueString": done}
        return _json({"resourceType": "Parameters", "parameter": [parameter]})

    def _do(self, caller: Caller, work: Callable[[Desk], T]) -> T | Refusal:
        try:
            with self.reception.database.transaction() as session:
                base = self.reception.settings.fhir_base
                return work(Desk(session, caller, base, self.outward, self.reception.clock()))
        except RefusedError as error:
            return error.refusal


def _spoken(request: Request) -> None:
    if unacceptable_to(request) is not None:
        raise HTTPException(406, "only application/fhir+json can be given")


async def _body(request: Request) -> bytes | Refusal:
    body = await read_body(request, SINGLE.size)
    return Refusal(body.status, body.issues) if isinstance(body, Answer) else body


async def _asked(request: Request) -> dict[str, list[str]] | Refusal:
    """Return the parameters of an operation: from the address, and from a Parameters body."""
    query = request.query_params
    asked = {name: query.getlist(name) for name in query}
    if request.method != "POST" or request.headers.get("content-length", "0") == "0":
        return asked
    body = await _body(request)
    document = body if isinstance(body, Refusal) else decode(body)
    if isinstance(document, Refusal):
        return document
    listed = document.get("parameter", [])
    for each in listed if isinstance(listed, list) else []:
        if isinstance(each, dict):
            values = [str(v) for k, v in each.items() if k.startswith("value")]
            asked.setdefault(str(each.get("name")), []).extend(values)
    return asked


def _set(values: list[str]) -> frozenset[str]:
    return frozenset(each for value in values for each in value.split(",") if each)


def _number(values: list[str]) -> int | None:
    text = values[0] if values else ""
    if not text.isascii() or not text.isdigit() or int(text[:12]) > LAST:
        return None
    return int(text[:12])


def _shown(shown: Shown, code: int = 200, said: dict[str, str] | None = None) -> Response:
    headers = {
        "ETag": f'W/"{shown.version}"',
        "Last-Modified": format_datetime(shown.updated, usegmt=True),
    }
    return _json(shown.resource, code, headers | (said or {}))


def _json(
    document: dict[str, Any], code: int = 200, said: dict[str, str] | None = None
) -> Response:
    body = json.dumps(document, ensure_ascii=False, default=str).encode()
    return Response(body, code, NO_STORE | (said or {}), media_type=FHIR_JSON)


def _outcome(refused: Refusal) -> Response:
    return JSONResponse(
        operation_outcome(refused.issues),
        status_code=refused.status,
        headers=NO_STORE,
        media_type=FHIR_JSON,
    )
