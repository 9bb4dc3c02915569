"""FHIR search over HTTP: by GET, and by POST for what has no place in an address (SEC-24)."""

from __future__ import annotations

import re
from asyncio import timeout
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import parse_qsl
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

from app.fhir_api import service
from app.fhir_api.everything import NAME, everything
from app.fhir_api.paging import unseal
from app.fhir_api.scope import uuids
from core.asking import query_of
from core.clock import utc_now
from core.database import Database
from core.errors import ForbiddenError, NotFoundError, UnauthenticatedError
from core.security import Caller, new_secret, read_token
from core.settings import Settings
from fhir.capability import Interaction, Operation
from fhir.outcome import Refusal, operation_outcome, refusal
from fhir.search_parameters import SEARCHES, WRITTEN_HERE, Criteria, Place, read_search
from ingest.admission.service import Gate
from ingest.bundles.service import NOWHERE, Elsewhere
from ingest.entries import URL, Look
from ingest.negotiation import unacceptable
from ingest.receipt import Answer, refuse
from ingest.receiving import router as receiving
from ingest.service import reader_of
from monitoring.catalogue import preferred

FHIR_JSON = "application/fhir+json; charset=utf-8"
FORM = "application/x-www-form-urlencoded"
NO_STORE = {"Cache-Control": "no-store", "Vary": "Accept-Language"}
LONGEST_FORM = 64 << 10
_STRICT = re.compile(r"\bhandling=strict\b")
Pairs = tuple[tuple[str, str], ...]

INTERACTIONS = (
    *(Interaction("search-type", kind) for kind in SEARCHES),
    *(Interaction("read", kind) for kind in WRITTEN_HERE),
)
OPERATIONS = (
    Operation(
        "everything", "Patient", "http://hl7.org/fhir/OperationDefinition/Patient-everything"
    ),
)
DECLARED = tuple(each for searches in SEARCHES.values() for each in searches)


def router(
    database: Database,
    settings: Settings,
    clock: Callable[[], datetime] = utc_now,
    *,
    gate: Gate | None = None,
) -> APIRouter:
    """Return what `INTERACTIONS` declares (FHIR-01); mount it before the door's own routes."""
    secret = settings.secret_key.get_secret_value() if settings.secret_key else new_secret()
    desk = Desk(database, settings, secret, clock, gate)
    routes = APIRouter()
    for kind in SEARCHES:
        by_get, by_post = desk.handlers(kind)
        routes.add_api_route(f"/fhir/{kind}", by_get, methods=["GET", "HEAD"])
        routes.add_api_route(f"/fhir/{kind}/_search", by_post, methods=["POST"])
    routes.add_api_route("/fhir/Patient/{id_}/$everything", desk.everything, methods=["GET"])
    for kind in WRITTEN_HERE:
        routes.add_api_route(f"/fhir/{kind}/{{id_}}", desk.reader(kind), methods=["GET"])
    return routes


def inside_bundles(
    database: Database, settings: Settings, clock: Callable[[], datetime] = utc_now
) -> Elsewhere:
    """Return what answers the searches that are entries of a Bundle (FHIR-07)."""
    secret = settings.secret_key.get_secret_value() if settings.secret_key else new_secret()
    return Desk(database, settings, secret, clock).looked


@dataclass(frozen=True, slots=True)
class Desk:
    """Answers searches, with what it needs to know."""

    database: Database
    settings: Settings
    secret: str
    clock: Callable[[], datetime]
    gate: Gate | None = None

    def handlers(self, kind: str) -> tuple[Callable[..., object], Callable[..., object]]:
        """Return the handlers of one type, by GET and by POST."""

        def by_get(request: Request) -> Response:
            return self.answer(kind, self.caller(request), request, _pairs(request))

        async def by_post(request: Request) -> Response:
            caller = self.caller(request)
            form = await _form(request)
            if isinstance(form, Refusal):
                return _outcome(form)
            pairs = _pairs(request) + form
            return await run_in_threadpool(self.answer, kind, caller, request, pairs)

        return by_get, by_post

    def reader(self, kind: str) -> Callable[..., object]:
        """Return the handler that reads one resource that Wardlight itself wrote."""

        def read(request: Request, id_: str) -> Response:
            caller, pairs = self.caller(request), _pairs(request)

            def work(session: Session) -> bytes:
                asked = _spoken(request, self._asked(kind, caller, (), self.clock()))
                return service.read(session, caller, kind, id_, asked).body

            return self._work(kind, caller, request, pairs, work)

        return read

    def caller(self, request: Request) -> Caller:
        """Return who holds the bearer token."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise UnauthenticatedError("a bearer token is needed")
        caller = read_token(token.strip(), secret=self.secret, now=self.clock())
        if self.gate is not None:
            self.gate.reader(caller)
        return caller

    def everything(self, request: Request, id_: str) -> Response:
        """Return a page of all that is known of a patient."""
        caller, pairs = self.caller(request), _pairs(request)
        patient = next(iter(uuids([id_])), UUID(int=0))

        def work(session: Session) -> bytes:
            page = self._asked(f"{NAME}/{patient}", caller, pairs, self.clock())
            asked = _spoken(request, page)
            return everything(session, caller, patient, asked)

        return self._work(f"Patient/{NAME}", caller, request, pairs, work)

    def answer(self, kind: str, caller: Caller, request: Request, pairs: Pairs) -> Response:
        """Return the searchset, or why there is none."""
        strict = bool(_STRICT.search(request.headers.get("prefer", "")))

        def work(session: Session) -> bytes:
            asked = _spoken(request, self._asked(kind, caller, pairs, self.clock()))
            criteria = _read(kind, asked, strict=strict)
            return service.search(session, caller, criteria, asked)

        return self._work(kind, caller, request, pairs, work)

    def looked(self, session: Session, caller: Caller, look: Look) -> bytes | Answer:
        """Return what an entry of a Bundle looks for, in the Bundle's own transaction."""
        kind, _, rest = look.path.partition("/")
        pairs = tuple(parse_qsl(look.query, keep_blank_values=True))
        now = self.clock()
        try:
            if kind in SEARCHES and not rest:
                asked = self._asked(kind, caller, pairs, now)
                return service.search(session, caller, _read(kind, asked, strict=False), asked)
            if kind in WRITTEN_HERE and rest:
                asked = self._asked(kind, caller, (), now)
                return service.read(session, caller, kind, rest, asked).body
        except service.RefusedSearchError as error:
            service.note(session, caller, kind, now=now, outcome="refused")
            issues = tuple(replace(each, expression=URL) for each in error.refusal.issues)
            return Answer(error.refusal.status, issues)
        return refuse(405, "not-supported", NOWHERE, URL)

    def _work(
        self,
        kind: str,
        caller: Caller,
        request: Request,
        pairs: Pairs,
        work: Callable[[Session], bytes],
    ) -> Response:
        """Do it in its own transaction; a refusal is written down too (SEC-16)."""
        accept, format_ = request.headers.get("accept", ""), dict(pairs).get("_format", "")
        if no := unacceptable(accept, format_):
            return _outcome(Refusal(no.status, no.issues))
        try:
            with self.database.transaction() as session:
                reader_of(session, caller)
                body = work(session)
        except (service.RefusedSearchError, ForbiddenError, NotFoundError) as error:
            with self.database.transaction() as session:
                service.note(
                    session,
                    caller,
                    kind,
                    now=self.clock(),
                    outcome="refused",
                    query=query_of(pairs),
                )
            if not isinstance(error, service.RefusedSearchError):
                raise
            return _outcome(error.refusal)
        return Response(body, headers=NO_STORE, media_type=FHIR_JSON)

    def _asked(self, kind: str, caller: Caller, pairs: Pairs, now: datetime) -> service.Asked:
        place = Place(self.settings.fhir_base, ZoneInfo(self.settings.site_timezone), now)
        site = self.settings.site_language
        asked = service.Asked(pairs, place, self.secret, now, asof=now, language=site)
        links = [value for name, value in pairs if name == "_page"]
        if not links:
            return asked
        page = unseal(links[0], self.secret, now=now)
        if page is None or (page.kind, page.caller) != (kind, caller.id):
            text = "_page: this link is not valid any more; search again"
            raise service.RefusedSearchError(refusal(410, "expired", text))
        return service.continued(page, asked)


def _spoken(request: Request, asked: service.Asked) -> service.Asked:
    """Return the request in the language that it asks explanations in, else in the site's."""
    language = preferred(request.headers.get("accept-language", ""))
    return replace(asked, language=language or asked.language)


def _read(kind: str, asked: service.Asked, *, strict: bool) -> Criteria:
    criteria = read_search(kind, asked.pairs, asked.place, strict=strict)
    if isinstance(criteria, Refusal):
        raise service.RefusedSearchError(criteria)
    return criteria


def _pairs(request: Request) -> Pairs:
    return tuple(request.query_params.multi_items())


async def _form(request: Request) -> Pairs | Refusal:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        return refusal(415, "not-supported", f"the body must be {FORM}")
    try:
        async with timeout(receiving.BODY_SECONDS):
            body = await receiving.limited(request, LONGEST_FORM)
    except TimeoutError:
        return refusal(408, "timeout", f"the form must arrive within {receiving.BODY_SECONDS:g} s")
    if body is None:
        return refusal(413, "too-long", f"at most {LONGEST_FORM} bytes are accepted")
    return tuple(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))


def _outcome(refused: Refusal) -> Response:
    return JSONResponse(
        operation_outcome(refused.issues),
        status_code=refused.status,
        headers=NO_STORE,
        media_type=FHIR_JSON,
    )
