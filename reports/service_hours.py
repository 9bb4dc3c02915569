"""Whether an alert began in the hours of service of the policy that it was opened under."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from alerts.hours import Hours, Place, thaw_place, thaw_stretches

IN_HOURS, OFF_HOURS = "in_hours", "off_hours"
ANYWHERE = Place("site", "UTC")


def in_hours(
    place: Mapping[str, Any] | None, hours: Mapping[str, Any] | None, at: datetime
) -> bool:
    """Return whether an instant lies in the hours of service.

    `place` and `hours` are those of the snapshot of the alert. An hour in which nobody of the
    team reads is none of them. Without named hours every other hour is.
    """
    where = thaw_place(place) if place else ANYWHERE
    if not where.reads(at):
        return False
    named = hours or {}
    for name, inside in ((IN_HOURS, True), (OFF_HOURS, False)):
        if name in named:
            stretches, inverse = named[name]
            return Hours(name, thaw_stretches(stretches), inverse).holds(at, where) is inside
    return True
