"""How a receiver knows that a message is ours: signed as Standard Webhooks says (SEC-35)."""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

PREFIX = "whsec_"
SECRET_BYTES = 32


def secret_from(random: bytes) -> str:
    """Return random bytes as a secret that the receiver's library understands."""
    return PREFIX + b64encode(random).decode()


def signed(body: bytes, secrets: Iterable[str], *, id_: str, now: datetime) -> dict[str, str]:
    """Return the three headers; each secret that is valid at the moment signs once.

    A repeat of a message has the id of the message, and a new time: a receiver refuses what
    is older than some minutes, and recognises by the id what it has.
    """
    stamp = str(int(now.timestamp()))
    said = b".".join((id_.encode(), stamp.encode(), body))
    signatures = (
        b64encode(hmac.digest(b64decode(each.removeprefix(PREFIX)), said, "sha256")).decode()
        for each in secrets
    )
    return {
        "webhook-id": id_,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{each}" for each in signatures),
    }
