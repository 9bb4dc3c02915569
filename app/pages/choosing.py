"""What a person lets be done with their data: shown to the team, and written down by it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from app.pages.door import Door, Visit
from app.pages.language import Language, language
from app.pages.people import facts
from app.pages.refusals import page_route
from app.pages.strip import strip_of
from core.audit import Action, record
from core.errors import NotFoundError
from ingest import repository as people
from ingest.choices import COMMENT_LENGTH, Choice, Purpose, Standing, standing
from ingest.choosing import service
from ingest.choosing.repository import choices_of
from ingest.choosing.service import ENTITY, Asked

ANSWERS = {"yes": True, "no": False}


class ChoiceForm(BaseModel):
    """A choice as a form sends it."""

    csrf: str = ""
    purpose: str = ""
    answer: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class ChoicePrint:
    """What a person lets be done with their data, as a page says it."""

    patient_id: UUID
    warnings: list[str]  # what is not done, so that nobody takes silence for health
    stands: list[tuple[str, str]]
    lines: list[tuple[str, str]]  # all that was ever said: what, and by whom and how
    purposes: list[tuple[str, str]]
    scored: bool
    form: ChoiceForm
    faults: dict[str, str]


def router(door: Door) -> APIRouter:
    """Return `/patients/{id}/rights`."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get("/patients/{patient_id}/rights")
    def shown(request: Request, patient_id: UUID) -> Response:
        with door.visit(request) as visit:
            return _page(door, visit, patient_id, ChoiceForm(), {})

    @routes.post("/patients/{patient_id}/rights")
    def write(request: Request, patient_id: UUID, form: Annotated[ChoiceForm, Form()]) -> Response:
        with door.act(request, form.csrf) as visit:
            if not people.may_see(visit.session, visit.caller, patient_id):
                raise NotFoundError("no such patient")
            faults = choice_faults(form, language(visit.language))
            if faults:
                return _page(door, visit, patient_id, form, faults)
            asked = Asked(Purpose(form.purpose), ANSWERS[form.answer], form.comment)
            service.choose(visit.session, visit.caller, patient_id, asked, now=visit.now)
        return RedirectResponse(f"/patients/{patient_id}/rights", status_code=303)

    return routes


def choice_print(
    door: Door,
    visit: Visit,
    patient_id: UUID,
    form: ChoiceForm | None = None,
    faults: dict[str, str] | None = None,
) -> ChoicePrint:
    """Return what stands for a patient whom the visitor may see, and all that was said."""
    said = language(visit.language)
    known = choices_of(visit.session, people.one_person(visit.session, patient_id))
    stands = standing(known, now=visit.now)

    def at(when: datetime) -> str:
        return said.absolute(when, now=visit.now, zone=door.zone)

    return ChoicePrint(
        patient_id=patient_id,
        warnings=warnings(stands, said),
        stands=[(purpose_words(each, said), _stands(each, stands, said)) for each in Purpose],
        lines=[(_said(each, said), _by(each, at(each.since), said)) for each in known],
        purposes=purposes(said),
        scored=stands.scored,
        form=form or ChoiceForm(),
        faults=faults or {},
    )


def warnings(stands: Standing, said: Language) -> list[str]:
    """Return what is not done for a person because they do not let it be done."""
    if not stands.monitored:
        return [
            said.say(
                "Not monitored: the person does not agree to it. Readings are stored and nobody"
                " judges them; that no alert is open says nothing of their health."
            )
        ]
    if stands.restricted:
        return [
            said.say(
                "The use of this person's data is restricted (Art. 18 GDPR). Readings are stored;"
                " only a critical one (RED) is looked for and told, for their life. There is no"
                " score, no report and no training."
            )
        ]
    if not stands.scored:
        return [
            said.say(
                "Not scored: the person objects to automated scoring (Art. 22 GDPR). The rules go"
                " on."
            )
        ]
    return []


def purpose_words(purpose: Purpose, said: Language) -> str:
    """Return a purpose in words."""
    return {
        Purpose.MONITORING: said.say("Monitoring"),
        Purpose.SCORING: said.say("Automated scoring"),
        Purpose.RESEARCH: said.say("Research"),
        Purpose.TRAINING: said.say("Training of models"),
        Purpose.USE: said.say("Any use of the data"),
    }[purpose]


def purposes(said: Language) -> list[tuple[str, str]]:
    """Return what a choice may be about, by code and in words."""
    return [(each.value, purpose_words(each, said)) for each in Purpose]


def _stands(purpose: Purpose, stands: Standing, said: Language) -> str:
    word = stands.word(purpose)
    if word is not None:
        return said.say("Agrees") if word else said.say("Does not agree")
    if purpose in (Purpose.RESEARCH, Purpose.TRAINING):
        return said.say("Nothing said: not done")
    return said.say("Nothing said: done as part of care")


def _said(choice: Choice, said: Language) -> str:
    what = purpose_words(choice.purpose, said)
    word = said.say("Agrees") if choice.allowed else said.say("Does not agree")
    return said.say("{what}: {word}", what=what, word=word)


def _by(choice: Choice, when: str, said: Language) -> str:
    if choice.author_id is None:
        return said.say("Received as a Consent, from {when}", when=when)
    author = choice.author or said.say("a colleague")
    return said.say(
        "Written down by {author}, {when}: {comment}",
        author=author,
        when=when,
        comment=choice.comment,
    )


def choice_faults(form: ChoiceForm, said: Language) -> dict[str, str]:
    """Return what is wrong with a form, by the field."""
    faults: dict[str, str] = {}
    if form.purpose not in tuple(Purpose):
        faults["purpose"] = said.say("Choose what it is about.")
    if form.answer not in ANSWERS:
        faults["answer"] = said.say("Choose yes or no.")
    if not form.comment.strip():
        faults["comment"] = said.say("Say how the person made it known.")
    elif len(form.comment) > COMMENT_LENGTH:
        faults["comment"] = said.say(
            "A comment has at most {most} characters.", most=COMMENT_LENGTH
        )
    return faults


def _page(
    door: Door, visit: Visit, patient_id: UUID, form: ChoiceForm, faults: dict[str, str]
) -> Response:
    profiles = people.profiles(visit.session, people.visible_to(visit.caller), [patient_id])
    profile = next((p for p in profiles if p.id == patient_id), None)
    if profile is None:
        raise NotFoundError("no such patient")
    whose = [patient_id]
    record(visit.session, visit.caller, Action.READ, ENTITY, now=visit.now, patients=whose)
    return door.pages.page(
        "choices_edit.html",
        status=422 if faults else 200,
        visit=visit,
        here="patient",
        strip=strip_of(door, visit),
        patient_id=patient_id,
        name=profile.name,
        facts=facts(profile, today=visit.now.date(), language=visit.language),
        choices=choice_print(door, visit, patient_id, form, faults),
    )
