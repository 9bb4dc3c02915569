"""How handing a message over can fail, whatever the channel: what decides about the next try."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST_WAIT = timedelta(hours=24)  # a provider may ask for more patience, and gets this much


class DeliveryError(Exception):
    """The message was not taken; `code` is safe to store and to log.

    Parameters
    ----------
    code : str
        What failed, without an address and without the provider's words.
    gone : bool
        Whether this address will never take one: it is switched off, and the alert moves on.
    wait : timedelta or None
        How long the provider asked to be left alone (`Retry-After`).
    provider : bool
        Whether the fault is the provider's own, so that others through it would fail as well:
        what opens the circuit.
    """

    def __init__(
        self,
        code: str,
        *,
        gone: bool = False,
        wait: timedelta | None = None,
        provider: bool = False,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.gone = gone
        self.wait = wait
        self.provider = provider


def retry_after(said: str, *, now: datetime) -> timedelta | None:
    """Return the wait that a `Retry-After` header asks for: seconds, or an HTTP date."""
    if said.isascii() and said.isdigit():
        asked = min(timedelta(seconds=int(said[:9])), LONGEST_WAIT)
    else:
        try:
            at = parsedate_to_datetime(said)
        except ValueError:
            return None
        asked = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    return min(max(asked, timedelta()), LONGEST_WAIT)
