"""One record of the register: who it is, its numbers, and what was corrected by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from app.pages.corrected import CorrectedPrint, corrections
from app.pages.done import notice
from app.pages.door import Door, Visit
from app.pages.enrolling import said_of, sender
from app.pages.faulty import REFUSED, FaultyError, faults_of
from app.pages.language import language
from app.pages.records import ENTITY, Line, lines
from app.pages.refusals import page_route
from core.audit import Action, record
from core.errors import InvalidError, NotFoundError
from core.sealed_fields import unseal
from ingest.joining import SEXES, Known, Reader
from ingest.merging.repository import one_person, survivor
from ingest.numbers.repository import called, numbers_of
from ingest.receipt import Sender
from ingest.rectifying import service
from ingest.rectifying.repository import on_the_wire, spoken
from ingest.rectifying.service import Identity
from ingest.register.service import check_may_keep
from ingest.tables import Patient

LONGEST = 1024
ADDRESS = "/records/{patient_id}"


class RecordForm(BaseModel):
    """Whatever the forms of the page send; each uses its own."""

    csrf: str = ""
    name: str = ""
    birth_date: str = ""
    sex: str = ""
    identifier_system: str = ""
    identifier: str = ""
    to: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What came of a form that was not taken: which one, and what is wrong by field."""

    form: str = ""
    typed: RecordForm = field(default_factory=RecordForm)
    faults: Mapping[str, tuple[str, str]] = field(default_factory=dict)


NOTHING = Wrong()


def router(door: Door) -> APIRouter:
    """Return `/records/{id}` and its forms."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get(ADDRESS)
    def shown(request: Request, patient_id: UUID, done: str = "") -> Response:
        with door.visit(request) as visit:
            return record_page(door, visit, patient_id, done=done)

    for name in ACTS:
        _form(routes, door, name)
    return routes


def _form(routes: APIRouter, door: Door, name: str) -> None:
    @routes.post(f"{ADDRESS}/{name}", name=f"record_{name}")
    def sent(request: Request, patient_id: UUID, form: Annotated[RecordForm, Form()]) -> Response:
        with door.act(request, form.csrf) as visit:
            check_may_keep(visit.session, visit.caller, patient_id)
            try:
                with visit.session.begin_nested():
                    done = ACTS[name](visit, sender(door, visit), patient_id, form)
            except REFUSED as error:
                wrong = Wrong(name, form, faults_of(error, visit))
                return record_page(door, visit, patient_id, wrong)
        return RedirectResponse(f"/records/{patient_id}?done={done}", 303)


def _correct(visit: Visit, by: Sender, patient_id: UUID, form: RecordForm) -> str:
    reader = Reader(form.model_dump(), Known({}, {}, visit.now.date()))
    to = Identity(reader.name(), reader.birth_date(), reader.sex())
    if reader.faults:
        raise FaultyError(said_of(reader.faults, language(visit.language)))
    service.correct(visit.session, by, patient_id, to, reason=form.reason, now=visit.now)
    return "rectified"


def _add(visit: Visit, by: Sender, patient_id: UUID, form: RecordForm) -> str:
    number = (form.identifier_system.strip(), form.identifier.strip())
    service.add_number(visit.session, by, patient_id, number, reason=form.reason, now=visit.now)
    return "number-added"


def _end(visit: Visit, by: Sender, patient_id: UUID, form: RecordForm) -> str:
    number = (form.identifier_system, form.identifier)
    service.end_number(visit.session, by, patient_id, number, reason=form.reason, now=visit.now)
    return "number-ended"


def _move(visit: Visit, by: Sender, patient_id: UUID, form: RecordForm) -> str:
    number = (form.identifier_system, form.identifier)
    pair = (patient_id, other_record(visit, form.to))
    service.move_number(visit.session, by, pair, number, reason=form.reason, now=visit.now)
    return "number-moved"


Act = Callable[[Visit, Sender, UUID, RecordForm], str]
ACTS: dict[str, Act] = {"correct": _correct, "add": _add, "end": _end, "move": _move}


def other_record(visit: Visit, text: str) -> UUID:
    """Return the one record that somebody names, by its number or by its id.

    Raises
    ------
    InvalidError
        Where it is none that they may keep, or more than one.
    """
    text = text.strip()
    asked = called(visit.session, None, text) if text else set()
    with suppress(ValueError):  # some hospitals have numbers that look like an id
        asked = asked or {UUID(text)}
    found = [each.id for each in lines(visit, asked)] if asked else []
    if len(found) > 1:
        raise InvalidError(
            "this number is of several people, by different systems: give the record's id",
            field="to",
        )
    if not found:
        raise InvalidError("no record goes by this number or id", field="to")
    return found[0]


def another(visit: Visit, text: str, than: UUID) -> UUID:
    """Return the one record that somebody names, where it is not the one that they look at."""
    found = other_record(visit, text)
    if found == than:
        raise InvalidError("this is the same record", field="to")
    return found


@dataclass(frozen=True, slots=True)
class NumberLine:
    """One record number; `key` is how the forms name its system."""

    system: str
    value: str
    key: str


def record_page(
    door: Door, visit: Visit, patient_id: UUID, wrong: Wrong = NOTHING, *, done: str = ""
) -> Response:
    """Show one record of the register, and write down that it was read."""
    session = visit.session
    check_may_keep(session, visit.caller, patient_id)
    row = session.get_one(Patient, patient_id, populate_existing=True)
    head = survivor(session, patient_id)
    others = one_person(session, head) - {head} if head == patient_id else frozenset()
    patients = sorted({patient_id, head, *others})
    record(session, visit.caller, Action.READ, ENTITY, now=visit.now, patients=patients)
    born = unseal(session, Patient.birth_date, row.birth_date, id=row.id)
    said = language(visit.language)
    return door.pages.page(
        "record.html",
        status=422 if wrong.faults else 200,
        visit=visit,
        here="patients",
        notice=notice(done),
        patient_id=patient_id,
        name=unseal(session, Patient.name, row.name, id=row.id),
        birth_date=born,
        sex=row.sex,
        sexes=[(each, said.say(each)) for each in SEXES],
        since=said.absolute(row.created_at, now=visit.now, zone=door.zone),
        numbers=numbers(visit, patient_id),
        into=_line(visit, head) if head != patient_id else None,
        others=[_line(visit, each) for each in sorted(others)],
        corrections=_corrections(door, visit, patient_id),
        wrong=wrong,
    )


def _corrections(door: Door, visit: Visit, patient_id: UUID) -> list[CorrectedPrint]:
    return corrections(door, visit, [patient_id], health=False)


def numbers(visit: Visit, patient_id: UUID) -> list[NumberLine]:
    """Return the record numbers that somebody goes by."""
    return [
        NumberLine(on_the_wire(system), value, system)
        for system, value in numbers_of(visit.session, patient_id)
        if spoken(system)
    ]


def _line(visit: Visit, patient_id: UUID) -> Line:
    row = visit.session.get(Patient, patient_id)
    if row is None:
        raise NotFoundError("no such patient")
    name = unseal(visit.session, Patient.name, row.name, id=row.id)
    born = unseal(visit.session, Patient.birth_date, row.birth_date, id=row.id)
    return Line(row.id, name, born, "")
