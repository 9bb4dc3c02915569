"""Which of a tier's chains an alert takes at an instant, and why (AL-13)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.policy import DEFAULT_ROUTE, Channel, Rung, To
from alerts.reasons import Reason

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.policy import Policy, Tier

# What nobody has a chain for goes to the fallback team at once: nothing is addressed to nobody.
LAST_RESORT = (
    Rung(timedelta(0), To.FALLBACK, Channel.INBOX),
    Rung(timedelta(0), To.FALLBACK, Channel.EMAIL),
)
LAST_REPEAT = (Rung(timedelta(minutes=15), To.FALLBACK, Channel.EMAIL),)


@dataclass(frozen=True, slots=True)
class Taken:
    """The route of a chain: its name, for the alert to keep, and why it is this one."""

    name: str
    tier: Tier
    why: Reason
    because: str  # what of the case it is for, in words


def take(policy: Policy, tier: Tier, *, at: datetime) -> Taken:
    """Return the first route of a tier that is for this hour, by the snapshot of an alert.

    The snapshot holds only routes that fit the patient's team, conditions and problem.
    """
    for route in tier.routes:
        if policy.hours_of(route).holds(at, policy.site):
            why = Reason.EMERGENCY_ROUTE if route.emergency else Reason.ROUTE
            return Taken(route.name, tier.along(route.name), why, route.words() or "every hour")
    if not tier.rungs:
        lost = replace(tier, rungs=LAST_RESORT, repeat=LAST_REPEAT)
        return Taken(DEFAULT_ROUTE, lost, Reason.NO_ROUTE, "no route is for this hour")
    return Taken(DEFAULT_ROUTE, tier, Reason.ROUTE, "no other is for this hour")


def taken(tier: Tier, name: str) -> Tier:
    """Return a tier with the chain that an alert took, by the name that it keeps."""
    tier = tier.along(name)
    return tier if tier.rungs else replace(tier, rungs=LAST_RESORT, repeat=LAST_REPEAT)
