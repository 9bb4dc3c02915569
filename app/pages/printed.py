"""`/printed`: that somebody puts a page on paper is an audit event of its own (SEC-16).

Printing cannot be prevented, only told: the page's script says so before the browser prints.
Without a script the reading of the page stands alone, as it always does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from pydantic import BaseModel, Field

from app.pages.refusals import page_route
from core.audit import Action, record
from core.errors import InvalidError
from fhir.audit_event import PRINTED
from ingest import repository as people
from ingest.tables import Patient

if TYPE_CHECKING:
    from app.pages.door import Door, Visit

MOST = 500  # people at a time
LONGEST = 300
_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_PAGE = re.compile(r"/[a-z0-9/._-]*")  # as our own addresses are: words and opaque ids


class Printed(BaseModel):
    """Which page goes on paper, and who stands on it."""

    page: str = Field("", max_length=LONGEST)
    patients: str = ""
    csrf: str = ""


def router(door: Door) -> APIRouter:
    """Return where a page tells that it is printed; it answers nothing."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.post("/printed")
    def printed(request: Request, form: Annotated[Printed, Form()]) -> Response:
        with door.act(request, form.csrf) as visit:
            route = route_of(form.page)
            asked = {*re.findall(_ID, form.page), *re.findall(_ID, form.patients)}
            whose = _known(visit, {UUID(each) for each in asked})
            record(
                visit.session,
                visit.caller,
                Action.EXECUTE,
                PRINTED,
                now=visit.now,
                patients=whose or (None,),
                query=f"page={route}",
            )
        return Response(status_code=204)

    return routes


def route_of(page: str) -> str:
    """Return an address without the ids that stand in it; raise `InvalidError` for none of ours."""
    if not _PAGE.fullmatch(page):
        raise InvalidError("a page is named by its own address", field="page")
    return re.sub(_ID, "{id}", page)


def _known(visit: Visit, ids: set[UUID]) -> list[UUID]:
    """Return those of some ids who are people whom the visitor may see."""
    if len(ids) > MOST:
        raise InvalidError(
            "a page has at most {most} people", field="patients", facts={"most": MOST}
        )
    visible = people.visible_to(visit.caller).where(Patient.id.in_(ids))
    return sorted(visit.session.scalars(visible)) if ids else []
