"""Keeps what was answered to a request with an Idempotency-Key, and gives it again (REL-06)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import Request, Response
from sqlalchemy.orm import Session

from ingest.receipt import Answer, Sender
from ingest.receiving.router import FHIR_JSON, outcome
from ingest.repeats.service import HEADER, Reply, keyed, once

if TYPE_CHECKING:
    from datetime import datetime

    Work = Callable[[Session, Sender], Response]

KEPT = ("location", "etag", "last-modified", "cache-control")


@dataclass(frozen=True, slots=True)
class InParts:
    """Work of which some entries of a Bundle can be done alone."""

    do: Callable[[Session, Sender, frozenset[int] | None], Response]

    def __call__(self, session: Session, sender: Sender) -> Response:
        """Do all of it."""
        return self.do(session, sender, None)


def has_key(request: Request) -> bool:
    """Return whether a request names a key for itself and its repeats."""
    return HEADER in request.headers


def keeping(
    request: Request, body: bytes, work: Work, clock: Callable[[], datetime]
) -> Work | Answer:
    """Return the work that is done once for a key; as it is where there is none."""
    target = f"{request.url.path}?{request.url.query}"
    asked = keyed(request.headers, target, body, method=request.method)
    if asked is None or isinstance(asked, Answer):
        return work if asked is None else asked

    def just_once(session: Session, sender: Sender) -> Response:
        def answer(only: frozenset[int] | None) -> Reply:
            if only is not None and isinstance(work, InParts):
                return _reply(work.do(session, sender, only))
            return _reply(work(session, sender))

        given = once(session, sender.client_id, asked, answer, now=clock())
        if isinstance(given, Answer):
            return outcome(given)
        return Response(given.body, given.status, given.headers, media_type=FHIR_JSON)

    return just_once


def _reply(response: Response) -> Reply:
    said = {name: value for name, value in response.headers.items() if name in KEPT}
    return Reply(response.status_code, said, bytes(response.body).decode())
