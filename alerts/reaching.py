"""By which channels a person is told: what the policy names, what they chose, what they have.

A person's own rules decide for a tier where they choose anything for it (AL-18). They cannot
make themselves unreachable: what they ruled out is used where nothing else is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.policy import Channel
from alerts.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from core.vitals import Severity

# What is soonest noticed comes first: it stands in where the channel of the policy is missing.
ORDER = (Channel.SMS, Channel.PUSH, Channel.CHAT, Channel.EMAIL, Channel.WEBHOOK)


@dataclass(frozen=True, slots=True)
class Way:
    """A channel that somebody has; `tiers` are those they chose it for, None for no rule."""

    channel: Channel
    tiers: frozenset[Severity] | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A channel that is used, and why it is not the one of the policy."""

    channel: str
    why: Reason | None = None


def told_by(named: Channel, severity: Severity, ways: Sequence[Way]) -> tuple[Told, ...]:
    """Return how somebody is told where the policy names a channel; nothing where no way is.

    The inbox is everybody's, and nobody's rules speak of it.
    """
    if named is Channel.INBOX:
        return (Told(named),)
    used = [w.channel for w in ways if _used(w, named, severity)]
    if used:
        return tuple(Told(c, _why(c, named)) for c in ORDER if c in used)
    return tuple(next_way(ways, tried=(), named=named))


def _used(way: Way, named: Channel, severity: Severity) -> bool:
    return way.channel is named if way.tiers is None else severity in way.tiers


def _why(channel: Channel, named: Channel) -> Reason | None:
    return None if channel is named else Reason.CHOSEN_WAY


def next_way(
    ways: Sequence[Way], *, tried: Collection[Channel], named: Channel | None = None
) -> list[Told]:
    """Return the first channel that somebody has and that was not tried, in a list, or none."""
    left = {way.channel for way in ways} - set(tried)
    first = [named] if named in left else [each for each in ORDER if each in left]
    return [Told(each, None if each is named else Reason.NEXT_WAY) for each in first[:1] if each]
