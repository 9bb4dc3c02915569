"""Two records of one person: what merging would do, doing it, and taking them apart (SEC-28)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import func, select

from app.pages.door import Door, Visit
from app.pages.language import language
from app.pages.record import RecordForm, Wrong, another, numbers, record_page
from app.pages.records import ENTITY
from app.pages.refusals import page_route
from core.audit import Action, record
from core.errors import ConflictError, InvalidError
from core.sealed_fields import unseal
from ingest.merging.service import merge, unmerge
from ingest.rectifying.service import check_reason
from ingest.register.service import check_may_keep
from ingest.tables import CareTeam, CareTeamPatient, Patient, StoredReading


@dataclass(frozen=True, slots=True)
class Side:
    """One of two records, as it is compared with the other."""

    id: UUID
    name: str
    born: str
    sex: str
    teams: str
    numbers: str
    readings: int


def router(door: Door) -> APIRouter:
    """Return the forms of merging below `/records/{id}`."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)
    address = "/records/{patient_id}"

    @routes.post(f"{address}/merge-preview")
    def asked(request: Request, patient_id: UUID, form: Annotated[RecordForm, Form()]) -> Response:
        with door.act(request, form.csrf) as visit:
            check_may_keep(visit.session, visit.caller, patient_id)
            try:
                other = another(visit, form.to, patient_id)
            except InvalidError as error:
                faults = {"to": (language(visit.language).refusal(error), "")}
                return record_page(door, visit, patient_id, Wrong("merge", form, faults))
            return _page(door, visit, patient_id, other)

    @routes.post(f"{address}/merge")
    def merged(request: Request, patient_id: UUID, form: Annotated[RecordForm, Form()]) -> Response:
        with door.act(request, form.csrf) as visit:
            session, now = visit.session, visit.now
            check_may_keep(session, visit.caller, patient_id)
            other = another(visit, form.to, patient_id)
            try:
                check_reason(form.reason)
                merge(session, visit.caller, patient_id, other, reason=form.reason, now=now)
            except (InvalidError, ConflictError) as error:
                words = language(visit.language).refusal(error)
                return _page(door, visit, patient_id, other, fault=words)
        return RedirectResponse(f"/records/{patient_id}?done=merged", 303)

    @routes.post(f"{address}/unmerge")
    def apart(request: Request, patient_id: UUID, csrf: Annotated[str, Form()] = "") -> Response:
        with door.act(request, csrf) as visit:
            check_may_keep(visit.session, visit.caller, patient_id)
            unmerge(visit.session, visit.caller, patient_id, now=visit.now)
        return RedirectResponse(f"/records/{patient_id}?done=unmerged", 303)

    return routes


def _page(
    door: Door, visit: Visit, kept_id: UUID, joining_id: UUID, *, fault: str = ""
) -> Response:
    """Show two records beside each other; both are read."""
    patients = [kept_id, joining_id]
    record(visit.session, visit.caller, Action.READ, ENTITY, now=visit.now, patients=patients)
    kept, joining = _side(visit, kept_id), _side(visit, joining_id)
    said = language(visit.language)
    rows = (
        (said.say("Name"), kept.name, joining.name),
        (said.say("Day of birth"), kept.born, joining.born),
        (said.say("Sex"), said.say(kept.sex or "not known"), said.say(joining.sex or "not known")),
        (said.say("Care team"), kept.teams, joining.teams),
        (said.say("Record numbers"), kept.numbers, joining.numbers),
        (said.say("Readings"), kept.readings, joining.readings),
    )
    return door.pages.page(
        "record_merge.html",
        status=422 if fault else 200,
        visit=visit,
        here="patients",
        kept=kept,
        joining=joining,
        compared=rows,
        differ=(kept.name, kept.born) != (joining.name, joining.born),
        fault=fault,
    )


def _side(visit: Visit, patient_id: UUID) -> Side:
    session = visit.session
    row = session.get_one(Patient, patient_id)
    teams = select(CareTeam.name).join(CareTeamPatient, CareTeamPatient.care_team_id == CareTeam.id)
    names = session.scalars(teams.where(CareTeamPatient.patient_id == patient_id)).all()
    count = select(func.count()).where(
        StoredReading.patient_id == patient_id, ~StoredReading.superseded
    )
    return Side(
        patient_id,
        unseal(session, Patient.name, row.name, id=row.id),
        unseal(session, Patient.birth_date, row.birth_date, id=row.id),
        row.sex,
        ", ".join(sorted(names)),
        ", ".join(f"{each.system} {each.value}".strip() for each in numbers(visit, patient_id)),
        session.scalar(count) or 0,
    )
