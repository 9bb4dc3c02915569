"""Enrolling one person by a form: what is wrong stands beside each field, nothing is guessed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from app.pages.done import notice
from app.pages.door import Door, Visit
from app.pages.language import Language, language
from app.pages.refusals import page_route
from core.errors import ConflictError, InvalidError, NotFoundError, Sentence
from ingest.joining import SEXES, Fault, Joining, read
from ingest.receipt import Sender
from ingest.register.repository import register_sender
from ingest.register.service import enrol, known_for, may_enrol, may_keep, teams_for
from ingest.repository import condition_groups


class EnrolForm(BaseModel):
    """Somebody as a form sends them; `group` are conditions that were ticked."""

    csrf: str = ""
    name: str = ""
    birth_date: str = ""
    sex: str = ""
    team: str = ""
    identifier_system: str = ""
    identifier: str = ""
    identifier_system_2: str = ""
    identifier_2: str = ""
    language: str = ""
    zone: str = ""
    phone: str = ""
    email: str = ""
    group: list[str] = []
    conditions: str = ""
    lives_alone: str = ""
    home_oxygen: str = ""
    contact_name: str = ""
    contact_relationship: str = ""
    contact_phone: str = ""

    @property
    def typed(self) -> dict[str, str]:
        """Return the fields by name; ticked conditions before those that were typed."""
        fields = self.model_dump(exclude={"csrf", "group"})
        return fields | {"conditions": " ".join([*self.group, self.conditions])}


def router(door: Door) -> APIRouter:
    """Return `/enrol`."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get("/enrol")
    def shown(request: Request, done: str = "") -> Response:
        with door.visit(request) as visit:
            return _page(door, visit, EnrolForm(), {}, done=done)

    @routes.post("/enrol")
    def enrolled(request: Request, form: Annotated[EnrolForm, Form()]) -> Response:
        with door.act(request, form.csrf) as visit:
            check_register(visit)
            found = read(form.typed, known_for(visit.session, visit.caller, today=visit.now.date()))
            if not isinstance(found, Joining):
                return _page(door, visit, form, said_of(found, language(visit.language)))
            try:
                [id_] = enrol(visit.session, sender(door, visit), [found], now=visit.now)
            except (ConflictError, InvalidError) as error:
                words = language(visit.language).refusal(error)
                return _page(door, visit, form, {error.field or "name": (words, "")})
            to = f"/records/{id_}" if may_keep(visit.caller) else "/enrol"
        return RedirectResponse(f"{to}?done=enrolled-now", 303)

    return routes


def check_register(visit: Visit) -> None:
    """Raise `NotFoundError` for whoever does not keep the register: to them it is not there."""
    if not may_enrol(visit.caller):
        raise NotFoundError("no such page")


def sender(door: Door, visit: Visit) -> Sender:
    """Return the visitor as a sender at the door of enrolment."""
    settings = door.settings
    return register_sender(
        visit.session,
        visit.caller,
        base=settings.fhir_base,
        zone=settings.site_timezone,
        now=visit.now,
    )


def said_of(faults: Iterable[Fault], said: Language) -> dict[str, tuple[str, str]]:
    """Return by field what is wrong first and what would be right, in words."""
    return {each.field: words(each, said) for each in reversed([*faults])}


def words(fault: Fault, said: Language) -> tuple[str, str]:
    """Return what is wrong with one field, and what would be right."""
    return _sentence(fault.reason, said), said.say(
        "Right would be: {right}.", right=said.say(fault.right.text, **fault.right.facts)
    )


def _sentence(text: Sentence, said: Language) -> str:
    return said.refusal(InvalidError(text))


def _page(
    door: Door,
    visit: Visit,
    form: EnrolForm,
    faults: Mapping[str, tuple[str, str]],
    *,
    done: str = "",
) -> Response:
    check_register(visit)
    said = language(visit.language)
    groups = sorted((said.say(each.display), each.name) for each in condition_groups().values())
    return door.pages.page(
        "enrol.html",
        status=422 if faults else 200,
        visit=visit,
        here="patients" if visit.clinical else "administration",
        notice=notice(done),
        keeps=may_keep(visit.caller),
        form=form,
        faults=faults,
        teams=teams_for(visit.session, visit.caller),
        groups=groups,
        sexes=[(each, said.say(each)) for each in SEXES],
    )
