"""A client that speaks for some people only, and so reads behind the second wall."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from core.security import SYSTEM, Caller
from ingest.binding.service import set_grant
from ingest.clients.service import register_client

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

SCOPES = frozenset({"system/*.rs"})


def bound_client(session: Session, whose: Iterable[UUID], *, now: datetime) -> Caller:
    """Register a client that may read all of these people, and nothing of anybody else."""
    client = register_client(session, f"bench-{uuid4()}", SCOPES, _keys(), bound=True, now=now)
    session.flush()
    for each in whose:
        set_grant(session, SYSTEM, (client, each), granted=True, now=now)
    session.flush()
    return Caller("client", client, scopes=SCOPES)


def _keys() -> dict[str, Any]:
    public = ec.generate_private_key(ec.SECP384R1()).public_key()
    return {"keys": [{**ECAlgorithm.to_jwk(public, as_dict=True), "kid": "bench"}]}
