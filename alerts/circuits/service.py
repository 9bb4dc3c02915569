"""Try a provider through its circuit, whoever the message is for (FT-24)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.circuit import Pass, after, passes
from alerts.notify.failure import DeliveryError
from alerts.receipts import repository as providers

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.pacing import Breaker

HELD_BACK = "circuit-open"


def through(
    session: Session,
    provider: str,
    breaker: Breaker,
    hand_over: Callable[[], object],
    *,
    now: datetime,
) -> DeliveryError | None:
    """Hand a message over, unless its provider is left alone; return why it was not taken.

    How a provider did is one record for all messages that go through it.
    """
    record = providers.record_of(session, provider)
    allowed = passes(record, breaker, now=now)
    if allowed is Pass.HELD_BACK or (
        allowed is Pass.PROBE and not providers.may_probe(session, provider)
    ):
        return DeliveryError(HELD_BACK)
    error = None
    try:
        hand_over()
    except DeliveryError as failure:
        error = failure
    failed = error is not None and error.provider
    if failed or record.failures:
        providers.keep(session, provider, after(record, failed=failed, now=now))
    return error
