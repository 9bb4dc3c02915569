"""Pauses of a person's monitoring: what stands, what ended, and the forms for it (AL-10)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

import alerts.service
from app.pages.door import Door, Visit
from app.pages.language import Language, language
from app.pages.people import facts
from app.pages.refusals import page_route
from app.pages.strip import strip_of
from core.audit import Action, record
from core.errors import ConflictError, InvalidError, NotFoundError
from ingest import repository as people
from ingest.pauses import COMMENT_LENGTH, FURTHEST, LONGEST, Asked, Kind, Pause
from ingest.pausing import repository, service

TOLD_FOR = timedelta(days=7)  # so long a page says that a pause has ended


class PauseForm(BaseModel):
    """A pause as a form sends it."""

    csrf: str = ""
    kind: str = ""
    first: str = ""  # empty: now
    last: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class PauseLine:
    """One pause in words; `ends` says which of the two ways out it has, if any."""

    id: UUID
    words: str
    comment: str
    by: str
    on: bool
    ahead: bool


@dataclass(frozen=True, slots=True)
class PausePrint:
    """Everything that a page says of the pauses of one person."""

    patient_id: UUID
    lines: list[PauseLine]
    kinds: list[tuple[str, str]]
    earliest: str
    latest: str
    longest: int
    form: PauseForm
    faults: dict[str, str]
    asked: bool = False  # for the form itself: it is open


def router(door: Door) -> APIRouter:
    """Return the forms of `/patients/{id}/pause`."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get("/patients/{patient_id}/pause")
    def shown(request: Request, patient_id: UUID) -> Response:
        with door.visit(request) as visit:
            return _page(door, visit, patient_id, PauseForm(), {})

    @routes.post("/patients/{patient_id}/pause")
    def pause(request: Request, patient_id: UUID, form: Annotated[PauseForm, Form()]) -> Response:
        with door.act(request, form.csrf) as visit:
            asked, faults = _read(visit, patient_id, form)
            try:
                if asked is not None:
                    service.declare(visit.session, visit.caller, patient_id, asked, now=visit.now)
            except (InvalidError, ConflictError) as error:
                faults = {error.field: _fault(error, language(visit.language))}
            if faults:
                return _page(door, visit, patient_id, form, faults)
        return _back(patient_id, "paused")

    @routes.post("/patients/{patient_id}/pause/{pause_id}/end")
    def end(
        request: Request, patient_id: UUID, pause_id: UUID, csrf: Annotated[str, Form()] = ""
    ) -> Response:
        with door.act(request, csrf) as visit:
            service.end(visit.session, visit.caller, patient_id, pause_id, now=visit.now)
            # What was held meanwhile is told now, not at the next tick (AL-10).
            alerts.service.release(visit.session, now=visit.now)
        return _back(patient_id, "pause-ended")

    return routes


def _back(patient_id: UUID, done: str) -> Response:
    return RedirectResponse(f"/patients/{patient_id}?done={done}#pause", status_code=303)


def pause_print(
    door: Door,
    visit: Visit,
    patient_id: UUID,
    form: PauseForm | None = None,
    faults: dict[str, str] | None = None,
) -> PausePrint:
    """Return the pauses of a patient whom the visitor may see: on, ahead, or lately over."""
    said, today = language(visit.language), visit.now.astimezone(door.zone).date()
    records = people.one_person(visit.session, patient_id)
    known = repository.pauses_of(visit.session, records, after=visit.now - TOLD_FOR)
    told = [each for each in known if _shows(each, visit.now)]
    return PausePrint(
        patient_id=patient_id,
        lines=[_line(each, door, visit, said) for each in told],
        kinds=[(kind.value, words(kind, said)) for kind in Kind],
        earliest=today.isoformat(),
        latest=(today + FURTHEST + LONGEST).isoformat(),
        longest=LONGEST.days,
        form=form or PauseForm(),
        faults=faults or {},
        asked=form is not None,
    )


def words(kind: Kind, said: Language) -> str:
    """Return a kind of pause in words."""
    if kind is Kind.HOLIDAY:
        return said.say("Holiday")
    if kind is Kind.ADMISSION:
        return said.say("Admission to hospital")
    return said.say("Another reason")


def _shows(pause: Pause, now: datetime) -> bool:
    ended = pause.over(now)
    lately = ended is not None and now - ended <= TOLD_FOR
    return pause.on(now) or pause.ahead(now) or lately


def _line(pause: Pause, door: Door, visit: Visit, said: Language) -> PauseLine:
    def at(when: datetime) -> str:
        return said.absolute(when, now=visit.now, zone=door.zone)

    author = pause.author or said.say("a colleague")
    return PauseLine(
        id=pause.id,
        words=_state(pause, visit.now, at, said),
        comment=pause.comment,
        by=said.say("Declared by {author}, {when}", author=author, when=at(pause.at)),
        on=pause.on(visit.now),
        ahead=pause.ahead(visit.now),
    )


def _state(pause: Pause, now: datetime, at: Callable[[datetime], str], said: Language) -> str:
    kind, ended = words(pause.kind, said), pause.over(now)
    if ended is not None and pause.ended_at is not None:
        who = pause.ended_by or said.say("a colleague")
        return said.say("{kind}: pause ended by {who}, {when}", kind=kind, who=who, when=at(ended))
    if ended is not None:
        return said.say("{kind}: pause ended by itself, {when}", kind=kind, when=at(ended))
    if pause.ahead(now):
        return said.say(
            "{kind}: pause planned from {since} until {until}",
            kind=kind,
            since=at(pause.since),
            until=at(pause.until),
        )
    return said.say("{kind}: paused until {until}", kind=kind, until=at(pause.until))


def _read(visit: Visit, patient_id: UUID, form: PauseForm) -> tuple[Asked | None, dict[str, str]]:
    """Return what a form asks for, in the person's own days; or what is wrong with its fields."""
    said = language(visit.language)
    faults: dict[str, str] = {}
    if form.kind not in tuple(Kind):
        faults["kind"] = said.say("Choose why.")
    if not form.comment.strip():
        faults["comment"] = said.say("Say what for: colleagues read it.")
    elif len(form.comment) > COMMENT_LENGTH:
        faults["comment"] = said.say(
            "A comment has at most {most} characters.", most=COMMENT_LENGTH
        )
    first, last = _day(form.first), _day(form.last)
    if first is None and form.first.strip():
        faults["since"] = said.say("This is not a day.")
    if last is None or last == date.max:  # which has no morrow for a pause to end on
        faults["until"] = said.say("Give the last day: a pause has an end.")
    if not people.may_see(visit.session, visit.caller, patient_id):
        raise NotFoundError("no such patient")
    if faults or last is None:
        return None, faults
    zone = ZoneInfo(people.person(visit.session, patient_id).zone)
    today = visit.now.astimezone(zone).date()
    since = visit.now if first in (None, today) else _midnight(first or today, zone)
    until = _midnight(last + timedelta(days=1), zone)
    return Asked(Kind(form.kind), since, until, form.comment), {}


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _fault(error: InvalidError | ConflictError, said: Language) -> str:
    if isinstance(error, ConflictError):
        return said.say("Another pause is declared for these days: end that one first.")
    if error.field == "since":
        return said.say("It begins today or later, half a year ahead at most.")
    if error.field == "until":
        return said.say(
            "The last day lies after the first, {longest} days later at most.",
            longest=LONGEST.days,
        )
    return said.say("Say what for: colleagues read it.")


def _page(
    door: Door, visit: Visit, patient_id: UUID, form: PauseForm, faults: dict[str, str]
) -> Response:
    """Show the pauses on a page of their own: what was typed comes back with what is wrong."""
    profiles = people.profiles(visit.session, people.visible_to(visit.caller))
    profile = next((p for p in profiles if p.id == patient_id), None)
    if profile is None:
        raise NotFoundError("no such patient")
    record(
        visit.session,
        visit.caller,
        Action.READ,
        service.ENTITY,
        now=visit.now,
        patients=[patient_id],
    )
    return door.pages.page(
        "pause_edit.html",
        status=422 if faults else 200,
        visit=visit,
        here="patient",
        strip=strip_of(door, visit, profiles),
        patient_id=patient_id,
        name=profile.name,
        facts=facts(profile, today=visit.now.date(), language=visit.language),
        pause=pause_print(door, visit, patient_id, form, faults),
    )
