"""Links to further pages: encrypted and signed, so that they neither tell nor accept anything."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken

LIFETIME_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Link:
    """Where a search goes on: after `mark`, as the record stood at `asof`."""

    kind: str
    caller: UUID | None
    pairs: tuple[tuple[str, str], ...]
    asof: datetime
    mark: tuple[str, ...]


def seal(link: Link, secret: str, *, now: datetime) -> str:
    """Return the link as a text that only this program can read or make (FHIR-12, SEC-24)."""
    said = {
        "kind": link.kind,
        "caller": str(link.caller or ""),
        "pairs": link.pairs,
        "asof": link.asof.isoformat(),
        "mark": link.mark,
    }
    sealed = _box(secret).encrypt_at_time(json.dumps(said).encode(), int(now.timestamp()))
    return sealed.decode().rstrip("=")


def unseal(text: str, secret: str, *, now: datetime) -> Link | None:
    """Return the link, or None where it is not one of ours or is older than an hour."""
    padded = text + "=" * (-len(text) % 4)
    try:
        opened = _box(secret).decrypt_at_time(
            padded.encode(), ttl=LIFETIME_SECONDS, current_time=int(now.timestamp())
        )
    except InvalidToken:
        return None
    said = json.loads(opened)
    return Link(
        kind=said["kind"],
        caller=UUID(said["caller"]) if said["caller"] else None,
        pairs=tuple((name, value) for name, value in said["pairs"]),
        asof=datetime.fromisoformat(said["asof"]),
        mark=tuple(said["mark"]),
    )


def _box(secret: str) -> Fernet:
    return Fernet(urlsafe_b64encode(sha256(b"search page " + secret.encode()).digest()))
