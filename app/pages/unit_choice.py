"""The form by which a reader chooses units; the choice is kept in their browser."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.pages.door import Door
from app.pages.language import Language
from app.pages.refusals import page_route
from app.pages.units import CHOICES, COOKIE, Unit, Units, units

NAMES = ("weight", "temperature", "glucose")
LASTS = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Offer:
    """One choice of the form."""

    name: str
    words: str
    chosen: str
    choices: dict[str, Unit]


def offered(chosen: Units, said: Language) -> list[Offer]:
    """Return what can be chosen, in the order of the form."""
    words = (said.say("Weight"), said.say("Temperature"), said.say("Glucose"))
    return [
        Offer(name, title, word, dict(choice))
        for name, title, word, choice in zip(NAMES, words, chosen.words, CHOICES, strict=True)
    ]


def router(door: Door) -> APIRouter:
    """Return the form's address."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.post("/units/{patient_id}")
    def choose(  # noqa: PLR0913, PLR0917 (a form has this many fields)
        request: Request,
        patient_id: UUID,
        weight: Annotated[str, Form()] = "",
        temperature: Annotated[str, Form()] = "",
        glucose: Annotated[str, Form()] = "",
        csrf: Annotated[str, Form()] = "",
    ) -> Response:
        with door.act(request, csrf):
            kept = units(f"{weight}.{temperature}.{glucose}", door.settings.site_units)
        answer = RedirectResponse(f"/patients/{patient_id}#trends", status_code=303)
        door.keep(answer, COOKIE, str(kept), lasts=LASTS)
        return answer

    return routes
