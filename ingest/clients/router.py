"""How a device integration finds the token endpoint and gets a token, over HTTP."""

from __future__ import annotations

from asyncio import timeout
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from core.errors import InvalidError, UnauthenticatedError
from core.outward import Outward
from core.security import ASSERTION_ALGORITHMS
from ingest.clients.service import TokenPolicy, exchange_token, key_address
from ingest.keysets.service import KeySets
from ingest.receiving import router as receiving
from ingest.receiving.router import NO_STORE, limited
from ingest.smart import smart_configuration

if TYPE_CHECKING:
    from ingest.receiving.router import Reception

LONGEST_FORM = 64 << 10
OAUTH_ERRORS = {"unsupported_grant_type", "invalid_request", "invalid_scope"}
# What a browser may ask for from any page: only what says where and how (FHIR-02).
CORS = {"Access-Control-Allow-Origin": "*"}
CORS_ASKED = CORS | {"Access-Control-Allow-Methods": "GET, HEAD", "Access-Control-Max-Age": "600"}
DISCOVERY = ("/fhir/.well-known/smart-configuration", "/.well-known/smart-configuration")


def routes(reception: Reception) -> APIRouter:
    """Return the token endpoint and the documents that name it."""
    keysets = KeySets(Outward.of(reception.settings), reception.clock)
    desk, made = TokenDesk(reception, keysets), APIRouter()
    for path in DISCOVERY:
        made.add_api_route(path, desk.smart, methods=["GET", "HEAD"])
        made.add_api_route(path, asked_first, methods=["OPTIONS"])
    made.add_api_route("/auth/token", desk.token, methods=["POST"])
    return made


def token_url(reception: Reception) -> str:
    """Return the absolute address of the token endpoint."""
    return f"{reception.settings.base_url.rstrip('/')}/auth/token"


def asked_first() -> Response:
    """Answer a browser that asks whether it may ask."""
    return Response(status_code=204, headers={**CORS_ASKED, "Allow": "GET, HEAD, OPTIONS"})


@dataclass(frozen=True, slots=True)
class TokenDesk:
    """The handlers."""

    reception: Reception
    keysets: KeySets

    def smart(self) -> Response:
        """Say where and how to get a token (FHIR-02)."""
        said = smart_configuration(token_url(self.reception), ASSERTION_ALGORITHMS)
        return JSONResponse(said, headers=CORS)

    async def token(self, request: Request) -> Response:
        """Exchange a client assertion for a bearer token (SEC-01)."""
        gate = self.reception.gate
        if gate is not None and request.client is not None:
            gate.token(request.client.host)
        try:
            async with timeout(receiving.BODY_SECONDS):
                body = await limited(request, LONGEST_FORM)
        except TimeoutError:
            return _oauth_error(408, "invalid_request", "the form did not arrive in time")
        if body is None:
            return _oauth_error(400, "invalid_request", "the form is too long")
        form = dict(parse_qsl(body.decode(errors="replace")))
        return await run_in_threadpool(self._token, form)

    def _token(self, form: dict[str, str]) -> Response:
        reception = self.reception
        policy = TokenPolicy(token_url(reception), reception.secret)
        try:
            with reception.database.transaction() as session:
                address, kid = key_address(session, form)
            # Outside of any transaction: whoever answers slowly holds no connection of ours.
            keys = self.keysets.at(address, kid) if address else None
            with reception.database.transaction() as session:
                granted = exchange_token(session, form, policy, now=reception.clock(), fetched=keys)
        except InvalidError as error:
            code = error.field if error.field in OAUTH_ERRORS else "invalid_request"
            return _oauth_error(400, code, error.message)
        except UnauthenticatedError as error:
            return _oauth_error(401, "invalid_client", error.message)
        return JSONResponse(granted, headers={**NO_STORE, "Pragma": "no-cache"})


def _oauth_error(status: int, code: str, text: str) -> Response:
    return JSONResponse(
        {"error": code, "error_description": text}, status_code=status, headers=NO_STORE
    )
