"""`/reports/{team_id}.pdf`, `.csv` and `.json`: a team's week to take along."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from app.pages.door import Door, Visit
from app.pages.paper import report_on_paper
from app.pages.refusals import page_route
from app.pages.site_policy import policy_of
from app.weekly_forms.fhir import fhir
from app.weekly_forms.pdf import pdf
from app.weekly_forms.service import Form, Wanted, handed_out
from app.weekly_forms.table import csv
from reports.service import TeamWeek

FHIR_JSON = "application/fhir+json; charset=utf-8"
CSV = "text/csv; charset=utf-8"
PDF = "application/pdf"
MOST_VERSIONS = 9_999


class Asked(BaseModel):
    """Which week, and which issue of it; the newest where none is named."""

    week: str = ""
    version: Annotated[int, Field(ge=1, le=MOST_VERSIONS)] | None = None

    def of(self, team_id: UUID, form: Form) -> Wanted:
        """Return what is wanted of a team, as what."""
        return Wanted(team_id, self.week, form, self.version)


Asking = Annotated[Asked, Query()]


def router(door: Door) -> APIRouter:
    """Return the routes; their names and those of the files say nothing of anybody."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get("/reports/{team_id}.pdf")
    def on_paper(request: Request, team_id: UUID, asked: Asking) -> Response:
        with door.visit(request) as visit:
            page = report_on_paper(door, visit, _found(door, visit, asked.of(team_id, Form.PDF)))
        # The row in the audit stands by now, and no transaction waits for the typesetter.
        return _file(pdf(page), PDF, "weekly-report.pdf", shown=True)

    @routes.get("/reports/{team_id}.csv")
    def as_table(request: Request, team_id: UUID, asked: Asking) -> Response:
        with door.visit(request) as visit:
            text = csv(_found(door, visit, asked.of(team_id, Form.CSV)))
        return _file(text.encode(), CSV, "weekly-report.csv")

    @routes.get("/reports/{team_id}.json")
    def as_fhir(request: Request, team_id: UUID, asked: Asking) -> Response:
        with door.visit(request) as visit:
            found = _found(door, visit, asked.of(team_id, Form.FHIR))
            text = fhir(found, door.settings, now=visit.now, language=visit.language)
        return _file(text.encode(), FHIR_JSON, "weekly-report.json")

    return routes


def _found(door: Door, visit: Visit, wanted: Wanted) -> TeamWeek:
    policy = policy_of(door.settings)
    return handed_out(visit.session, visit.caller, wanted, policy, now=visit.now)


def _file(content: bytes, kind: str, name: str, *, shown: bool = False) -> Response:
    how = "inline" if shown else "attachment"
    headers = {"Content-Disposition": f'{how}; filename="{name}"'}
    return Response(content, media_type=kind, headers=headers)
