"""Which step is due when, and whether a due step still counts (REL-14, REL-15, AL-12, AL-13)."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from alerts.policy import Channel, To
from alerts.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta
    from uuid import UUID

    from alerts.lifecycle import State
    from alerts.policy import Rung, Tier

JITTER = 0.2


class Kind(StrEnum):
    """What a step does when it is due."""

    NOTIFY = "notify"
    REPEAT = "repeat"
    REMIND = "remind"
    EXPIRE = "expire"


class StepState(StrEnum):
    """Where a step stands."""

    WAITING = "waiting"
    FIRED = "fired"
    CANCELLED = "cancelled"  # the alert moved on and took it back
    STALE = "stale"  # it was tried after the alert had moved on


@dataclass(frozen=True, slots=True)
class Planned:
    """A step to be written."""

    position: int
    kind: Kind
    due_at: datetime
    to: To
    channel: Channel
    reason: Reason


def chain(tier: Tier, *, start: datetime, reason: Reason) -> tuple[Planned, ...]:
    """Return every step of a tier's chain, the ones due at once carrying `reason`."""
    return tuple(
        _planned(rung, position, start=start, reason=_reason(rung, reason))
        for position, rung in enumerate(tier.rungs)
    )


def _reason(rung: Rung, first: Reason) -> Reason:
    return Reason.NOT_ACKNOWLEDGED if rung.after else first


def _planned(rung: Rung, position: int, *, start: datetime, reason: Reason) -> Planned:
    kind = Kind.REPEAT if reason is Reason.REPEAT else Kind.NOTIFY
    return Planned(position, kind, start + rung.after, rung.to, rung.channel, reason)


def repeats(tier: Tier, *, after: int, waiting: int, now: datetime) -> tuple[Planned, ...]:
    """Return the steps that follow when nothing waits any more: an alarm never goes quiet.

    They are counted from now, not from when they were missed, so that an outage of a day is
    followed by one repeat and not by all that would have been (REL-29).
    """
    if waiting:
        return ()
    return tuple(
        _planned(rung, after + 1 + index, start=now, reason=Reason.REPEAT)
        for index, rung in enumerate(tier.repeat)
    )


def holding(tier: Tier, *, start: datetime) -> tuple[Planned, ...]:
    """Return the timers of an acknowledgement: a reminder to its owner, then its end."""
    return (
        Planned(0, Kind.REMIND, start + tier.reminder, To.OWNER, Channel.INBOX, Reason.ACK_ENDING),
        Planned(1, Kind.EXPIRE, start + tier.holds, To.OWNER, Channel.INBOX, Reason.ACK_EXPIRED),
    )


def counts(step: StepState, fence: int, alert: State, alert_fence: int) -> bool:
    """Return whether a due step may still act: it waits, and nothing moved since its planning."""
    return step is StepState.WAITING and fence == alert_fence and not alert.ended


_WORDS = {
    To.RESPONSIBLE: "responsible physician",
    To.BACKUP: "backup physician",
    To.TEAM: "care team",
    To.FALLBACK: "fallback team",
    To.SUPPORT: "data-quality support",
    To.OWNER: "owner",
}


def words(kind: Kind, to: To) -> str:
    """Return what a waiting step will do, as a page says it."""
    if kind is Kind.EXPIRE:
        return "acknowledgement ends"
    return f"reminder to the {_WORDS[to]}" if kind is Kind.REMIND else _WORDS[to]


def lateness(due_at: datetime, now: datetime) -> float:
    """Return by how many seconds a step missed its time."""
    return max(0.0, (now - due_at).total_seconds())


def next_try(
    delivery_id: UUID, tried: int, waits: Sequence[timedelta], *, now: datetime
) -> datetime | None:
    """Return when to try again after `tried` failures, or None after the last try.

    The jitter is taken from the id, so that a repeated computation gives the same time and
    a thousand failures at one moment do not return at one moment.
    """
    if tried > len(waits):
        return None
    share = zlib.crc32(f"{delivery_id}:{tried}".encode()) / 2**32
    return now + waits[tried - 1] * (1 + JITTER * share)
