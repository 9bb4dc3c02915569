"""`/privacy/contests`: the privacy officer writes down that a person contests their score.

The officer sees no patient: whose it is they name by a number, and the list says since when.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.pages.called import NOBODY, called
from app.pages.contest_forms import ContestForm, Filled, contest_faults
from app.pages.contested import ContestPrint, choices, contest_print
from app.pages.done import notice
from app.pages.explained import Reader
from app.pages.language import language
from app.pages.refusals import page_route
from core.audit import Action, record
from monitoring.contesting import repository, service
from monitoring.contesting.service import ENTITY, Asked
from monitoring.contests import NOTE_LENGTH, By, Ground

if TYPE_CHECKING:
    from app.pages.door import Door, Visit

PATH = "/privacy/contests"
BEHALF = (By.PATIENT, By.CARER)  # for whom the officer writes


def router(door: Door) -> APIRouter:
    """Return the form and the list; the door lets nobody in but the privacy officer."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get(PATH)
    def page(request: Request, done: str = "") -> Response:
        with door.visit(request) as visit:
            return _page(door, visit, Filled(), done=done)

    @routes.post(PATH)
    def on_behalf(request: Request, form: Annotated[ContestForm, Form()]) -> Response:
        with door.act(request, form.csrf) as visit:
            faults = contest_faults(form, language(visit.language), BEHALF)
            if faults:
                return _page(door, visit, Filled(form, faults=faults))
            whose = called(visit, form.system, form.value, Action.CREATE, ENTITY)
            if whose is None:
                return _page(door, visit, Filled(form), problem=NOBODY)
            asked = Asked(By(form.by), Ground(form.ground), form.note)
            service.contest(visit.session, visit.caller, whose, asked, now=visit.now)
        return RedirectResponse(f"{PATH}?done=contested", status_code=303)

    return routes


def _page(
    door: Door, visit: Visit, filled: Filled, *, done: str = "", problem: str = ""
) -> Response:
    found = repository.waiting(visit.session, None)
    whose = sorted({each.patient_id for each in found}) or (None,)
    record(visit.session, visit.caller, Action.READ, ENTITY, now=visit.now, patients=whose)
    reader = Reader(visit.now, door.zone, visit.identities, visit.language)
    return door.pages.page(
        "contests_privacy.html",
        status=422 if filled.faults else 404 if problem else 200,
        visit=visit,
        here="privacy",
        notice=notice(done),
        problem=problem,
        waiting=[_short(contest_print(each, reader)) for each in found],
        offered=choices(reader.said, of=BEHALF),
        filled=filled,
        longest=NOTE_LENGTH,
    )


def _short(each: ContestPrint) -> tuple[UUID, str, bool]:
    """Return as much as is told to who sees no patient: whose by their id, and since when."""
    return each.patient_id, each.waits, each.overdue
