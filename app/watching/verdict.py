"""Whether the outside may be told that all is well, and each reason why it may not (REL-33)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta

# Periods: a part that died is missed by the next ping but one, within three minutes.
WITHIN = 2.25


class Withheld(StrEnum):
    """Why the ping is not sent."""

    LOOP = "no-synthetic-reading-came-through-lately"
    AUDITOR = "the-auditor-has-not-looked-lately"
    BROKEN = "a-promise-is-broken"
    WORKERS = "a-worker-group-does-nothing"


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of the watch: when a round came through, when the auditor looked, what of."""

    completed_at: datetime | None
    looked_at: datetime | None
    broken: int = 0
    idle: int = 0


def withheld(seen: Seen, *, now: datetime, every: timedelta) -> tuple[Withheld, ...]:
    """Return why the ping is withheld; nothing where the loop and the auditor both are well."""
    after = now - WITHIN * every
    found = {
        Withheld.LOOP: seen.completed_at is None or seen.completed_at < after,
        Withheld.AUDITOR: seen.looked_at is None or seen.looked_at < after,
        Withheld.BROKEN: seen.broken > 0,
        Withheld.WORKERS: seen.idle > 0,
    }
    return tuple(why for why, holds in found.items() if holds)
