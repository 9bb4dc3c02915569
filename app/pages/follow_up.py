"""`/follow-up`: a few days drawn by lot, and whether somebody was getting worse then.

The score is not shown: who is told what a model said tends to agree with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.follow_up import service
from app.pages.done import notice
from app.pages.door import Door, Visit
from app.pages.language import language
from app.pages.people import facts
from app.pages.refusals import page_route
from app.pages.strip import strip_of
from core.audit import Action, record
from ingest import repository as people
from monitoring.followed import HORIZON, PER_CLINICIAN


@dataclass(frozen=True, slots=True)
class QuestionPrint:
    """One question: of whom, and of which day."""

    id: UUID
    patient_id: UUID
    name: str
    facts: str
    day: str


def router(door: Door) -> APIRouter:
    """Return the page and its answers, for physicians and nurses."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get("/follow-up")
    def asked(request: Request, done: str = "") -> Response:
        with door.visit(request) as visit:
            questions = _questions(door, visit)
            ids = [each.patient_id for each in questions] or (None,)
            entity = service.ENTITY
            record(visit.session, visit.caller, Action.READ, entity, now=visit.now, patients=ids)
            return door.pages.page(
                "follow_up.html",
                visit=visit,
                here="follow-up",
                notice=notice(done),
                strip=strip_of(door, visit),
                questions=questions,
                days=HORIZON.days,
                most=PER_CLINICIAN,
            )

    @routes.post("/follow-up/{question_id}")
    def answer(
        request: Request,
        question_id: UUID,
        outcome: Annotated[str, Form()] = "",
        csrf: Annotated[str, Form()] = "",
    ) -> Response:
        with door.act(request, csrf) as visit:
            service.answer(visit.session, visit.caller, question_id, outcome, now=visit.now)
        return RedirectResponse("/follow-up?done=followed-up", status_code=303)

    return routes


def _questions(door: Door, visit: Visit) -> list[QuestionPrint]:
    found = service.questions(visit.session, visit.caller, now=visit.now)
    ids = [each.patient_id for each in found]
    visible = people.visible_to(visit.caller)
    profiles = {each.id: each for each in people.profiles(visit.session, visible, ids)}
    heads = people.survivors(visit.session, ids)
    said, today = language(visit.language), visit.now.astimezone(door.zone).date()
    return [
        QuestionPrint(
            id=each.id,
            patient_id=person.id,
            name=person.name,
            facts=facts(person, today=today, language=visit.language),
            day=said.day(each.scored_at.astimezone(door.zone).date(), today=today),
        )
        for each in found
        if (person := profiles.get(heads.get(each.patient_id, each.patient_id))) is not None
    ]
