"""Which web pages of other origins may call the interfaces for machines (CORS)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Receive, Scope, Send

# For machines, with a bearer token. People's pages, which have cookies, are never opened.
OPENED = ("/fhir", "/auth/token")
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")
SENT = (
    "Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-Modified-Since",
    "If-None-Exist", "If-None-Match", "Prefer",
)  # fmt: skip
READ = (
    "Content-Location", "ETag", "Idempotency-Replayed", "Last-Modified", "Location",
    "Retry-After", "X-Progress",
)  # fmt: skip


@dataclass(slots=True)
class Origins:
    """Lets the listed origins in, and adds nothing to what all others are answered."""

    app: ASGIApp
    listed: frozenset[str]
    opened: CORSMiddleware = field(init=False)

    def __post_init__(self) -> None:
        """Wrap the application for those who are let in."""
        self.opened = CORSMiddleware(
            self.app,
            allow_origins=sorted(self.listed),
            allow_methods=METHODS,
            allow_headers=SENT,
            expose_headers=READ,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, by way of the wrapped application where the origin is listed."""
        of_machines = scope["type"] == "http" and scope["path"].startswith(OPENED)
        known = of_machines and Headers(scope=scope).get("origin", "") in self.listed
        await (self.opened if known else self.app)(scope, receive, send)


def open_to(web: FastAPI, setting: str) -> None:
    """Let the origins in that a setting lists; where it lists none, nothing is added."""
    origins = frozenset(each.strip().rstrip("/") for each in setting.split(",") if each.strip())
    if origins:
        web.add_middleware(Origins, listed=origins)
