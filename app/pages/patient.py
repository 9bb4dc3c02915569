"""The patient page: what happened, against what is usual, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

import alerts.service
import ingest.service
from alerts.aiming.service import aims
from alerts.inbox import EpisodeView
from app.pages.asked import asked_of
from app.pages.background import background
from app.pages.checks import checks_of, notes_of
from app.pages.choosing import choice_print
from app.pages.contesting import contests_print
from app.pages.done import Notice, notice
from app.pages.door import Door, Visit
from app.pages.explained import Reader, episode_print
from app.pages.foremost import folded, in_order, pictures
from app.pages.goals_of_care import goals_of
from app.pages.holding import CONTACTS
from app.pages.labels import conclusions
from app.pages.language import language
from app.pages.leaving import leaving_print
from app.pages.next_step import aimed
from app.pages.on_record import record_print
from app.pages.pausing import pause_print
from app.pages.people import facts
from app.pages.plan import plan_print
from app.pages.refusals import page_route
from app.pages.score import risk_print
from app.pages.seen import liveness_of, streams_of
from app.pages.site_policy import policy_of
from app.pages.spent import spent_print
from app.pages.strip import strip_of
from app.pages.telling import telling_print
from app.pages.timeline import timeline
from app.pages.trend_data import Asked, asked, since, trends_of
from app.pages.trends import DAYS, RANGES
from app.pages.unit_choice import offered
from app.pages.visits import visits_print
from core.audit import Action, record
from core.errors import NotFoundError
from core.vitals import Reading
from ingest import repository as people
from ingest.roster import PatientProfile
from monitoring import repository as judgements
from monitoring.catalogue import ENGLISH
from monitoring.findings import Assessment


@dataclass(frozen=True, slots=True)
class PersonPrint:
    """The head of a patient page."""

    id: UUID
    name: str
    facts: str
    eligibility: str
    override: str
    can_override: bool


def router(door: Door) -> APIRouter:
    """Return `/patients/{id}` and enrolment by decision."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get("/patients/{patient_id}")
    def patient(
        request: Request,
        patient_id: UUID,
        done: str = "",
        alert: UUID | None = None,
        days: int = DAYS,
    ) -> Response:
        with door.visit(request) as visit:
            what = asked(door, request, days)
            return _page(door, visit, patient_id, what, said=notice(done, alert), about=alert)

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


def _page(  # noqa: PLR0913 (whose page, for whom, with which charts, and what it opens with)
    door: Door,
    visit: Visit,
    patient_id: UUID,
    what: Asked,
    *,
    said: Notice | None,
    about: UUID | None,
) -> Response:
    session, now = visit.session, visit.now
    profiles = people.profiles(session, people.visible_to(visit.caller))
    profile = next((p for p in profiles if p.id == patient_id), None)
    if profile is None:
        raise NotFoundError("no such patient")
    record(session, visit.caller, Action.READ, "patient", now=now, patients=[patient_id])
    episodes = alerts.service.episodes(session, visit.caller, patient_id)
    live = in_order(episodes)
    reader = _reader(door, visit, profile)
    judged = judgements.latest(session, patient_id)
    began = min(since(now, what.days), since(now, DAYS))
    readings = people.readings(session, patient_id, since=began)
    charts = _trends(visit, patient_id, what, readings, episodes)
    return door.pages.page(
        "patient.html",
        visit=visit,
        here="patient",
        notice=said,
        strip=strip_of(door, visit, profiles),
        person=_person(profile, visit),
        about=about,
        **_alerts(visit, episodes, reader),
        **charts,
        pictures=pictures(live, charts["trends"], reader.said),
        background=background(door, visit, patient_id, episodes, readings),
        plan=plan_print(door, visit, patient_id),
        pause=pause_print(door, visit, patient_id),
        leaving=leaving_print(door, visit, patient_id),
        known=liveness_of(session, [profile], now=now)[patient_id],
        told=telling_print(door, visit, patient_id, live),
        asked=asked_of(session, patient_id, reader, episodes),
        streams=streams_of(session, patient_id, reader),
        **_choices(door, visit, patient_id, judged, reader),
        timeline=timeline(episodes, reader),
        **_cards(door, visit, patient_id, live, reader),
        goals=goals_of(visit, episodes, live, reader),
        candidates=alerts.service.candidates(session, patient_id) if live else [],
        quiet=_quiet(profile, visit),
        cover=_cover(door, reader),
    )


def _choices(
    door: Door, visit: Visit, patient_id: UUID, judged: Assessment | None, reader: Reader
) -> dict[str, Any]:
    """Return what the person lets be done, and the score where they let it be."""
    choices = choice_print(door, visit, patient_id)
    risk = risk_print(judged, reader) if judged and choices.scored else None
    contests = contests_print(visit, reader, patient_id)
    return {"choices": choices, "risk": risk, "patient_id": patient_id, **contests}


def _reader(door: Door, visit: Visit, profile: PatientProfile) -> Reader:
    return Reader(
        visit.now,
        door.zone,
        visit.identities,
        visit.language,
        profile.language,
        door.settings.emergency_number,
        policy_of(door.settings).place(profile.team_id, profile.team_name),
        profile.zone,
    )


def _alerts(visit: Visit, episodes: Sequence[EpisodeView], reader: Reader) -> dict[str, Any]:
    live, said = in_order(episodes), reader.said
    next_up = aims(visit.session, [each.id for each in live], now=visit.now)
    return {
        "ahead": {alert: aimed(each, said) for alert, each in next_up.items()},
        "live": [episode_print(e, reader, rulebook=_rulebook(visit, e)) for e in live],
        "past": [episode_print(e, reader, rulebook="") for e in episodes if e.state.ended],
        "folded": folded(live, visit.identities),
        "conclusions": conclusions(said),
        "contacts": {each: said.say(words) for each, words in CONTACTS.items()},
    }


def _cards(
    door: Door, visit: Visit, patient_id: UUID, live: Sequence[EpisodeView], reader: Reader
) -> dict[str, Any]:
    return {
        "checks": checks_of(visit, live, reader),
        "notes": {each.id: notes_of(each, reader) for each in live},
        "visits": visits_print(door, visit, patient_id, live, reader),
        "spent": spent_print(visit, patient_id, reader),
        "on_record": record_print(visit, patient_id, reader),
    }


def _trends(
    visit: Visit,
    patient_id: UUID,
    what: Asked,
    readings: Sequence[Reading],
    episodes: Sequence[EpisodeView],
) -> dict[str, Any]:
    found, said = trends_of(visit, patient_id, what, readings, episodes), language(visit.language)
    return {
        "trends": found,
        "ranges": RANGES,
        "days": what.days,
        "units": offered(what.units, said),
    }


def _cover(door: Door, reader: Reader) -> str:
    """Return when nobody of the person's team reads, "" where somebody always does."""
    place = reader.place
    if place is None or not place.cover:
        return ""
    said, again = reader.said, place.reads_again(reader.now)
    hours = said.say(
        "The team reads alerts {hours} ({zone}), and nobody at other hours: a RED then"
        " names the emergency number {number} to the person.",
        hours="; ".join(each.words() for each in place.cover),
        zone=place.zone,
        number=door.settings.emergency_number,
    )
    if again is None:
        return hours
    return f"{hours} " + said.say(
        "Nobody reads now, and again {time}.", time=reader.at(again).absolute
    )


def _rulebook(visit: Visit, episode: EpisodeView) -> str:
    """Return the hash of the rulebook that the gravest finding was judged by."""
    try:
        judged = judgements.assessment(visit.session, episode.headline.assessment_id)
    except NotFoundError:
        return ""
    return judged.rulebook_hash


def _person(profile: PatientProfile, visit: Visit) -> PersonPrint:
    return PersonPrint(
        id=profile.id,
        name=profile.name,
        facts=facts(profile, today=visit.now.date(), language=visit.language),
        eligibility=_eligibility(profile, visit),
        override=profile.override_reason if profile.enrolled_by_override else "",
        can_override=not profile.eligible and not profile.enrolled_by_override,
    )


def _eligibility(profile: PatientProfile, visit: Visit) -> str:
    """Return whether somebody meets the terms; the conditions that count are named in English."""
    if visit.language == ENGLISH:
        return f"Eligibility: {profile.eligibility_reason}."
    said = language(visit.language)
    if profile.eligible:
        return said.say("Meets the terms of the programme: 65 or older, two conditions.")
    return said.say("Does not meet the terms of the programme: 65 or older, two conditions.")


def _quiet(profile: PatientProfile, visit: Visit) -> str:
    said, last = language(visit.language), profile.last_reading_at
    if last is None:
        return said.say("No reading was ever received.")
    return said.say("Last reading {when}.", when=said.relative(visit.now - last))
