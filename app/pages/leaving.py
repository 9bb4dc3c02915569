"""Ending the monitoring of a person: what is open first, the form, and taking it up again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

import alerts.service
from alerts.discharging import service
from app.pages.door import Door, Visit
from app.pages.enrolling import sender
from app.pages.language import Language, language
from app.pages.people import facts
from app.pages.refusals import page_route
from app.pages.strip import strip_of
from core.audit import Action, record
from core.errors import ConflictError, InvalidError, NotFoundError
from core.vitals import Severity
from ingest import repository as people
from ingest.departures import COMMENT_LENGTH, EARLIEST, Asked, Departure, Why
from ingest.leaving.repository import departures
from ingest.spelt import day_of

ADDRESS = "/patients/{patient_id}/discharge"


class LeavingForm(BaseModel):
    """A discharge as a form sends it."""

    csrf: str = ""
    why: str = ""
    day: str = ""  # the last one that was monitored; empty: now
    died_on: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class OpenLine:
    """One alert that somebody has to decide first."""

    id: UUID
    severity: Severity


@dataclass(frozen=True, slots=True)
class LeftLine:
    """One discharge in words."""

    words: str
    comment: str
    by: str
    holds: bool


@dataclass(frozen=True, slots=True)
class LeavingPrint:
    """Whether a person is monitored, and how that came."""

    patient_id: UUID
    lines: list[LeftLine] = field(default_factory=list)

    @property
    def left(self) -> bool:
        """Return whether the person is not monitored now."""
        return any(each.holds for each in self.lines)


def router(door: Door) -> APIRouter:
    """Return `/patients/{id}/discharge` and the way back."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get(ADDRESS)
    def shown(request: Request, patient_id: UUID) -> Response:
        with door.visit(request) as visit:
            return _page(door, visit, patient_id, LeavingForm(), {})

    @routes.post(ADDRESS)
    def discharge(
        request: Request, patient_id: UUID, form: Annotated[LeavingForm, Form()]
    ) -> Response:
        with door.act(request, form.csrf) as visit:
            said = language(visit.language)
            asked, faults = _read(visit, patient_id, form)
            try:
                if asked is not None:
                    by = sender(door, visit)
                    service.discharge(visit.session, by, patient_id, asked, now=visit.now)
            except (InvalidError, ConflictError) as error:
                faults = {error.field: said.refusal(error)}
            if faults:
                return _page(door, visit, patient_id, form, faults)
        return RedirectResponse(f"/patients/{patient_id}?done=discharged#discharge", 303)

    @routes.post(f"{ADDRESS}/end")
    def readmit(request: Request, patient_id: UUID, csrf: Annotated[str, Form()] = "") -> Response:
        with door.act(request, csrf) as visit:
            service.readmit(visit.session, sender(door, visit), patient_id, now=visit.now)
        return RedirectResponse(f"/patients/{patient_id}?done=enrolled-again#discharge", 303)

    return routes


def leaving_print(door: Door, visit: Visit, patient_id: UUID) -> LeavingPrint:
    """Return the discharges of a patient whom the visitor may see."""
    said = language(visit.language)
    known = departures(visit.session, people.one_person(visit.session, patient_id))
    return LeavingPrint(patient_id, [_line(each, door, visit, said) for each in known])


def _line(each: Departure, door: Door, visit: Visit, said: Language) -> LeftLine:
    def at(when: datetime) -> str:
        return said.absolute(when, now=visit.now, zone=door.zone)

    why, since = words(each.why, said), at(each.since)
    text = said.say("Monitoring ended {since}: {why}", since=since, why=why)
    if each.died_on is not None:
        text = said.say("Died on {day}. Monitoring ended {since}", day=each.died_on, since=since)
    by = said.say(
        "Written by {author}, {when}",
        author=each.author or said.say("a colleague"),
        when=at(each.at),
    )
    if each.back_at is not None:
        by = said.say(
            "{before}; enrolled again by {author}, {when}",
            before=by,
            author=each.back_by or said.say("a colleague"),
            when=at(each.back_at),
        )
    return LeftLine(text, each.comment, by, each.holds(visit.now))


def words(why: Why, said: Language) -> str:
    """Return why monitoring ended in words."""
    match why:
        case Why.COMPLETED:
            return said.say("The programme is completed")
        case Why.DECLINED:
            return said.say("The person does not want it any more")
        case Why.MOVED:
            return said.say("Moved away, or to another programme")
        case Why.CARE_HOME:
            return said.say("Moved into a care home")
        case Why.DIED:
            return said.say("Died")
        case _:
            return said.say("Another reason")


def _read(visit: Visit, patient_id: UUID, form: LeavingForm) -> tuple[Asked | None, dict[str, str]]:
    """Return what a form asks for, in the person's own days; or what is wrong with its fields."""
    said = language(visit.language)
    if not people.may_see(visit.session, visit.caller, patient_id):
        raise NotFoundError("no such patient")
    faults: dict[str, str] = {}
    day, died = day_of(form.day), day_of(form.died_on)
    if form.why not in tuple(Why):
        faults["why"] = said.say("Choose why.")
    if day is None and form.day.strip():
        faults["since"] = said.say("This is not a day.")
    if died is None and form.died_on.strip():
        faults["died_on"] = said.say("This is not a day.")
    if faults:
        return None, faults
    zone = ZoneInfo(people.person(visit.session, patient_id).zone)
    today = visit.now.astimezone(zone).date()
    last = day or died or today
    since = visit.now
    if last < today:
        since = datetime.combine(last + timedelta(days=1), time(), tzinfo=zone)
    elif last > today:
        since = visit.now + timedelta(days=1)  # refused as one that is to come
    return Asked(Why(form.why), since, form.comment, died), {}


def _page(
    door: Door, visit: Visit, patient_id: UUID, form: LeavingForm, faults: Mapping[str, str]
) -> Response:
    """Show what is open and the form: what was typed comes back with what is wrong."""
    session, said = visit.session, language(visit.language)
    profiles = people.profiles(session, people.visible_to(visit.caller))
    profile = next((p for p in profiles if p.id == patient_id), None)
    if profile is None:
        raise NotFoundError("no such patient")
    record(session, visit.caller, Action.READ, "discharge", now=visit.now, patients=[patient_id])
    today = visit.now.astimezone(ZoneInfo(profile.zone)).date()
    episodes = alerts.service.episodes(session, visit.caller, patient_id)
    return door.pages.page(
        "discharge.html",
        status=422 if faults else 200,
        visit=visit,
        here="patient",
        strip=strip_of(door, visit, profiles),
        patient_id=patient_id,
        name=profile.name,
        facts=facts(profile, today=visit.now.date(), language=visit.language),
        leaving=leaving_print(door, visit, patient_id),
        undecided=[OpenLine(e.id, e.severity) for e in episodes if not e.state.ended],
        whys=[(each.value, words(each, said)) for each in Why],
        form=form,
        faults=faults,
        earliest=(today - EARLIEST).isoformat(),
        latest=today.isoformat(),
        most=COMMENT_LENGTH,
    )
