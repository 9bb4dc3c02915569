"""Who looked at a patient: a page for the team, as far back as the audit goes (SEC-19)."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response

from app.pages.door import Door
from app.pages.explained import Reader
from app.pages.on_record import accesses
from app.pages.refusals import page_route
from app.pages.strip import strip_of
from app.typed import row_of
from core.audit import Action, record
from core.errors import NotFoundError
from ingest.repository import may_see, one_person

PAGE = 50


def router(door: Door) -> APIRouter:
    """Return `/patients/{id}/accesses?before=123`."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get("/patients/{patient_id}/accesses")
    def listed(request: Request, patient_id: UUID, before: str = "") -> Response:
        with door.visit(request) as visit:
            if not may_see(visit.session, visit.caller, patient_id):
                raise NotFoundError("no such patient")
            record(
                visit.session,
                visit.caller,
                Action.READ,
                "accesses",
                now=visit.now,
                patients=[patient_id],
            )
            reader = Reader(visit.now, door.zone, visit.identities, visit.language)
            ids = list(one_person(visit.session, patient_id))
            found = accesses(visit, ids, reader, most=PAGE + 1, before=row_of(before, "before"))
            return door.pages.page(
                "accesses.html",
                visit=visit,
                here="patient",
                strip=strip_of(door, visit),
                patient_id=patient_id,
                accesses=found[:PAGE],
                older=found[PAGE - 1].id if len(found) > PAGE else None,
            )

    return routes
