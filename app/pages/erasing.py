"""`/privacy/erasures`: who asked to be erased, the second look at it, and what forbids it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from app.audit_search.repository import names
from app.erasure import holds, service
from app.erasure.states import WORDS, State, wait_of
from app.pages.done import notice
from app.pages.door import Door, Visit
from app.pages.refusals import page_route
from app.pages.wording import Moment, moment
from app.typed import day_of
from core.audit import Action, record
from core.errors import NotFoundError
from ingest.merging.repository import everybody
from ingest.numbers.repository import called

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.erasure.tables import Erasure

Text = Annotated[str, Form()]
HERE = "/privacy/erasures"
STATES = {
    State.ASKED: "Waits for a second look",
    State.CONFIRMED: "Is being carried out",
    State.DONE: "Erased",
    State.WITHDRAWN: "Withdrawn",
}


class Asked(BaseModel):
    """Whom it is about, why, and until when."""

    patient: str = ""
    reason: str = ""
    until: str = ""
    csrf: str = ""


def router(door: Door) -> APIRouter:
    """Return the page and its forms; the door lets nobody in but the privacy officer."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get(HERE)
    def erasures(request: Request, done: str = "") -> Response:
        with door.visit(request) as visit:
            return _page(door, visit, done)

    @routes.post(HERE)
    def ask(request: Request, form: Annotated[Asked, Form()]) -> Response:
        with door.act(request, form.csrf) as visit:
            patient = _meant(visit, form.patient)
            service.ask(visit.session, visit.caller, patient, form.reason, now=visit.now)
        return _back("erasure-asked")

    @routes.post(HERE + "/{erasure_id}/confirm")
    def confirm(request: Request, erasure_id: UUID, csrf: Text = "") -> Response:
        with door.act(request, csrf) as visit:
            service.confirm(visit.session, visit.caller, erasure_id, now=visit.now)
        return _back("erasure-confirmed")

    @routes.post(HERE + "/{erasure_id}/withdraw")
    def withdraw(request: Request, erasure_id: UUID, csrf: Text = "") -> Response:
        with door.act(request, csrf) as visit:
            service.withdraw(visit.session, visit.caller, erasure_id, now=visit.now)
        return _back("erasure-withdrawn")

    @routes.post("/privacy/holds")
    def hold(request: Request, form: Annotated[Asked, Form()]) -> Response:
        with door.act(request, form.csrf) as visit:
            patient, until = _meant(visit, form.patient), _end_of(door, form.until)
            holds.hold(visit.session, visit.caller, patient, form.reason, until, now=visit.now)
        return _back("hold-set")

    @routes.post("/privacy/holds/{hold_id}/release")
    def release(request: Request, hold_id: UUID, csrf: Text = "") -> Response:
        with door.act(request, csrf) as visit:
            holds.release(visit.session, visit.caller, hold_id, now=visit.now)
        return _back("hold-released")

    return routes


def _back(done: str) -> Response:
    return RedirectResponse(f"{HERE}?done={done}", status_code=303)


def _page(door: Door, visit: Visit, done: str) -> Response:
    def at(instant: datetime) -> Moment:
        return moment(instant, now=visit.now, zone=door.zone, language=visit.language)

    found = holds.held(visit.session, now=visit.now)
    held = {each.patient_id for each in found}
    erasures = service.erasures(visit.session)
    people = everybody(visit.session, {row.of_id for row in erasures if row.of_id})
    whose = sorted(held.union(*people.values()))
    record(visit.session, visit.caller, Action.READ, service.ENTITY, now=visit.now, patients=whose)
    asked_by = names(visit.session, {row.asked_by for row in erasures if row.asked_by})
    return door.pages.page(
        "erasures.html",
        visit=visit,
        here="privacy",
        notice=notice(done),
        rows=[
            (
                row,
                STATES[State(row.state)],
                at(row.asked_at),
                _wait(visit, row),
                not held.isdisjoint(_records(people, row)),
                asked_by.get(row.asked_by, ("", ""))[0] if row.asked_by else "",
                ", ".join(map(str, sorted(_records(people, row) - {row.of_id}))),
            )
            for row in erasures
        ],
        holds=[(each, at(each.set_at), at(each.until) if each.until else None) for each in found],
        grounds=WORDS,
        words={str(ground): said for ground, said in WORDS.items()},
        longest=holds.LONGEST,
    )


def _records(people: Mapping[UUID, frozenset[UUID]], row: Erasure) -> frozenset[UUID]:
    """Return every record of whom an erasure that waits is of."""
    return people[row.of_id] if row.of_id else frozenset()


def _wait(visit: Visit, row: Erasure) -> int:
    """Return how many hours this reader has to wait before they may confirm."""
    wait = wait_of(row.asked_by, row.asked_at, visit.caller.id, visit.now)
    return -int(-wait.total_seconds() // 3600)


def _meant(visit: Visit, said: str) -> UUID:
    """Return whom an id or a record number means; raise `NotFoundError` unless exactly one."""
    try:
        return UUID(said.strip())
    except ValueError:
        found = called(visit.session, None, said.strip()) if said.strip() else set()
    if len(found) != 1:
        raise NotFoundError("no such patient")
    return next(iter(found))


def _end_of(door: Door, said: str) -> datetime | None:
    """Return the end of a day of the site; None where none is said."""
    if not said.strip():
        return None
    morrow = day_of(said, "until") + timedelta(days=1)
    return datetime.combine(morrow, time.min, door.zone).astimezone(UTC)
