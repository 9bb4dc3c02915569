"""`/privacy/choices`: the privacy officer writes down what a person wants with their data.

So that a letter to the officer is acted on. They see no patient: whose choice it is they name by
a number, and nothing of the person is told. Their team sees it, as any other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.pages.called import NOBODY, exactly
from app.pages.choosing import ANSWERS, ChoiceForm, choice_faults, purposes
from app.pages.done import notice
from app.pages.language import language
from app.pages.refusals import page_route
from core.audit import Action
from ingest.choices import Purpose
from ingest.choosing import service
from ingest.choosing.service import ENTITY, Asked

if TYPE_CHECKING:
    from app.pages.door import Door, Visit

PATH = "/privacy/choices"


class NamedForm(ChoiceForm):
    """A choice as a form sends it, with whose it is."""

    system: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Fields:
    """What the form offers, holds and refuses."""

    purposes: list[tuple[str, str]]
    form: NamedForm
    faults: dict[str, str] = field(default_factory=dict)


def router(door: Door) -> APIRouter:
    """Return the form; the door lets nobody in but the privacy officer."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get(PATH)
    def page(request: Request, done: str = "") -> Response:
        with door.visit(request) as visit:
            return _page(door, visit, NamedForm(), done=done)

    @routes.post(PATH)
    def write(request: Request, form: Annotated[NamedForm, Form()]) -> Response:
        with door.act(request, form.csrf) as visit:
            faults = choice_faults(form, language(visit.language))
            if faults:
                return _page(door, visit, form, faults)
            whose = exactly(visit, form.system, form.value, Action.CREATE, ENTITY)
            if whose is None:
                return _page(door, visit, form, problem=NOBODY)
            asked = Asked(Purpose(form.purpose), ANSWERS[form.answer], form.comment)
            service.choose(visit.session, visit.caller, whose, asked, now=visit.now)
        return RedirectResponse(f"{PATH}?done=chosen", status_code=303)

    return routes


def _page(  # noqa: PLR0913 (what was typed, what is wrong with it, what was done)
    door: Door,
    visit: Visit,
    form: NamedForm,
    faults: dict[str, str] | None = None,
    *,
    done: str = "",
    problem: str = "",
) -> Response:
    return door.pages.page(
        "choices_privacy.html",
        status=422 if faults else 404 if problem else 200,
        visit=visit,
        here="privacy",
        notice=notice(done),
        problem=problem,
        choices=Fields(purposes(language(visit.language)), form, faults or {}),
    )
