"""The line under the head that says whether alerting works and who is silent (UX-14).

An empty list above a dead pipeline is the worst page there could be, so every page says it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.inbox import InboxRow
from app.health import PipelineStatus
from app.pages.wording import Moment, maybe
from ingest.roster import PatientProfile
from reports.weekly import SILENT_AFTER


@dataclass(frozen=True, slots=True)
class Strip:
    """What the line says; `poll` is where it asks for its successor, "" where it does not."""

    normal: bool
    headline: str
    faults: tuple[str, ...]
    newest: Moment | None
    patients: int
    reporting: int
    silent: int
    poll: str = ""
    changed: bool = False


def strip(
    profiles: Sequence[PatientProfile],
    pipeline: PipelineStatus,
    *,
    now: datetime,
    zone: ZoneInfo,
) -> Strip:
    """Say how alerting is, from the visible patients and the state of the pipeline."""
    quiet = sum(is_silent(person, now=now) for person in profiles)
    newest = max((p.last_reading_at for p in profiles if p.last_reading_at), default=None)
    return Strip(
        normal=pipeline.normal,
        headline=headline(pipeline, now=now, zone=zone),
        faults=pipeline.faults,
        newest=maybe(newest, now=now, zone=zone),
        patients=len(profiles),
        reporting=len(profiles) - quiet,
        silent=quiet,
    )


def headline(pipeline: PipelineStatus, *, now: datetime, zone: ZoneInfo) -> str:
    """Return the state of alerting in words, with since when it is degraded if that is known."""
    if pipeline.normal:
        return "Alerting normal"
    since = maybe(pipeline.since, now=now, zone=zone)
    return f"Alerting degraded since {since.absolute}" if since else "Alerting degraded"


def is_silent(person: PatientProfile, *, now: datetime) -> bool:
    """Return whether nothing has come from somebody for 48 hours."""
    last = person.last_reading_at
    return last is None or now - last >= SILENT_AFTER


def mark(rows: Iterable[InboxRow]) -> str:
    """Return a short mark of a list's state, to tell whether a page on a screen is old."""
    states = ",".join(f"{row.alert_id}:{row.version}:{row.severity}:{row.untaken}" for row in rows)
    return hashlib.sha256(states.encode()).hexdigest()[:16]
