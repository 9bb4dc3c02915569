"""What is known of a person's health and home, changed by those who look after them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from app.pages.corrected import corrections
from app.pages.done import notice
from app.pages.door import Door, Visit
from app.pages.enrolling import said_of, sender
from app.pages.faulty import REFUSED, FaultyError, faults_of
from app.pages.language import language
from app.pages.people import facts
from app.pages.problem_list import named, on_list
from app.pages.refusals import page_route
from app.pages.strip import strip_of
from core.audit import Action, record
from core.errors import InvalidError
from fhir.enrolled import Carer, Telecom
from ingest import repository as people
from ingest.joining import Known, Reader
from ingest.particulars import service
from ingest.particulars.service import Reach, check_may_change
from ingest.receipt import Sender
from ingest.spelt import code_of, day_of

ADDRESS = "/patients/{patient_id}/facts"
CARERS = 3


class FactsForm(BaseModel):
    """Whatever the forms of the page send; each uses its own."""

    csrf: str = ""
    code: str = ""
    group: str = ""
    onset: str = ""
    condition: str = ""
    never: str = ""
    alone: str = ""
    language: str = ""
    zone: str = ""
    phone: str = ""
    email: str = ""
    contact_name: list[str] = []
    contact_relationship: list[str] = []
    contact_phone: list[str] = []
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What came of a form that was not taken: which one, and what is wrong by field."""

    form: str = ""
    typed: FactsForm = field(default_factory=FactsForm)
    faults: Mapping[str, tuple[str, str]] = field(default_factory=dict)


NOTHING = Wrong()


@dataclass(frozen=True, slots=True)
class ConditionLine:
    """One condition that holds now."""

    id: UUID
    name: str
    codes: str


def router(door: Door) -> APIRouter:
    """Return `/patients/{id}/facts` and its forms."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get(ADDRESS)
    def shown(request: Request, patient_id: UUID, done: str = "") -> Response:
        with door.visit(request) as visit:
            return _page(door, visit, patient_id, done=done)

    for name in ACTS:
        _form(routes, door, name)
    return routes


def _form(routes: APIRouter, door: Door, name: str) -> None:
    @routes.post(f"{ADDRESS}/{name}", name=f"facts_{name}")
    def sent(request: Request, patient_id: UUID, form: Annotated[FactsForm, Form()]) -> Response:
        with door.act(request, form.csrf) as visit:
            check_may_change(visit.session, visit.caller, patient_id)
            try:
                with visit.session.begin_nested():
                    ACTS[name](visit, sender(door, visit), patient_id, form)
            except REFUSED as error:
                wrong = Wrong(name, form, faults_of(error, visit))
                return _page(door, visit, patient_id, wrong)
        return RedirectResponse(f"/patients/{patient_id}/facts?done=facts-changed", 303)


def _add(visit: Visit, by: Sender, patient_id: UUID, form: FactsForm) -> None:
    code = code_of((form.group or form.code).strip(), people.condition_groups())
    if code is None:
        raise InvalidError("one of the entries is no code", field="code")
    onset = day_of(form.onset)
    if onset is None and form.onset.strip():
        raise InvalidError("this is not a day", field="onset")
    session, now, reason = visit.session, visit.now, form.reason
    service.add_condition(session, by, patient_id, code, onset=onset, reason=reason, now=now)


def _end(visit: Visit, by: Sender, patient_id: UUID, form: FactsForm) -> None:
    try:
        which = UUID(form.condition)
    except ValueError:
        raise InvalidError("there is no such condition", field="reason") from None
    session, never, reason = visit.session, bool(form.never), form.reason
    service.end_condition(session, by, patient_id, which, never=never, reason=reason, now=visit.now)


def _living(visit: Visit, by: Sender, patient_id: UUID, form: FactsForm) -> None:
    if form.alone not in ("yes", "no"):
        raise InvalidError("this is neither yes nor no", field="alone")
    alone, reason = form.alone == "yes", form.reason
    service.set_living(visit.session, by, patient_id, alone=alone, reason=reason, now=visit.now)


def _reach(visit: Visit, by: Sender, patient_id: UUID, form: FactsForm) -> None:
    known, said = Known({}, {}, visit.now.date()), language(visit.language)
    reader = Reader(form.model_dump(include={"language", "zone", "phone", "email"}), known)
    to = (reader.language(), reader.zone(), Telecom(reader.phone("phone"), reader.email()))
    faults, carers = said_of(reader.faults, said), list[Carer]()
    listed = zip(form.contact_name, form.contact_relationship, form.contact_phone, strict=False)
    for place, (name, relation, phone) in enumerate(listed):
        fields = {"contact_name": name, "contact_relationship": relation, "contact_phone": phone}
        each = Reader(fields, known)
        carers += each.carers()
        faults |= {f"{k}_{place}": v for k, v in said_of(each.faults, said).items()}
    if faults:
        raise FaultyError(faults)
    reach = Reach(*to, tuple(carers))
    service.set_reach(visit.session, by, patient_id, reach, reason=form.reason, now=visit.now)


Act = Callable[[Visit, Sender, UUID, FactsForm], None]
ACTS: dict[str, Act] = {"add": _add, "end": _end, "living": _living, "reach": _reach}


def _page(
    door: Door, visit: Visit, patient_id: UUID, wrong: Wrong = NOTHING, *, done: str = ""
) -> Response:
    session, said = visit.session, language(visit.language)
    check_may_change(session, visit.caller, patient_id)
    profiles = people.profiles(session, people.visible_to(visit.caller))
    head = people.survivor(session, patient_id)
    profile = next(p for p in profiles if p.id == head)
    record(session, visit.caller, Action.READ, "facts", now=visit.now, patients=[head])
    records = people.one_person(session, head)
    groups = people.condition_groups().values()
    return door.pages.page(
        "facts.html",
        status=422 if wrong.faults else 200,
        visit=visit,
        here="patient",
        notice=notice(done),
        strip=strip_of(door, visit, profiles),
        patient_id=head,
        name=profile.name,
        facts=facts(profile, today=visit.now.date(), language=visit.language),
        conditions=_conditions(visit, records),
        alone=profile.lives_alone,
        reach=_shown(visit, head, wrong),
        groups=sorted((said.say(each.display), each.name) for each in groups),
        corrections=corrections(door, visit, records, health=True),
        wrong=wrong,
        latest=visit.now.date().isoformat(),
    )


def _conditions(visit: Visit, records: frozenset[UUID]) -> list[ConditionLine]:
    said = language(visit.language)
    return [
        ConditionLine(row.id, said.say(named(row.codes)), ", ".join(str(c) for _, c in row.codes))
        for row in on_list(visit, records)
    ]


def _shown(visit: Visit, patient_id: UUID, wrong: Wrong) -> FactsForm:
    """Return how the person is reached, as the form has it; what was typed goes before."""
    if wrong.form == "reach":
        typed = wrong.typed
    else:
        to = service.reach_of(visit.session, patient_id, now=visit.now)
        typed = FactsForm(
            language=to.language,
            zone=to.zone,
            phone=to.own.phone,
            email=to.own.email,
            contact_name=[each.name for each in to.carers],
            contact_relationship=[each.relationship for each in to.carers],
            contact_phone=[each.phone for each in to.carers],
        )
    more = CARERS - len(typed.contact_name)
    for each in (typed.contact_name, typed.contact_relationship, typed.contact_phone):
        each.extend([""] * more)
    return typed
