"""One score with all it was made of, and how somebody contests it and a clinician answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.pages.contest_forms import AnswerForm, ContestForm, Filled, answer_faults, contest_faults
from app.pages.contested import choices, contest_print
from app.pages.done import notice
from app.pages.explained import Reader
from app.pages.language import language
from app.pages.people import facts
from app.pages.refusals import page_route
from app.pages.score import risk_print
from app.pages.strip import strip_of
from core.audit import Action, record
from core.errors import NotFoundError
from ingest import repository as people
from ingest.choosing.repository import standing_of
from monitoring import repository as judgements
from monitoring.contesting import repository, service
from monitoring.contesting.service import ENTITY, Asked, Said
from monitoring.contests import NOTE_LENGTH, By, Ground, Ruling

if TYPE_CHECKING:
    from app.pages.door import Door, Visit
    from ingest.roster import PatientProfile


def router(door: Door) -> APIRouter:
    """Return the page of one score, what is sent from it, and the list of what waits."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get("/patients/{patient_id}/scores/{assessment_id}")
    def score(request: Request, patient_id: UUID, assessment_id: UUID, done: str = "") -> Response:
        with door.visit(request) as visit:
            return _score(door, visit, patient_id, assessment_id, Filled(), done=done)

    @routes.post("/patients/{patient_id}/scores/{assessment_id}")
    def contest(
        request: Request,
        patient_id: UUID,
        assessment_id: UUID,
        form: Annotated[ContestForm, Form()],
    ) -> Response:
        with door.act(request, form.csrf) as visit:
            _known(visit, patient_id)
            faults = contest_faults(form, language(visit.language), By)
            if faults:
                filled = Filled(form, faults=faults)
                return _score(door, visit, patient_id, assessment_id, filled)
            asked = Asked(By(form.by), Ground(form.ground), form.note, assessment_id)
            service.contest(visit.session, visit.caller, patient_id, asked, now=visit.now)
        return _back(patient_id, assessment_id, "contested")

    @routes.post("/patients/{patient_id}/contests/{contest_id}")
    def answer(
        request: Request,
        patient_id: UUID,
        contest_id: UUID,
        form: Annotated[AnswerForm, Form()],
    ) -> Response:
        with door.act(request, form.csrf) as visit:
            _known(visit, patient_id)
            known = _of(visit, patient_id, contest_id)
            faults = answer_faults(form, language(visit.language))
            if faults:
                filled = Filled(answer=form, of=contest_id, faults=faults)
                return _score(door, visit, patient_id, known, filled)
            said = Said(Ruling(form.ruling), form.note)
            service.answer(visit.session, visit.caller, contest_id, said, now=visit.now)
        return _back(patient_id, known, "contest-answered")

    @routes.get("/contests")
    def waiting(request: Request) -> Response:
        with door.visit(request) as visit:
            return _waiting(door, visit)

    return routes


def contests_print(visit: Visit, reader: Reader, patient_id: UUID) -> dict[str, Any]:
    """Return what is contested of a person, and the score that a page of theirs shows."""
    records = people.one_person(visit.session, patient_id)
    newest = judgements.latest_id(visit.session, patient_id)
    score = repository.scored(visit.session, records, newest) if newest else None
    found = repository.of_person(visit.session, records)
    shown = score.assessment_id if score else None
    lines = [contest_print(each, reader, shown=shown) for each in found]
    return {"contests": lines, "score_id": shown}


def waits_line(visit: Visit) -> str:
    """Return how many contested scores wait for an answer of the reader's people; "" where none."""
    many, late = service.waits(visit.session, visit.caller, now=visit.now)
    said = language(visit.language)
    if not many:
        return ""
    line = said.count(
        "{count} contested score waits for an answer",
        "{count} contested scores wait for an answer",
        many,
    )
    return said.say("{line}, {count} overdue", line=line, count=late) if late else line


def _back(patient_id: UUID, assessment_id: UUID, done: str) -> Response:
    there = f"/patients/{patient_id}/scores/{assessment_id}?done={done}"
    return RedirectResponse(there, status_code=303)


def _known(visit: Visit, patient_id: UUID) -> None:
    if not people.may_see(visit.session, visit.caller, patient_id):
        raise NotFoundError("no such patient")


def _of(visit: Visit, patient_id: UUID, contest_id: UUID) -> UUID:
    """Return the score that a contest is about; `NotFoundError` unless it is this person's."""
    known = repository.one(visit.session, contest_id, people.visible_to(visit.caller))
    if known is None or known.patient_id not in people.one_person(visit.session, patient_id):
        raise NotFoundError("no such contest")
    return known.assessment_id


def _profile(visit: Visit, patient_id: UUID) -> PatientProfile:
    found = people.profiles(visit.session, people.visible_to(visit.caller), [patient_id])
    profile = next((each for each in found if each.id == patient_id), None)
    if profile is None:
        raise NotFoundError("no such patient")
    return profile


def _reader(door: Door, visit: Visit) -> Reader:
    return Reader(visit.now, door.zone, visit.identities, visit.language)


def _score(  # noqa: PLR0913 (whose score, for whom, with what was typed)
    door: Door,
    visit: Visit,
    patient_id: UUID,
    assessment_id: UUID,
    filled: Filled,
    *,
    done: str = "",
) -> Response:
    profile = _profile(visit, patient_id)
    records = people.one_person(visit.session, patient_id)
    if repository.scored(visit.session, records, assessment_id) is None:
        raise NotFoundError("no such score")
    whose = [patient_id]
    record(visit.session, visit.caller, Action.READ, ENTITY, now=visit.now, patients=whose)
    reader = _reader(door, visit)
    scored = standing_of(visit.session, patient_id, now=visit.now).scored
    judged = judgements.assessment(visit.session, assessment_id)
    found = repository.of_person(visit.session, records)
    return door.pages.page(
        "score.html",
        status=422 if filled.faults else 200,
        visit=visit,
        here="patient",
        notice=notice(done),
        strip=strip_of(door, visit),
        patient_id=patient_id,
        score_id=assessment_id,
        name=profile.name,
        facts=facts(profile, today=visit.now.date(), language=visit.language),
        judged=reader.at(judged.at),
        risk=risk_print(judged, reader) if scored else None,
        contests=[contest_print(each, reader, shown=assessment_id) for each in found],
        offered=choices(reader.said),
        answers=visit.caller.role in service.ANSWERS,
        filled=filled,
        longest=NOTE_LENGTH,
    )


def _waiting(door: Door, visit: Visit) -> Response:
    visible = people.visible_to(visit.caller)
    found = repository.waiting(visit.session, visible)
    heads = people.survivors(visit.session, {each.patient_id for each in found})
    whose = {each.id: heads.get(each.patient_id, each.patient_id) for each in found}
    profiles = people.profiles(visit.session, visible, list(set(whose.values())))
    known = {each.id: each for each in profiles}
    patients = sorted(known) or (None,)
    record(visit.session, visit.caller, Action.READ, ENTITY, now=visit.now, patients=patients)
    reader = _reader(door, visit)
    return door.pages.page(
        "contests.html",
        visit=visit,
        here="contests",
        strip=strip_of(door, visit),
        waiting=[
            (person.id, person.name, contest_print(each, reader))
            for each in found
            if (person := known.get(whose[each.id])) is not None
        ],
    )
