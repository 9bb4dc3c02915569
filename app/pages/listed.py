"""The list of patients: who is there, who alarms, and who is silent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Request, Response

import alerts.service
from app.pages.door import Door, Visit
from app.pages.people import conditions
from app.pages.refusals import page_route
from app.pages.seen import liveness_of
from app.pages.strip import is_silent, strip_of
from app.pages.wording import Moment, age, maybe, moment
from core.audit import Action, record
from core.vitals import Severity
from ingest import repository as people
from ingest.leaving.repository import gone
from ingest.roster import PatientProfile
from monitoring.liveness import Known
from reports.silence import SILENT_AFTER


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One line of the list of patients."""

    id: UUID
    name: str
    age: str
    conditions: str
    team: str
    severity: Severity | None
    last_reading: Moment | None
    known: Known
    silent: bool = False


def router(door: Door) -> APIRouter:
    """Return `/patients`."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get("/patients")
    def listed(request: Request) -> Response:
        with door.visit(request) as visit:
            return _list(door, visit)

    return routes


def _list(door: Door, visit: Visit) -> Response:
    rows = alerts.service.inbox(visit.session, visit.caller, now=visit.now)
    profiles = people.profiles(visit.session, people.visible_to(visit.caller))
    ids = [profile.id for profile in profiles] or (None,)
    record(visit.session, visit.caller, Action.READ, "patients", now=visit.now, patients=ids)
    severities = {row.patient_id: row.severity for row in rows}
    seen = liveness_of(visit.session, profiles, now=visit.now)
    left = gone(visit.session, [p.id for p in profiles], at=visit.now)
    lines = {p.id: _line(door, visit, p, severities.get(p.id), seen[p.id]) for p in profiles}
    here = [p for p in profiles if p.id not in left]
    return door.pages.page(
        "patients.html",
        visit=visit,
        here="patients",
        strip=strip_of(door, visit, profiles),
        people=[lines[p.id] for p in here],
        silent=[lines[p.id] for p in here if is_silent(p, now=visit.now)],
        left=[
            (lines[each], moment(at, now=visit.now, zone=door.zone, language=visit.language))
            for each, at in sorted(left.items(), key=lambda pair: pair[1], reverse=True)
        ],
        silent_hours=SILENT_AFTER // timedelta(hours=1),
    )


def _line(
    door: Door, visit: Visit, profile: PatientProfile, severity: Severity | None, known: Known
) -> PersonLine:
    return PersonLine(
        id=profile.id,
        name=profile.name,
        age=age(profile.birth_date, visit.now.date()),
        conditions=conditions(profile, visit.language),
        team=profile.team_name,
        severity=severity,
        last_reading=maybe(
            profile.last_reading_at, now=visit.now, zone=door.zone, language=visit.language
        ),
        known=known,
        silent=is_silent(profile, now=visit.now),
    )
