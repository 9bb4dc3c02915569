"""The patient page and the list of patients: what happened, against what is usual, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

import alerts.service
import ingest.service
from alerts.inbox import EpisodeView
from app import health
from app.pages.asked import asked_of
from app.pages.background import background
from app.pages.done import Notice, notice
from app.pages.door import Door, Visit
from app.pages.explained import Reader, episode_print, risk_print
from app.pages.holding import CONTACTS
from app.pages.labels import (
    CHECKLIST,
    TimelineLine,
    conclusions,
    delivery_words,
    event_words,
    problem_words,
)
from app.pages.people import conditions, facts
from app.pages.plan import plan_print
from app.pages.refusals import page_route
from app.pages.seen import liveness_of, streams_of
from app.pages.site_policy import policy_of
from app.pages.strip import is_silent, strip
from app.pages.telling import telling_print
from app.pages.trends import SPAN, Canvas, charts
from app.pages.wording import Moment, age, maybe, relative
from core.audit import Action, record
from core.errors import NotFoundError
from core.vitals import Severity, Vital
from ingest import repository as people
from ingest.roster import PatientProfile
from monitoring import repository as judgements
from monitoring.findings import Assessment
from monitoring.liveness import Known
from reports.weekly import SILENT_AFTER

MOST_LINES = 60


@dataclass(frozen=True, slots=True)
class PersonPrint:
    """The head of a patient page."""

    id: UUID
    name: str
    facts: str
    eligibility: str
    override: str
    can_override: bool


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


def router(door: Door) -> APIRouter:
    """Return `/patients`, `/patients/{id}` and enrolment by decision."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get("/patients")
    def listed(request: Request) -> Response:
        with door.visit(request) as visit:
            return _list(door, visit)

    @routes.get("/patients/{patient_id}")
    def patient(
        request: Request, patient_id: UUID, done: str = "", alert: UUID | None = None
    ) -> Response:
        with door.visit(request) as visit:
            return _page(door, visit, patient_id, said=notice(done, alert))

    @routes.post("/patients/{patient_id}/enrol")
    def enrol(
        request: Request,
        patient_id: UUID,
        reason: Annotated[str, Form(max_length=500)],
        csrf: Annotated[str, Form()] = "",
    ) -> Response:
        with door.act(request, csrf) as visit:
            ingest.service.enrol_by_override(
                visit.session, visit.caller, patient_id, reason, now=visit.now
            )
        return RedirectResponse(f"/patients/{patient_id}?done=enrolled", status_code=303)

    return routes


def _list(door: Door, visit: Visit) -> Response:
    rows = alerts.service.inbox(visit.session, visit.caller, now=visit.now)
    profiles = people.profiles(visit.session, people.visible_to(visit.caller))
    ids = [profile.id for profile in profiles] or (None,)
    record(visit.session, visit.caller, Action.READ, "patients", now=visit.now, patients=ids)
    severities = {row.patient_id: row.severity for row in rows}
    state = health.pipeline(visit.session, now=visit.now)
    seen = liveness_of(visit.session, profiles, now=visit.now)
    lines = {p.id: _line(door, visit, p, severities.get(p.id), seen[p.id]) for p in profiles}
    return door.pages.page(
        "patients.html",
        visit=visit,
        here="patients",
        strip=strip(profiles, state, now=visit.now, zone=door.zone),
        people=list(lines.values()),
        silent=[lines[p.id] for p in profiles if is_silent(p, now=visit.now)],
        silent_hours=SILENT_AFTER // timedelta(hours=1),
    )


def _line(
    door: Door, visit: Visit, profile: PatientProfile, severity: Severity | None, known: Known
) -> PersonLine:
    return PersonLine(
        id=profile.id,
        name=profile.name,
        age=age(profile.birth_date, visit.now.date()),
        conditions=conditions(profile),
        team=profile.team_name,
        severity=severity,
        last_reading=maybe(profile.last_reading_at, now=visit.now, zone=door.zone),
        known=known,
    )


def _page(door: Door, visit: Visit, patient_id: UUID, *, said: Notice | None) -> Response:
    session, now = visit.session, visit.now
    profiles = people.profiles(session, people.visible_to(visit.caller))
    profile = next((p for p in profiles if p.id == patient_id), None)
    if profile is None:
        raise NotFoundError("no such patient")
    record(session, visit.caller, Action.READ, "patient", now=now, patients=[patient_id])
    episodes = alerts.service.episodes(session, visit.caller, patient_id)
    live = [episode for episode in episodes if not episode.state.ended]
    reader = Reader(
        now,
        door.zone,
        visit.identities,
        visit.language,
        profile.language,
        door.settings.emergency_number,
        policy_of(door.settings).place(profile.team_id, profile.team_name),
        profile.zone,
    )
    judged = judgements.latest(session, patient_id)
    readings = people.readings(session, patient_id, since=now - SPAN)
    return door.pages.page(
        "patient.html",
        visit=visit,
        here="patient",
        notice=said,
        strip=strip(profiles, health.pipeline(session, now=now), now=now, zone=door.zone),
        person=_person(profile, visit),
        live=[episode_print(e, reader, rulebook=_rulebook(visit, e)) for e in live],
        past=[episode_print(e, reader, rulebook="") for e in episodes if e.state.ended],
        charts=charts(readings, _canvas(door, visit, live, judged)),
        background=background(door, visit, patient_id, episodes, readings),
        plan=plan_print(door, visit, patient_id),
        span_days=SPAN.days,
        known=liveness_of(session, [profile], now=now)[patient_id],
        told=telling_print(door, visit, patient_id, live),
        asked=asked_of(session, patient_id, now=now, zone=door.zone, language=visit.language),
        streams=streams_of(session, patient_id, now=now, zone=door.zone),
        risk=risk_print(judged, reader) if judged else None,
        timeline=timeline(episodes, reader),
        checklist=CHECKLIST,
        conclusions=conclusions(),
        contacts=CONTACTS,
        candidates=alerts.service.candidates(session, patient_id) if live else [],
        quiet=_quiet(profile, visit),
        cover=_cover(door, reader),
    )


def _cover(door: Door, reader: Reader) -> str:
    """Return when nobody of the person's team reads, "" where somebody always does."""
    place = reader.place
    if place is None or not place.cover:
        return ""
    hours = "; ".join(each.words() for each in place.cover)
    again = place.reads_again(reader.now)
    now = f" Nobody reads now, and again {reader.at(again).absolute}." if again else ""
    return (
        f"The team reads alerts {hours} ({place.zone}), and nobody at other hours: a RED then"
        f" names the emergency number {door.settings.emergency_number} to the person.{now}"
    )


def _rulebook(visit: Visit, episode: EpisodeView) -> str:
    """Return the hash of the rulebook that the gravest finding was judged by."""
    try:
        judged = judgements.assessment(visit.session, episode.headline.assessment_id)
    except NotFoundError:
        return ""
    return judged.rulebook_hash


def _canvas(
    door: Door, visit: Visit, live: Sequence[EpisodeView], judged: Assessment | None
) -> Canvas:
    """Return usual ranges of the last judgement, or of the alert that froze them, and limits."""
    usual = dict(judged.usual) if judged else {}
    limits: dict[Vital, float] = {}
    for episode in live:
        for finding in reversed(episode.findings):  # the gravest has the last word
            if finding.vital and finding.usual:
                usual[finding.vital] = finding.usual
            if finding.vital and finding.limit is not None:
                limits[finding.vital] = finding.limit
    first = [f.vital for episode in live for f in episode.findings if f.vital]
    return Canvas(visit.now, door.zone, usual, limits, first)


def _person(profile: PatientProfile, visit: Visit) -> PersonPrint:
    return PersonPrint(
        id=profile.id,
        name=profile.name,
        facts=facts(profile, today=visit.now.date()),
        eligibility=f"Eligibility: {profile.eligibility_reason}.",
        override=profile.override_reason if profile.enrolled_by_override else "",
        can_override=not profile.eligible and not profile.enrolled_by_override,
    )


def _quiet(profile: PatientProfile, visit: Visit) -> str:
    last = profile.last_reading_at
    return (
        f"Last reading {relative(visit.now - last)}." if last else "No reading was ever received."
    )


def timeline(episodes: Sequence[EpisodeView], reader: Reader) -> list[TimelineLine]:
    """Return what happened and who was told, newest first."""
    lines = [
        (entry.at, event_words(entry, problem_words(episode)))
        for episode in episodes
        for entry in episode.timeline
    ]
    lines += [
        (delivery.created_at, delivery_words(delivery, problem_words(episode)))
        for episode in episodes
        for delivery in episode.deliveries
    ]
    newest = sorted(lines, key=lambda line: line[0])[: -MOST_LINES - 1 : -1]
    return [TimelineLine(reader.at(at), words) for at, words in newest]
