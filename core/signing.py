"""How a receiver knows that a message is ours, and we that a receipt is a gateway's (SEC-35).

Both ways as Standard Webhooks says: HMAC-SHA256 over id, time and body.
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

PREFIX = "whsec_"
SECRET_BYTES = 32
SHORTEST, LONGEST = 24, 64  # bytes of a key, as Standard Webhooks has it
TOLERANCE = timedelta(minutes=5)


def secret_from(random: bytes) -> str:
    """Return random bytes as a secret that the receiver's library understands."""
    return PREFIX + b64encode(random).decode()


def secrets_in(said: str) -> tuple[str, ...]:
    """Return the secrets that a setting lists, with commas between, the newest first.

    Raises
    ------
    ValueError
        Saying how one looks, and never repeating what was given.
    """
    found = tuple(each.strip() for each in said.split(",") if each.strip())
    for each in found:
        try:
            key = b64decode(each.removeprefix(PREFIX), validate=True)
        except ValueError:
            key = b""
        if not each.startswith(PREFIX) or not SHORTEST <= len(key) <= LONGEST:
            msg = f"must be {PREFIX} and {SHORTEST} to {LONGEST} bytes in base64"
            raise ValueError(msg)
    return found


def signed(body: bytes, secrets: Iterable[str], *, id_: str, now: datetime) -> dict[str, str]:
    """Return the three headers; each secret that is valid at the moment signs once.

    A repeat of a message has the id of the message, and a new time: a receiver refuses what
    is older than some minutes, and recognises by the id what it has.
    """
    stamp = str(int(now.timestamp()))
    signatures = (f"v1,{_signature(body, each, id_, stamp)}" for each in secrets)
    return {
        "webhook-id": id_,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(signatures),
    }


def verified(
    body: bytes, headers: Mapping[str, str], secrets: Iterable[str], *, now: datetime
) -> bool:
    """Return whether one of the secrets signed what came, within five minutes of now.

    `headers` have their names in lower case. Whether the id came before, is for the caller.
    """
    stamp = headers.get("webhook-timestamp", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= _LONGEST_STAMP):
        return False
    if abs(int(stamp) - now.timestamp()) > TOLERANCE.total_seconds():
        return False
    id_, given = headers.get("webhook-id", ""), headers.get("webhook-signature", "")
    said = [each.removeprefix("v1,").encode() for each in given.split() if each.startswith("v1,")]
    right = [_signature(body, each, id_, stamp).encode() for each in secrets]
    return bool(id_) and any(hmac.compare_digest(a, b) for a in said for b in right)


_LONGEST_STAMP = 12  # digits: some 30,000 years


def _signature(body: bytes, secret: str, id_: str, stamp: str) -> str:
    said = b".".join((id_.encode(), stamp.encode(), body))
    return b64encode(hmac.digest(b64decode(secret.removeprefix(PREFIX)), said, "sha256")).decode()
