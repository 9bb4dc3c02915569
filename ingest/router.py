"""The FHIR endpoint and the token endpoint over HTTP: reads bytes, calls a use case, answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.database import Database
from core.errors import ForbiddenError, InvalidError, NotFoundError, UnauthenticatedError
from core.security import ASSERTION_ALGORITHMS, Caller, new_secret, read_token
from core.settings import Settings
from fhir.capability import Interaction, Search, capability_statement
from fhir.outcome import operation_outcome
from fhir.stamp import stamp
from fhir.strict import BUNDLE, SINGLE
from ingest import service
from ingest.admission.service import Arrival, Gate
from ingest.answers import Answers, etag, headers, response_bundle
from ingest.archive.repository import Version, fetch
from ingest.clients.service import TokenPolicy
from ingest.negotiation import preferred, unacceptable, unreadable
from ingest.receipt import STORED, Answer, Posted, Sender, refuse
from ingest.smart import interactions, smart_configuration

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

FHIR_JSON = "application/fhir+json; charset=utf-8"
NO_STORE = {"Cache-Control": "no-store"}
LONGEST_FORM = 64 << 10
OAUTH_ERRORS = {"unsupported_grant_type", "invalid_request", "invalid_scope"}


def router(  # noqa: PLR0913 (what a door is made of)
    database: Database,
    settings: Settings,
    clock: Callable[[], datetime] = utc_now,
    *,
    also: Sequence[Interaction] = (),
    searches: Sequence[Search] = (),
    gate: Gate | None = None,
) -> APIRouter:
    """Return the routes of the door; `also` and `searches` are what other routers serve.

    Without a `gate` everybody may come in at any time.

    They raise `core.errors` for whoever is not known or may not; whoever mounts them turns
    these, and routes that do not exist, into OperationOutcomes.
    """
    secret = settings.secret_key.get_secret_value() if settings.secret_key else new_secret()
    door = Door(database, settings, secret, clock, tuple(also), tuple(searches), gate)
    routes = APIRouter()
    routes.add_api_route("/fhir/metadata", door.metadata, methods=["GET"])
    for path in ("/fhir/.well-known/smart-configuration", "/.well-known/smart-configuration"):
        routes.add_api_route(path, door.smart, methods=["GET"])
    routes.add_api_route("/auth/token", door.token, methods=["POST"])
    for path in ("/fhir", "/fhir/"):
        routes.add_api_route(path, door.bundle, methods=["POST"])
    routes.add_api_route("/fhir/{kind}", door.create, methods=["POST"])
    routes.add_api_route("/fhir/{kind}/{id_}", door.read, methods=["GET"])
    routes.add_api_route("/fhir/{kind}/{id_}/_history/{version}", door.read, methods=["GET"])
    return routes


@dataclass(frozen=True, slots=True)
class Door:
    """The handlers, with what they need to know."""

    database: Database
    settings: Settings
    secret: str
    clock: Callable[[], datetime]
    also: tuple[Interaction, ...] = ()
    searches: tuple[Search, ...] = ()
    gate: Gate | None = None

    async def create(self, kind: str, request: Request) -> Response:
        """Create one resource (FHIR-03, FHIR-04)."""
        caller = self._caller(request)
        body = await _body(request, SINGLE.size)
        if isinstance(body, Answer):
            return _outcome(body)
        await self._admitted(caller, kind, body)
        if kind not in STORED:
            return _outcome(refuse(404, "not-supported", f"stored here are {', '.join(STORED)}"))
        posted = Posted(0, kind, body, criteria=request.headers.get("if-none-exist", ""))
        wish = preferred(request.headers.get("prefer", ""))
        return await run_in_threadpool(self._create, caller, posted, wish)

    def _create(self, caller: Caller, posted: Posted, wish: str) -> Response:
        def work(session: Session, sender: Sender) -> tuple[Answer, Version | None]:
            answer = service.accept(session, sender, posted, now=self.clock())
            wanted = wish == "representation" or (not wish and not answer.issues)
            if answer.id is None or not wanted:
                return answer, None
            return answer, fetch(session, answer.type, answer.id, answer.version)

        done = self._work(caller, work)
        if isinstance(done, Answer):
            return _outcome(done)
        answer, version = done
        said = {**headers(answer, self.settings.fhir_base), **NO_STORE}
        if answer.refused or (version is None and wish != "minimal"):
            return _outcome(answer, said)
        body = _stamped(version) if version is not None else b""
        return Response(body, answer.status, said, media_type=FHIR_JSON)

    async def bundle(self, request: Request) -> Response:
        """Process a batch or a transaction (FHIR-07)."""
        caller = self._caller(request)
        body = await _body(request, BUNDLE.size)
        if isinstance(body, Answer):
            return _outcome(body)
        await self._admitted(caller, "Bundle", body)
        return await run_in_threadpool(self._bundle, caller, body)

    def _bundle(self, caller: Caller, body: bytes) -> Response:
        def work(session: Session, sender: Sender) -> Answers | Answer:
            return service.accept_bundle(session, sender, body, now=self.clock())

        done = self._work(caller, work)
        if isinstance(done, Answer):
            return _outcome(done)
        return JSONResponse(response_bundle(done), headers=NO_STORE, media_type=FHIR_JSON)

    def _work(self, caller: Caller, work: Callable[[Session, Sender], T]) -> T | Answer:
        """Run a use case in its own transaction, committed before anything is answered."""
        try:
            with self.database.transaction() as session:
                sender = service.sender_of(
                    session,
                    caller,
                    base=self.settings.fhir_base,
                    site_zone=self.settings.site_timezone,
                )
                return work(session, sender)
        except IntegrityError:
            return refuse(409, "conflict", "somebody else stores the same at this moment: retry")

    def read(self, request: Request, kind: str, id_: str, version: str = "") -> Response:
        """Return the latest or a named version, byte for byte but for its id and meta."""
        caller = self._caller(request)
        query = request.query_params.get("_format", "")
        if (no := unacceptable(request.headers.get("accept", ""), query)) is not None:
            return _outcome(no)
        found = self._found(caller, kind, id_, version)
        said = {
            "ETag": etag(found.version),
            "Last-Modified": format_datetime(found.received_at, usegmt=True),
            **NO_STORE,
        }
        if request.headers.get("if-none-match") == said["ETag"]:
            return Response(status_code=304, headers=said)
        return Response(_stamped(found), headers=said, media_type=FHIR_JSON)

    def _found(self, caller: Caller, kind: str, id_: str, version: str) -> Version:
        now = self.clock()
        try:
            with self.database.transaction() as session:
                service.sender_of(session, caller, base="", site_zone="")
                number = _number(version) if version else None
                return service.read_version(
                    session, caller, kind, _uuid(id_), version=number, now=now
                )
        except (ForbiddenError, NotFoundError):
            with self.database.transaction() as session:
                service.note_refused_read(session, caller, kind, now=now)
            raise

    def metadata(self) -> Response:
        """Declare what is served (FHIR-01); the only FHIR answer without a token."""
        statement = capability_statement(
            [*interactions(), *self.also],
            date=self.clock(),
            url=self.settings.fhir_base,
            token_url=self._token_url,
            searches=self.searches,
        )
        return JSONResponse(statement, media_type=FHIR_JSON)

    def smart(self) -> Response:
        """Say where and how to get a token (FHIR-02)."""
        return JSONResponse(
            smart_configuration(self._token_url, ASSERTION_ALGORITHMS),
            headers={"Access-Control-Allow-Origin": "*"},
        )

    async def token(self, request: Request) -> Response:
        """Exchange a client assertion for a bearer token (SEC-01)."""
        if self.gate is not None and request.client is not None:
            self.gate.token(request.client.host)
        body = await _limited(request, LONGEST_FORM)
        if body is None:
            return _oauth_error(400, "invalid_request", "the form is too long")
        form = dict(parse_qsl(body.decode(errors="replace")))
        return await run_in_threadpool(self._token, form)

    def _token(self, form: dict[str, str]) -> Response:
        policy = TokenPolicy(self._token_url, self.secret)
        try:
            with self.database.transaction() as session:
                granted = service.exchange_token(session, form, policy, now=self.clock())
        except InvalidError as error:
            code = error.field if error.field in OAUTH_ERRORS else "invalid_request"
            return _oauth_error(400, code, error.message)
        except UnauthenticatedError as error:
            return _oauth_error(401, "invalid_client", error.message)
        return JSONResponse(granted, headers={**NO_STORE, "Pragma": "no-cache"})

    @property
    def _token_url(self) -> str:
        return f"{self.settings.base_url.rstrip('/')}/auth/token"

    def _caller(self, request: Request) -> Caller:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise UnauthenticatedError("a bearer token is needed")
        caller = read_token(token.strip(), secret=self.secret, now=self.clock())
        if self.gate is not None and request.method == "GET":
            self.gate.reader(caller)
        return caller

    async def _admitted(self, caller: Caller, kind: str, body: bytes) -> None:
        """Raise `LaterError` where this may not come in now (SEC-36, REL-25)."""
        if self.gate is not None and caller.id is not None:
            await self.gate.admit(Arrival(caller.id, kind, body))


async def _body(request: Request, longest: int) -> bytes | Answer:
    """Return the received bytes, or why they are not read at all (SEC-32)."""
    query = request.query_params.get("_format", "")
    no = unreadable(request.headers) or unacceptable(request.headers.get("accept", ""), query)
    if no is not None:
        return no
    body = await _limited(request, longest)
    if body is None:
        return refuse(413, "too-long", f"at most {longest} bytes are accepted")
    return body


async def _limited(request: Request, longest: int) -> bytes | None:
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > longest:
        return None
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > longest:
            return None
    return bytes(body)


def _outcome(answer: Answer, said: dict[str, str] | None = None) -> Response:
    return JSONResponse(
        operation_outcome(answer.issues),
        status_code=answer.status,
        headers=said,
        media_type=FHIR_JSON,
    )


def _oauth_error(status: int, code: str, text: str) -> Response:
    return JSONResponse(
        {"error": code, "error_description": text}, status_code=status, headers=NO_STORE
    )


def _stamped(version: Version) -> bytes:
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
