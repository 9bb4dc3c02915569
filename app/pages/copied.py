"""The copy of a person's data as a download: for their team, and for the privacy officer (SEC-43).

Asked for by a form, so that no link and no prefetch makes one; the officer names the person by a
number (SEC-24).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response

from app.copies.archive import archive
from app.copies.service import ENTITY, copy
from app.pages.called import NOBODY, called
from app.pages.refusals import page_route
from core.audit import Action
from ingest.admission.service import turn

if TYPE_CHECKING:
    from app.pages.door import Door, Visit

PATH = "/privacy/copies"
Text = Annotated[str, Form(max_length=200)]


def router(door: Door) -> APIRouter:
    """Return the download on the page of a person's rights, and the officer's form."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.post("/patients/{patient_id}/rights/copy")
    def of_team(request: Request, patient_id: UUID, csrf: Text = "") -> Response:
        with door.act(request, csrf) as visit:
            return _file(door, visit, patient_id)

    @routes.get(PATH)
    def page(request: Request) -> Response:
        with door.visit(request) as visit:
            return _page(door, visit)

    @routes.post(PATH)
    def by_number(
        request: Request, system: Text = "", value: Text = "", csrf: Text = ""
    ) -> Response:
        with door.act(request, csrf) as visit:
            whose = called(visit, system, value, Action.EXECUTE, ENTITY)
            if whose is None:
                return _page(door, visit, problem=NOBODY)
            return _file(door, visit, whose)

    return routes


def _page(door: Door, visit: Visit, *, problem: str = "") -> Response:
    status = 404 if problem else 200
    return door.pages.page(
        "copies.html", status=status, visit=visit, here="privacy", problem=problem
    )


def _file(door: Door, visit: Visit, patient_id: UUID) -> Response:
    with turn(visit.session, "copy", visit.caller.id):  # it is long work
        made = copy(visit.session, visit.caller, patient_id, door.settings, now=visit.now)
        content = archive(made, door.pages, door.settings)
    headers = {
        "Content-Disposition": 'attachment; filename="record.zip"',
        "Cache-Control": "no-store",
    }
    return Response(content, media_type="application/zip", headers=headers)
