"""A call to an address that a person gave us: signed, and sent nowhere inside (SEC-34, SEC-35)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from alerts.notify.failure import DeliveryError
from alerts.notify.gateway import posted
from core.signing import signed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.notify.email import Notice
    from core.outward import Outward

WAITING, TEST = "alert.waiting", "test"


def body_of(notice: Notice, *, kind: str = WAITING) -> bytes:
    """Return what is posted: the same bytes on every try."""
    data = {"delivery": str(notice.delivery_id), "link": notice.link}
    if kind == WAITING:
        data |= {"severity": notice.severity, "reference": notice.public_id}
    said = {"type": kind, "timestamp": notice.at.isoformat(), "data": data}
    return json.dumps(said).encode()


def send(
    outward: Outward, url: str, secrets: Sequence[str], *, said: tuple[str, bytes], now: datetime
) -> None:
    """Post a message, `said` as (its id, its body); raise `DeliveryError` where it is not taken."""
    id_, body = said
    if not secrets:
        raise DeliveryError("no-secret")
    headers = {"Content-Type": "application/json"} | signed(body, secrets, id_=id_, now=now)
    posted(outward, url, headers, body, now=now)
