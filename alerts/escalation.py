"""Which step is due when, and whether a due step still counts (REL-14, REL-15, AL-12, AL-13)."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
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
    LAPSE = "lapse"  # of a claim
    WAKE = "wake"  # of a snooze
    RETURN = "return"  # of a delegation that nobody answered


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
    rung: int | None = None  # its place in the chain, where it is one of the chain's


def chain(tier: Tier, *, start: datetime, reason: Reason) -> tuple[Planned, ...]:
    """Return every step of a tier's chain, the ones due at once carrying `reason`."""
    return tuple(
        replace(_planned(rung, place, start=start, reason=_reason(rung, reason)), rung=place)
        for place, rung in enumerate(tier.rungs)
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


def holding(tier: Tier, *, start: datetime, until: datetime | None = None) -> tuple[Planned, ...]:
    """Return the timers of an acknowledgement: a reminder to its owner, then its end.

    `until` is an end that was set before and stays.
    """
    end = until or start + tier.holds
    remind = max(start, end - (tier.holds - tier.reminder))
    return (
        Planned(0, Kind.REMIND, remind, To.OWNER, Channel.INBOX, Reason.ACK_ENDING),
        Planned(1, Kind.EXPIRE, end, To.OWNER, Channel.INBOX, Reason.ACK_EXPIRED),
    )


def lapsing(position: int, *, at: datetime) -> Planned:
    """Return the end of a claim."""
    return Planned(position, Kind.LAPSE, at, To.OWNER, Channel.INBOX, Reason.CLAIM_LAPSED)


def waking(*, at: datetime) -> Planned:
    """Return the end of a snooze."""
    return Planned(0, Kind.WAKE, at, To.OWNER, Channel.INBOX, Reason.SNOOZE_ENDED)


def asking(
    channels: Sequence[Channel], *, first: int, at: datetime, until: datetime
) -> tuple[Planned, ...]:
    """Return how a new owner is told, and when the alert goes back if nobody answers."""
    told = (
        Planned(first + index, Kind.NOTIFY, at, To.OWNER, channel, Reason.DELEGATED)
        for index, channel in enumerate(channels)
    )
    last = first + len(channels)
    back = Planned(last, Kind.RETURN, until, To.OWNER, Channel.INBOX, Reason.NOT_ANSWERED)
    return (*told, back)


def onward(tier: Tier, reached: int | None, *, first: int, now: datetime) -> list[Planned]:
    """Return the next steps of a chain, due now because a person asked for it.

    `reached` is the place in the chain of the last step that acted, None where none did; past
    the end of the chain its repeat is next.
    """
    wait = None if reached is None else tier.rungs[min(reached, len(tier.rungs) - 1)].after
    later = [(place, r) for place, r in enumerate(tier.rungs) if wait is None or r.after > wait]
    soonest = min((rung.after for _, rung in later), default=None)
    rungs = [(place, rung) for place, rung in later if rung.after == soonest]
    return [
        Planned(first + index, Kind.NOTIFY, now, rung.to, rung.channel, Reason.ESCALATED, place)
        for index, (place, rung) in enumerate(rungs or [(None, rung) for rung in tier.repeat])
    ]


def counts(step: StepState, fence: int, alert: State, alert_fence: int) -> bool:
    """Return whether a due step may still act: it waits, and nothing moved since its planning."""
    return step is StepState.WAITING and fence == alert_fence and not alert.ended


RECIPIENTS = {
    To.RESPONSIBLE: "responsible physician",
    To.BACKUP: "backup physician",
    To.ON_CALL: "on-call clinician",
    To.TEAM: "care team",
    To.FALLBACK: "fallback team",
    To.SUPPORT: "data-quality support",
    To.OWNER: "owner",
}


_ENDS = {
    Kind.EXPIRE: "acknowledgement ends",
    Kind.LAPSE: "claim ends",
    Kind.WAKE: "snooze ends",
    Kind.RETURN: "goes back to who delegated it",
}


def words(kind: Kind, to: To) -> str:
    """Return what a waiting step will do, as a page says it."""
    if kind in _ENDS:
        return _ENDS[kind]
    return f"reminder to the {RECIPIENTS[to]}" if kind is Kind.REMIND else RECIPIENTS[to]


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
