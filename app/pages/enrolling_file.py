"""Enrolling many people by a file: shown row by row with all that is wrong, then confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from fastapi.responses import RedirectResponse
from sqlalchemy import select

from app.pages.done import notice
from app.pages.door import Door, Visit
from app.pages.enrolling import check_register, sender, words
from app.pages.language import Language, language
from app.pages.refusals import page_route
from core.errors import InvalidError
from ingest.joining import FIELDS
from ingest.register.service import may_keep, teams_for
from ingest.repository import visible_to
from ingest.sheet import MOST_BYTES, MOST_ROWS, NEEDED, Row
from ingest.tables import Patient
from ingest.uploading import service
from ingest.uploading.service import KEPT, Preview

AROUND = 64 * 1024  # what a form adds to the bytes of its file
ADDRESS = "/enrol/file"
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}


@dataclass(frozen=True, slots=True)
class FaultLine:
    """One thing that is wrong: where, why, and what would be right."""

    row: int
    column: str
    reason: str
    right: str


@dataclass(frozen=True, slots=True)
class KnownLine:
    """A row of somebody who is enrolled already; without a link where the reader may not look."""

    row: int
    name: str
    patients: tuple[UUID, ...]


def router(door: Door) -> APIRouter:
    """Return `/enrol/file` and what is below it."""
    route = page_route(door.pages, MOST_BYTES + AROUND)
    routes = APIRouter(route_class=route, include_in_schema=False)

    @routes.get(ADDRESS)
    def asked(request: Request, done: str = "") -> Response:
        with door.visit(request) as visit:
            check_register(visit)
            return _form(door, visit, done=done)

    @routes.post(ADDRESS)
    def uploaded(
        request: Request,
        file: Annotated[UploadFile | None, File()] = None,
        team: Annotated[str, Form(max_length=200)] = "",
        csrf: Annotated[str, Form()] = "",
    ) -> Response:
        with door.act(request, csrf) as visit:
            check_register(visit)
            raw = file.file.read(MOST_BYTES + 1) if file is not None else b""
            try:
                id_ = service.upload(visit.session, visit.caller, raw, team=team, now=visit.now)
            except InvalidError as error:
                return _form(door, visit, team, language(visit.language).refusal(error))
        return RedirectResponse(f"{ADDRESS}/{id_}", 303)

    @routes.get(ADDRESS + "/{preview_id}")
    def shown(request: Request, preview_id: UUID) -> Response:
        with door.visit(request) as visit:
            check_register(visit)
            found = service.preview(visit.session, visit.caller, preview_id, now=visit.now)
            return _page(door, visit, found)

    _acts(routes, door)
    return routes


def _acts(routes: APIRouter, door: Door) -> None:
    @routes.post(ADDRESS + "/{preview_id}/confirm")
    def confirmed(
        request: Request, preview_id: UUID, csrf: Annotated[str, Form()] = ""
    ) -> Response:
        with door.act(request, csrf) as visit:
            check_register(visit)
            service.confirm(visit.session, sender(door, visit), preview_id, now=visit.now)
        return RedirectResponse(f"{ADDRESS}/{preview_id}", 303)

    @routes.post(ADDRESS + "/{preview_id}/discard")
    def discarded(
        request: Request, preview_id: UUID, csrf: Annotated[str, Form()] = ""
    ) -> Response:
        with door.act(request, csrf) as visit:
            check_register(visit)
            service.discard(visit.session, visit.caller, preview_id, now=visit.now)
        return RedirectResponse(f"{ADDRESS}?done=file-discarded", 303)


def _form(door: Door, visit: Visit, team: str = "", fault: str = "", *, done: str = "") -> Response:
    return door.pages.page(
        "enrol_file.html",
        status=422 if fault else 200,
        visit=visit,
        here="patients" if visit.clinical else "administration",
        teams=teams_for(visit.session, visit.caller),
        team=team,
        fault=fault,
        notice=notice(done),
        needed=NEEDED,
        others=[each for each in FIELDS if each not in NEEDED],
        most_rows=MOST_ROWS,
        most_kib=MOST_BYTES // 1024,
        minutes=int(KEPT.total_seconds() // 60),
    )


def _page(door: Door, visit: Visit, found: Preview) -> Response:
    said = language(visit.language)
    return door.pages.page(
        "enrol_preview.html",
        visit=visit,
        here="patients" if visit.clinical else "administration",
        preview=found,
        read_as=_read_as(found, said),
        until=said.absolute(found.until, now=visit.now, zone=door.zone),
        faults=list(_faults(found, said)),
        known=_known(visit, found),
        keeps=may_keep(visit.caller),
    )


def _read_as(found: Preview, said: Language) -> str:
    """Return how the file was read, and that an encoding was guessed if it was."""
    sheet = found.sheet
    if sheet is None:
        return ""
    separator = said.say(SEPARATORS[sheet.separator])
    facts = {"encoding": sheet.encoding, "separator": separator}
    if sheet.guessed:
        return said.say(
            "The file does not say its encoding, and is not UTF-8. It was read as {encoding}"
            " with {separator}: check the names below. If they are wrong, save the sheet as"
            " CSV UTF-8 and upload it again.",
            **facts,
        )
    return said.say("The file was read as {encoding} with {separator}.", **facts)


def _faults(found: Preview, said: Language) -> Iterator[FaultLine]:
    for row in found.faulty:
        for fault in row.faults:
            column = fault.field or said.say("the whole row")
            yield FaultLine(row.number, column, *words(fault, said))


def _known(visit: Visit, found: Preview) -> list[KnownLine]:
    ids = {who for row in found.known for who in row.enrolled}
    seen = _visible(visit, ids)
    return [_line(row, seen) for row in found.known]


def _line(row: Row, seen: set[UUID]) -> KnownLine:
    patients = tuple(each for each in row.enrolled if each in seen)
    return KnownLine(row.number, row.typed.get("name", ""), patients)


def _visible(visit: Visit, ids: set[UUID]) -> set[UUID]:
    query = select(Patient.id).where(Patient.id.in_(ids), Patient.id.in_(visible_to(visit.caller)))
    return set(visit.session.scalars(query))
