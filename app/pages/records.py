"""The records of people: found by name or by number, for whoever corrects what is wrong."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request, Response
from sqlalchemy import select

from app.pages.door import Door, Visit
from app.pages.language import language
from app.pages.refusals import page_route
from core.audit import Action, record
from core.errors import NotFoundError
from core.sealed_fields import unseal
from ingest.merging.repository import merged_ids
from ingest.numbers.repository import called
from ingest.register.service import may_keep
from ingest.repository import visible_to
from ingest.spelt import day_of
from ingest.tables import Patient
from ingest.teams.repository import first_teams

PAGE = 100
ENTITY = "record"


@dataclass(frozen=True, slots=True)
class Line:
    """One person of the register."""

    id: UUID
    name: str
    born: str
    team: str


def router(door: Door) -> APIRouter:
    """Return `/records`."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get("/records")
    def listed(request: Request, page: Annotated[int, Query(ge=1, le=100_000)] = 1) -> Response:
        with door.visit(request) as visit:
            return _page(door, visit, page=page)

    # By POST: what is looked for is a number of somebody, and stands in no address (SEC-24).
    @routes.post("/records")
    def found(
        request: Request,
        number: Annotated[str, Form(max_length=1024)] = "",
        csrf: Annotated[str, Form()] = "",
    ) -> Response:
        with door.act(request, csrf) as visit:
            return _page(door, visit, number=number.strip())

    return routes


def _page(door: Door, visit: Visit, *, page: int = 1, number: str = "") -> Response:
    if not may_keep(visit.caller):
        raise NotFoundError("no such page")
    only = called(visit.session, None, number) if number else None
    people = lines(visit, only)
    shown = people[(page - 1) * PAGE : page * PAGE]
    ids = [each.id for each in shown] or (None,)
    record(visit.session, visit.caller, Action.READ, ENTITY, now=visit.now, patients=ids)
    return door.pages.page(
        "records.html",
        visit=visit,
        here="patients",
        people=shown,
        total=len(people),
        number=number,
        page=page,
        more=len(people) > page * PAGE,
    )


def lines(visit: Visit, only: Collection[UUID] | None = None) -> list[Line]:
    """Return the people of the register by name, or some of them; merged records once."""
    session, said = visit.session, language(visit.language)
    query = select(Patient.id, Patient.name, Patient.birth_date).where(
        Patient.id.in_(visible_to(visit.caller)), Patient.id.not_in(merged_ids())
    )
    if only is not None:
        query = query.where(Patient.id.in_(only))
    rows = session.execute(query).all()
    teams = first_teams(session, [row.id for row in rows])
    found = []
    for row in rows:
        born = day_of(unseal(session, Patient.birth_date, row.birth_date, id=row.id))
        found.append(
            Line(
                row.id,
                unseal(session, Patient.name, row.name, id=row.id),
                said.day(born, today=visit.now.date()) if born else "",
                teams[row.id].name if row.id in teams else "",
            )
        )
    return sorted(found, key=lambda each: (each.name, each.id))
