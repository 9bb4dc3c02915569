"""Answers a request that carries an Idempotency-Key once, and its repeats as the first (REL-06)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from core.sealed_fields import seal, unseal
from core.sealing import keyring_of
from fhir.refused_entries import merged, refused_in
from ingest.archive.repository import lock
from ingest.receipt import Answer, refuse
from ingest.repeats.tables import AnsweredRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

HEADER = "idempotency-key"
CONDITIONS = ("if-none-exist", "if-match", "if-none-match")
REPLAYED = {"Idempotency-Replayed": "true"}
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_WRITTEN = 300  # statuses below it say that something was done


@dataclass(frozen=True, slots=True)
class Keyed:
    """The key of a request, and the digest by which another request under it is told apart."""

    key: str
    digest: str


class Reply(msgspec.Struct, frozen=True):
    """What was answered, as it goes over the wire."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""


def keyed(
    headers: Mapping[str, str], target: str, body: bytes, *, method: str
) -> Keyed | Answer | None:
    """Return the key that a request carries, None without one, or why it cannot be one."""
    key = headers.get(HEADER)
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        text = "an Idempotency-Key has 1 to 255 printable ASCII characters and no space"
        return refuse(400, "value", text, "http.Idempotency-Key")
    conditions = (f"{name}:{headers.get(name, '')}" for name in CONDITIONS)
    said = "\n".join((method, target, *conditions)).encode()
    return Keyed(key, sha256(said + b"\n" + body).hexdigest())


def once(
    session: Session,
    client_id: UUID,
    asked: Keyed,
    answer: Callable[[frozenset[int] | None], Reply],
    *,
    now: datetime,
) -> Reply | Answer:
    """Return the answer, given now or given before; or why the key cannot be used again.

    A second request under the key waits here until the first one's transaction has ended. What
    was refused is not kept: nothing was stored, so it may be put right under the same key. So
    `answer` is asked for the whole (None), and later for those entries of a batch, by their
    index, that were refused before (decision 0062).
    """
    ring = keyring_of(session)
    key = UUID(bytes=ring.blind(str(client_id), HEADER, asked.key))
    digest = ring.blind(str(client_id), HEADER, asked.key, asked.digest)
    lock(session, [f"{HEADER}|{key}"])
    known = session.get(AnsweredRequest, key)
    if known is None:
        given = answer(None)
        if given.status < _WRITTEN:
            sealed = seal(session, AnsweredRequest.answer, _text(given), key=key)
            row = AnsweredRequest(key=key, digest=digest, answer=sealed, answered_at=now)
            session.add(row)
        return given
    if known.digest != digest:
        text = "this Idempotency-Key stands for another request: give each request a key of its own"
        return refuse(422, "business-rule", text, "http.Idempotency-Key")
    text = unseal(session, AnsweredRequest.answer, known.answer, key=key)
    said = msgspec.json.decode(text, type=Reply)
    refused = refused_in(said.body)
    if refused and (again := answer(refused)).status < _WRITTEN:
        said = Reply(said.status, said.headers, merged(said.body, again.body))
        known.answer = seal(session, AnsweredRequest.answer, _text(said), key=key)
    return Reply(said.status, said.headers | REPLAYED, said.body)


def _text(reply: Reply) -> str:
    return msgspec.json.encode(reply).decode()
