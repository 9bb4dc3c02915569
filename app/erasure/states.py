"""When somebody may be erased, and on what ground; pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

COOLING_OFF = timedelta(hours=72)


class State(StrEnum):
    """How far an erasure is."""

    ASKED = "asked"  # waits for the second look
    CONFIRMED = "confirmed"  # is being carried out
    DONE = "done"
    WITHDRAWN = "withdrawn"


class Ground(StrEnum):
    """Why somebody is erased, by Art. 17(1) GDPR; no free text, since it is kept for ever."""

    UNNEEDED = "unneeded"  # (a)
    CONSENT = "consent"  # (b)
    OBJECTED = "objected"  # (c)
    UNLAWFUL = "unlawful"  # (d)
    OBLIGED = "obliged"  # (e)


WORDS = {
    Ground.UNNEEDED: "The data are no longer needed",
    Ground.CONSENT: "Consent was withdrawn",
    Ground.OBJECTED: "The person objects",
    Ground.UNLAWFUL: "The data were processed unlawfully",
    Ground.OBLIGED: "The law obliges us to erase",
}


def wait_of(
    asked_by: UUID | None, asked_at: datetime, caller: UUID | None, now: datetime
) -> timedelta:
    """Return how long a caller has to wait before they may confirm what somebody asked for.

    Another person may at once: that is the second look. Who asked, or an operator at the command
    line (who is no person here), waits for the cooling-off.
    """
    if caller is not None and caller != asked_by:
        return timedelta()
    return max(timedelta(), asked_at + COOLING_OFF - now)


def binds(until: datetime | None, released_at: datetime | None, now: datetime) -> bool:
    """Return whether a legal hold still forbids erasure; without an end it does until released."""
    return released_at is None and (until is None or until > now)
