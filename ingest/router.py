"""The FHIR endpoint over HTTP: reads bytes, calls a use case, answers."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.database import Database
from core.security import Caller, new_secret
from core.settings import Settings
from core.tracing import current
from fhir.capability import Interaction, Operation, Search, capability_statement
from fhir.strict import BUNDLE, SINGLE
from ingest import service
from ingest.admission.service import Gate
from ingest.answers import headers
from ingest.archive.repository import Version, fetch
from ingest.bundles.service import response
from ingest.clients.router import routes as of_tokens
from ingest.clients.router import token_url
from ingest.counter.service import Counter
from ingest.lookup.router import routes as of_lookup
from ingest.lookup.service import stamped
from ingest.negotiation import condition, preferred
from ingest.receipt import (
    CREATED,
    DELETABLE,
    STORED,
    Answer,
    Kind,
    Method,
    Posted,
    Sender,
    refuse,
)
from ingest.receiving.router import FHIR_JSON, NO_STORE, Reception, outcome, read_body
from ingest.repeats.router import InParts, has_key, keeping
from ingest.smart import interactions

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.bundles.service import Elsewhere
    from ingest.repeats.router import Work

T = TypeVar("T")
Asked = tuple[Posted, str]  # and what the answer is preferred to be
Given = tuple[Answer, Version | None]
OPEN_TO_ALL = {"Access-Control-Allow-Origin": "*"}
NO_ID = "put it to Type/id, or to Type?identifier=system|value"


def open_door(  # noqa: PLR0913 (what a door is made of)
    database: Database,
    settings: Settings,
    clock: Callable[[], datetime] = utc_now,
    *,
    also: Sequence[Interaction] = (),
    searches: Sequence[Search] = (),
    operations: Sequence[Operation] = (),
    topics: Sequence[str] = (),
    gate: Gate | None = None,
    elsewhere: Elsewhere | None = None,
) -> Door:
    """Return the handlers of the door, which also declares what other routers serve.

    Without a `gate` everybody may come in at any time. `elsewhere` answers the searches inside
    Bundles.
    """
    secret = settings.secret_key.get_secret_value() if settings.secret_key else new_secret()
    reception = Reception(database, settings, secret, clock, gate)
    return Door(
        reception, tuple(also), tuple(searches), tuple(operations), tuple(topics), elsewhere
    )


def router(
    database: Database, settings: Settings, clock: Callable[[], datetime] = utc_now, **said: Any
) -> APIRouter:
    """Return a door of its own with all its routes; see `open_door` for the arguments.

    They raise `core.errors` for whoever is not known or may not; whoever mounts them turns
    these, and routes that do not exist, into OperationOutcomes.
    """
    routes = APIRouter()
    door = open_door(database, settings, clock, **said)
    routes.include_router(for_readings(door))
    routes.include_router(for_the_rest(door))
    return routes


def for_readings(door: Door) -> APIRouter:
    """Return the routes of the many readings; mounted first, they are found first."""
    routes = APIRouter()
    routes.add_api_route("/fhir/Observation", door.observation, methods=["POST"])
    for path in ("/fhir", "/fhir/"):
        routes.add_api_route(path, door.bundle, methods=["POST"])
    return routes


def for_the_rest(door: Door) -> APIRouter:
    """Return the other routes; some name any type, so they are mounted last."""
    routes = APIRouter()
    routes.add_api_route("/fhir/metadata", door.metadata, methods=["GET", "HEAD"])
    routes.include_router(of_tokens(door.reception))
    routes.add_api_route("/fhir/{kind}", door.create, methods=["POST"])
    routes.add_api_route("/fhir/{kind}", door.update, methods=["PUT"])
    routes.add_api_route("/fhir/{kind}/{id_}", door.update, methods=["PUT"])
    for kind in DELETABLE:
        routes.add_api_route(f"/fhir/{kind}/{{id_}}", door.deleting(kind), methods=["DELETE"])
    routes.include_router(of_lookup(door.reception))
    return routes


@dataclass(slots=True)
class Door:
    """The handlers, with what they need to know; single readings go over the counter."""

    reception: Reception
    also: tuple[Interaction, ...] = ()
    searches: tuple[Search, ...] = ()
    operations: tuple[Operation, ...] = ()
    topics: tuple[str, ...] = ()
    elsewhere: Elsewhere | None = None
    counter: Counter[Asked, Given] = field(init=False)

    def __post_init__(self) -> None:
        """Open the counter."""
        self.counter = Counter(self.together)

    async def observation(self, request: Request) -> Response:
        """Create one reading (FHIR-03)."""
        return await self.create(Kind.OBSERVATION, request)

    async def create(self, kind: str, request: Request) -> Response:
        """Create one resource (FHIR-03, FHIR-04)."""
        caller = self.reception.caller(request)
        body = await read_body(request, SINGLE.size)
        if isinstance(body, Answer):
            return outcome(body)
        await self.reception.admit(caller, kind, body)
        if kind not in STORED:
            return outcome(refuse(404, "not-supported", f"stored here are {', '.join(STORED)}"))
        posted = Posted(0, kind, body, criteria=condition(request.headers), trace=current())
        wish = preferred(request.headers.get("prefer", ""))
        if kind == Kind.OBSERVATION and not posted.criteria and not has_key(request):
            return self._said(await self.counter.take(caller, (posted, wish)), wish)
        return await self._once(caller, request, body, self._create(posted, wish))

    def together(self, caller: Hashable, asked: Sequence[Asked]) -> list[Given]:
        """Store what one caller sent in separate requests, in one transaction."""
        if not isinstance(caller, Caller):
            raise TypeError("a line is a caller's")

        def work(session: Session, sender: Sender) -> list[Given]:
            now, posted = self.reception.clock(), [each for each, _ in asked]
            answers = service.accept_each(session, sender, posted, now=now)
            return [
                (answer, _version(session, answer, each[0]) if wanted(answer, each[1]) else None)
                for answer, each in zip(answers, asked, strict=True)
            ]

        if len(asked) > 1:
            return self._transaction(caller, work)
        done = self._work(caller, work)
        return [(done, None)] if isinstance(done, Answer) else done

    async def update(self, kind: str, request: Request, id_: str = "") -> Response:
        """Put a resource in the place of what has this id or identifier, or create it (FHIR-05)."""
        caller = self.reception.caller(request)
        body = await read_body(request, SINGLE.size)
        if isinstance(body, Answer):
            return outcome(body)
        await self.reception.admit(caller, kind, body)
        if kind not in STORED:
            return outcome(refuse(404, "not-supported", f"stored here are {', '.join(STORED)}"))
        if not id_ and not request.url.query:
            return outcome(refuse(405, "not-supported", NO_ID), {"Allow": "GET, HEAD, POST"})
        posted = Posted(
            0,
            kind,
            body,
            method=Method.PUT,
            id=id_,
            criteria="" if id_ else request.url.query,
            if_match=request.headers.get("if-match", ""),
            if_none_match=request.headers.get("if-none-match", ""),
        )
        wish = preferred(request.headers.get("prefer", ""))
        return await self._once(caller, request, body, self._create(posted, wish))

    def deleting(self, kind: str) -> Callable[..., object]:
        """Return the handler that deletes resources of one type, where that is served."""

        def delete(request: Request, id_: str) -> Response:
            """Delete a resource; its versions stay, and reading it says that it is gone."""
            caller = self.reception.caller(request)
            match = request.headers.get("if-match", "")
            posted = Posted(0, kind, b"", method=Method.DELETE, id=id_, if_match=match)
            done = self._work(caller, self._create(posted, "minimal"))
            return outcome(done) if isinstance(done, Answer) else done

        return delete

    def _create(self, posted: Posted, wish: str) -> Work:
        def work(session: Session, sender: Sender) -> Response:
            answer = service.accept(session, sender, posted, now=self.reception.clock())
            if answer.id is None or not wanted(answer, wish):
                return self._said((answer, None), wish)
            found = fetch(session, answer.type, answer.id, answer.version)
            return self._said((answer, found), wish)

        return work

    async def _once(self, caller: Caller, request: Request, body: bytes, work: Work) -> Response:
        """Answer in one transaction, and what was answered before under its key as then."""
        just_once = keeping(request, body, work, self.reception.clock)
        if isinstance(just_once, Answer):
            return outcome(just_once)
        done = await run_in_threadpool(self._work, caller, just_once)
        return outcome(done) if isinstance(done, Answer) else done

    def _said(self, given: Given, wish: str) -> Response:
        answer, version = given
        said = {**headers(answer, self.reception.settings.fhir_base), **NO_STORE}
        if answer.refused or (version is None and wish != "minimal"):
            return outcome(answer, said)
        body = stamped(version, called=answer.called) if version is not None else b""
        return Response(body, answer.status, said, media_type=FHIR_JSON)

    async def bundle(self, request: Request) -> Response:
        """Process a batch or a transaction (FHIR-07)."""
        caller = self.reception.caller(request)
        body = await read_body(request, BUNDLE.size)
        if isinstance(body, Answer):
            return outcome(body)
        await self.reception.admit(caller, "Bundle", body)
        return await self._once(caller, request, body, self._bundle(body))

    def _bundle(self, body: bytes) -> Work:
        def work(session: Session, sender: Sender, only: frozenset[int] | None) -> Response:
            now, look = self.reception.clock(), self.elsewhere
            done = service.accept_bundle(session, sender, body, only, now=now, elsewhere=look)
            if isinstance(done, Answer):
                return outcome(done)
            return Response(response(done), headers=NO_STORE, media_type=FHIR_JSON)

        return InParts(work)

    def _work(self, caller: Caller, work: Callable[[Session, Sender], T]) -> T | Answer:
        """Run a use case in its own transaction, committed before anything is answered."""
        try:
            return self._transaction(caller, work)
        except IntegrityError:
            return refuse(409, "conflict", "somebody else stores the same at this moment: retry")

    def _transaction(self, caller: Caller, work: Callable[[Session, Sender], T]) -> T:
        settings = self.reception.settings
        with self.reception.database.transaction() as session:
            sender = service.sender_of(
                session, caller, base=settings.fhir_base, site_zone=settings.site_timezone
            )
            return work(session, sender)

    def metadata(self) -> Response:
        """Declare what is served (FHIR-01); the only FHIR answer without a token."""
        statement = capability_statement(
            [*interactions(), *self.also],
            date=self.reception.clock(),
            url=self.reception.settings.fhir_base,
            token_url=token_url(self.reception),
            searches=self.searches,
            operations=self.operations,
            topics=self.topics,
            cors=bool(self.reception.settings.cors_origins),
        )
        return JSONResponse(statement, media_type=FHIR_JSON, headers=OPEN_TO_ALL)


def wanted(answer: Answer, wish: str) -> bool:
    """Return whether the stored resource is to be the answer's body."""
    return answer.id is not None and (wish == "representation" or (not wish and not answer.issues))


def _version(session: Session, answer: Answer, posted: Posted) -> Version | None:
    """Return what is stored: where it has just been created, what was received."""
    if answer.id is None or answer.status != CREATED or answer.modified is None:
        return fetch(session, answer.type, answer.id, answer.version) if answer.id else None
    return Version(
        answer.type, answer.id, answer.version, answer.patient_id, answer.modified, posted.raw
    )
