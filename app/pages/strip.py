"""The line under the head that says whether alerting works and who is silent (UX-14).

An empty list above a dead pipeline is the worst page there could be, so every page says it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from alerts.survey import Case
from app import health
from app.health import PipelineStatus
from app.pages.language import language as spoken_in
from app.pages.wording import Moment, maybe
from ingest import repository as people
from ingest.access.beyond import Beyond
from ingest.choosing.repository import unused
from ingest.context.repository import away
from ingest.leaving.repository import gone
from ingest.roster import Heard, PatientProfile
from ingest.streams.repository import last_heard
from monitoring.catalogue import ENGLISH
from reports.silence import SILENT_AFTER

if TYPE_CHECKING:
    from app.pages.door import Door, Visit


@dataclass(frozen=True, slots=True)
class Strip:
    """What the line says; `poll` is where it asks for its successor, "" where it does not."""

    normal: bool
    since: Moment | None  # from when on alerting is degraded, where that is known
    faults: tuple[str, ...]
    newest: Moment | None
    patients: int
    reporting: int
    silent: int
    poll: str = ""
    changed: bool = False
    here: str = "/inbox"  # the list that changed
    paused: int = 0  # of whom the list of patients says so
    declined: int = 0  # who are not judged, or not wholly, by their own will


def strip(
    profiles: Sequence[PatientProfile | Heard],
    pipeline: PipelineStatus,
    *,
    now: datetime,
    zone: ZoneInfo,
    language: str = ENGLISH,
) -> Strip:
    """Say how alerting is, from the visible patients and the state of the pipeline."""
    quiet = sum(is_silent(person, now=now) for person in profiles)
    newest = max((p.last_reading_at for p in profiles if p.last_reading_at), default=None)
    return Strip(
        normal=pipeline.normal,
        since=maybe(pipeline.since, now=now, zone=zone, language=language),
        faults=tuple(spoken_in(language).phrase(each) for each in pipeline.said),
        newest=maybe(newest, now=now, zone=zone, language=language),
        patients=len(profiles),
        reporting=len(profiles) - quiet,
        silent=quiet,
    )


def strip_of(
    door: Door, visit: Visit, profiles: Sequence[PatientProfile | Heard] | None = None
) -> Strip:
    """Say how alerting is to a visitor; `profiles` are whom they see, where these are known."""
    if profiles is None:
        profiles = last_heard(visit.session, people.visible_to(visit.caller))
    left = gone(visit.session, [each.id for each in profiles], at=visit.now)
    profiles = [each for each in profiles if each.id not in left]
    with people.beyond_wall(visit.session, Beyond.HEALTH):
        state = health.pipeline(
            visit.session, now=visit.now, spool=door.spool, learned=door.learned
        )
    line = strip(profiles, state, now=visit.now, zone=door.zone, language=visit.language)
    heard = [each.id for each in profiles if each.last_reading_at is not None]
    return replace(
        line,
        paused=len(away(visit.session, heard, now=visit.now)),
        declined=len(unused(visit.session) & {each.id for each in profiles}),
    )


def is_silent(person: PatientProfile | Heard, *, now: datetime) -> bool:
    """Return whether nothing has come from somebody for 48 hours."""
    last = person.last_reading_at
    return last is None or now - last >= SILENT_AFTER


def mark(cases: Iterable[Case]) -> str:
    """Return a short mark of a list's state, to tell whether a page on a screen is old."""
    states = ",".join(
        f"{each.id}:{each.version}:{each.severity}" for case in cases for each in case.alerts
    )
    return hashlib.sha256(states.encode()).hexdigest()[:16]
