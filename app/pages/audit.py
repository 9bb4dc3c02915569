"""`/privacy/audit`: who looked at whom, for the privacy officer (SEC-16, SEC-19).

A person and a number are looked for by a form that is sent: addresses hold opaque ids only
(SEC-24).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from app.audit_search import service
from app.audit_search.kinds import WORDS, word_of
from app.audit_search.wanted import OUTCOMES, Typed, read
from app.pages.called import NOBODY
from app.pages.door import Door, Visit
from app.pages.language import Language, language
from app.pages.refusals import page_route
from app.pages.users import ROLES
from app.pages.wording import Moment, moment
from app.sheets import sheet
from app.typed import row_of
from core.audit import Action, record

if TYPE_CHECKING:
    from datetime import datetime

PATH = "/privacy/audit"
ACTIONS = {
    Action.CREATE: "Made",
    Action.READ: "Read",
    Action.UPDATE: "Changed",
    Action.DELETE: "Deleted",
    Action.EXECUTE: "Carried out",
}
CALLERS = {"user": "Account", "client": "Integration", "system": "The installation itself"}
FIELDS = (
    "id", "at", "who_id", "who", "role", "action", "kind", "patient", "outcome", "purpose",
    "address",
)  # fmt: skip


class Sought(BaseModel):
    """What somebody typed."""

    username: str = ""
    system: str = ""
    value: str = ""
    since: str = ""
    until: str = ""
    kind: str = ""
    outcome: str = ""
    view: str = ""
    csrf: str = ""


def typed(  # noqa: PLR0913, PLR0917 (what the address may ask for)
    who: str = "",
    patient: str = "",
    since: str = "",
    until: str = "",
    kind: str = "",
    outcome: str = "",
    view: str = "",
) -> Typed:
    """Return what an address asks for."""
    return Typed(who, patient, since, until, kind, outcome, view)


Asked = Annotated[Typed, Depends(typed)]


def router(door: Door) -> APIRouter:
    """Return the page, its form, and the file."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get(PATH)
    def page(request: Request, asked: Asked, before: str = "") -> Response:
        with door.visit(request) as visit:
            return _page(door, visit, asked, before=row_of(before, "before"))

    @routes.post(PATH)
    def find(request: Request, form: Annotated[Sought, Form()]) -> Response:
        with door.act(request, form.csrf) as visit:
            asked = _meant(visit, form)
            if asked is None:
                record(
                    visit.session,
                    visit.caller,
                    Action.EXECUTE,
                    service.ENTITY,
                    now=visit.now,
                    outcome="refused",
                )
                return _page(door, visit, Typed(), problem=NOBODY)
            read(asked, door.zone)  # what is wrong is said here, and not behind a redirect
        return RedirectResponse(f"{PATH}?{asked.query}".rstrip("?"), status_code=303)

    @routes.get(f"{PATH}.csv")
    def download(request: Request, asked: Asked) -> Response:
        with door.visit(request) as visit:
            found = service.export(
                visit.session, visit.caller, read(asked, door.zone), now=visit.now
            )
        rows = [[getattr(each, name) for name in FIELDS] for each in found]
        head = {"Content-Disposition": 'attachment; filename="audit.csv"'}
        return Response(sheet(FIELDS, rows), media_type="text/csv; charset=utf-8", headers=head)

    return routes


def _exactly(door: Door, visit: Visit, at: datetime) -> Moment:
    """Return an instant with its day and second, for who has to prove what came first."""
    said = moment(at, now=visit.now, zone=door.zone, language=visit.language)
    return replace(said, absolute=f"{at.astimezone(door.zone):%Y-%m-%d %H:%M:%S}")


def _meant(visit: Visit, form: Sought) -> Typed | None:
    """Return what a form asks for in opaque ids, None where it names nobody."""
    asked = Typed("", "", form.since, form.until, form.kind, form.outcome, form.view)
    if form.username.strip():
        who = service.account_called(visit.session, form.username)
        if who is None:
            return None
        asked = replace(asked, who=str(who))
    if form.value.strip():
        patient = service.patient_called(visit.session, form.system, form.value)
        if patient is None:
            return None
        asked = replace(asked, patient=str(patient))
    return asked


def _kinds(said: Language) -> list[tuple[str, str]]:
    """Return each kind by its code with its word, in the order of the words."""
    return sorted(
        ((code, said.say(word)) for code, word in WORDS.items()), key=lambda each: each[1]
    )


def _page(
    door: Door, visit: Visit, asked: Typed, *, before: int | None = None, problem: str = ""
) -> Response:
    found, older = service.look(
        visit.session, visit.caller, read(asked, door.zone), now=visit.now, before=before
    )

    return door.pages.page(
        "audit.html",
        status=404 if problem else 200,
        visit=visit,
        here="privacy",
        asked=asked,
        problem=problem,
        outcomes=OUTCOMES,
        found=[(each, _exactly(door, visit, each.at)) for each in found],
        roles={**{str(role): name for role, name in ROLES.items()}, **CALLERS},
        kinds=_kinds(language(visit.language)),
        word_of=word_of,
        actions={str(action): word for action, word in ACTIONS.items()},
        older=f"{PATH}?{asked.query}&before={older}" if older else "",
        newest=f"{PATH}?{asked.query}".rstrip("?") if before is not None else "",
        file=f"{PATH}.csv?{asked.query}".rstrip("?"),
    )
