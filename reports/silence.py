"""Who is silent, and why, as far as the system knows; silence is never shown as health."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from ingest.enrolment import Absence, Stay
from monitoring.findings import Problem
from reports.episodes import Episode

SILENT_AFTER = timedelta(hours=48)
HUB_RULES = frozenset({"SIL-HUB"})


class Why(StrEnum):
    """Why nothing came from somebody; the first that is known is told."""

    DIED = "died"
    IN_HOSPITAL = "in-hospital"
    PAUSED = "paused"
    EVERYBODY = "everybody"  # arrivals fell for all of them at once (REL-34)
    HUB_DOWN = "hub-down"
    DEVICE = "device"  # an alert about a device is open
    NEVER = "never"  # nothing was ever received
    NOTHING = "nothing"  # and nobody knows why


@dataclass(frozen=True, slots=True)
class Silent:
    """Somebody from whom nothing came for two days.

    `since` is their last reading; `until` the end of a stay or pause, where it has one;
    `alert_id` the alert about the hub or device.
    """

    patient_id: UUID
    why: Why
    since: datetime | None = None
    until: datetime | None = None
    alert_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What may excuse a silence, at the end of a week."""

    stays: Mapping[UUID, Sequence[Stay]]
    technical: Iterable[Episode]  # alerts that are open then
    died: Collection[UUID] = frozenset()
    incident: bool = False


def silent(
    patients: Iterable[UUID], last: Mapping[UUID, datetime], known: Known, *, end: datetime
) -> tuple[Silent, ...]:
    """Return who is silent at an instant, whom nothing excuses first, then the longest."""
    devices = _technical(known.technical)
    found = [
        _why(who, last.get(who), known, devices.get(who), end=end)
        for who in patients
        if who not in last or end - last[who] >= SILENT_AFTER
        if not _left(known.stays.get(who, ()), end)
    ]
    return tuple(sorted(found, key=_unexcused))


def _left(stays: Iterable[Stay], at: datetime) -> bool:
    """Return whether somebody was discharged: nothing is expected of them, and nothing excused."""
    gone = (s for s in stays if s.why is Absence.DISCHARGED)
    return any(s.since <= at and (s.until is None or at < s.until) for s in gone)


def _technical(episodes: Iterable[Episode]) -> dict[UUID, Episode]:
    """Return each person's alert about a hub, else about another device."""
    found: dict[UUID, Episode] = {}
    for each in sorted(episodes, key=lambda e: (not _of_hub(e), e.opened_at, e.id.int)):
        if each.problem is Problem.DEVICE:
            found.setdefault(each.patient_id, each)
    return found


def _of_hub(episode: Episode) -> bool:
    return bool(HUB_RULES & set(episode.rules))


def _why(
    who: UUID, since: datetime | None, known: Known, device: Episode | None, *, end: datetime
) -> Silent:
    if who in known.died:
        return Silent(who, Why.DIED, since)
    stay = _stay(known.stays.get(who, ()), end)
    if stay is not None:
        away = Why.IN_HOSPITAL if stay.why is Absence.ADMITTED else Why.PAUSED
        return Silent(who, away, since, stay.until)
    if since is None:
        return Silent(who, Why.NEVER)
    if known.incident:
        return Silent(who, Why.EVERYBODY, since)
    if device is None:
        return Silent(who, Why.NOTHING, since)
    fault = Why.HUB_DOWN if _of_hub(device) else Why.DEVICE
    return Silent(who, fault, since, alert_id=device.id)


def _stay(stays: Iterable[Stay], at: datetime) -> Stay | None:
    """Return the stay somebody is in, an admission before a pause."""
    on = [s for s in stays if s.since <= at and (s.until is None or at < s.until)]
    return min(on, key=lambda s: s.why is not Absence.ADMITTED, default=None)


def _unexcused(found: Silent) -> tuple[int, bool, float, str]:
    since = found.since.timestamp() if found.since else 0.0
    return -tuple(Why).index(found.why), found.since is not None, since, str(found.patient_id)
