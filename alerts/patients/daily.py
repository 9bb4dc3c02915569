"""At which moment somebody is asked how they are: their own hour, in their own zone (pure)."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from core.errors import InvalidError

if TYPE_CHECKING:
    from datetime import tzinfo

HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
MISSED = timedelta(hours=3)  # E: asked later than this after its hour, it is asked tomorrow


def due(at: str, zone: tzinfo, *, now: datetime) -> str | None:
    """Return the local day for which the question is due now, None where it is not."""
    if not at:
        return None
    local = now.astimezone(zone)
    hour = datetime.combine(local.date(), time.fromisoformat(at), tzinfo=zone)
    late = now - hour.astimezone(now.tzinfo)
    return local.date().isoformat() if timedelta() <= late < MISSED else None


def end_of_day(zone: tzinfo, *, now: datetime) -> datetime:
    """Return when the local day is over: until then an answer is today's."""
    local = now.astimezone(zone)
    tomorrow = datetime.combine(local.date() + timedelta(days=1), time(), tzinfo=zone)
    return tomorrow.astimezone(now.tzinfo)


def hour(text: str) -> str:
    """Return an hour as `HH:MM`, or "" for never; raise `InvalidError` for anything else."""
    said = text.strip()
    if said and not HOUR.fullmatch(said):
        raise InvalidError("the hour is written as HH:MM, such as 09:00", field="at")
    return said
