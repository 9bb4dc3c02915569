"""The minutes of the programme's clock on the patient page, and their forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, Protocol
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

import alerts.service
from alerts.minutes import MOST, Work, bounds, month
from alerts.naming.repository import UNKNOWN, names
from alerts.service import Spent
from alerts.spent.repository import standing
from alerts.spent.tables import TimeSpent
from app.pages.door import Door, Visit
from app.pages.explained import Reader
from app.pages.language import language
from app.pages.refusals import page_route
from app.pages.wording import Moment
from app.sending.service import first_time
from ingest.repository import one_person

WORK = {
    Work.REVIEW: "Review of data",
    Work.CALL: "Telephone",
    Work.VIDEO: "Video visit",
    Work.VISIT: "Visit",
    Work.MESSAGE: "Message",
    Work.COORDINATION: "Coordination of care",
}


@dataclass(frozen=True, slots=True)
class EntryPrint:
    """One entry that stands."""

    id: UUID
    at: Moment
    minutes: int
    work: str
    live: bool
    by: str
    corrected: bool
    corrected_by: str


@dataclass(frozen=True, slots=True)
class SpentPrint:
    """The calendar month of the patient."""

    words: str
    entries: list[EntryPrint]
    work: dict[str, str]
    most: int


def spent_print(visit: Visit, patient_id: UUID, reader: Reader) -> SpentPrint:
    """Return what was spent on a patient in their calendar month."""
    since, until = bounds(visit.now, reader.patient_zone)
    ids = one_person(visit.session, patient_id)
    found = month(standing(visit.session, ids, since=since, until=until))
    people = {who for each in found.entries for who in (each.by, each.corrected_by) if who}
    called = names(visit.session, people)
    said = language(visit.language)
    minutes = said.count("This month: {count} minute", "This month: {count} minutes", found.minutes)
    contacts = said.count("{count} live contact", "{count} live contacts", found.contacts)
    return SpentPrint(
        said.say("{minutes}, {contacts}", minutes=minutes, contacts=contacts),
        [
            EntryPrint(
                each.id,
                reader.at(each.at),
                each.minutes,
                said.say(WORK[each.work]),
                each.live,
                called.get(each.by, UNKNOWN) if each.by else "",
                each.corrected,
                called.get(each.corrected_by, UNKNOWN) if each.corrected_by else "",
            )
            for each in found.entries
            if each.minutes or each.corrected
        ],
        {str(work): said.say(words) for work, words in WORK.items()},
        MOST,
    )


class Timed(Protocol):
    """A form with the minutes that an act took, "" where nobody wrote them down."""

    @property
    def minutes(self) -> int | Literal[""]:
        """Return how long it took."""

    @property
    def live(self) -> str | bool:
        """Return whether both spoke to each other."""


def note_minutes(v: Visit, patient_id: UUID, alert_id: UUID, form: Timed, work: str) -> None:
    """Write down what a form says of the time; an undo of its act takes that back."""
    if form.minutes:
        entry = Spent(form.minutes, work, live=bool(form.live), alert_id=alert_id)
        alerts.service.spend(v.session, v.caller, patient_id, entry, now=v.now)


def router(door: Door) -> APIRouter:
    """Return the forms."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.post("/patients/{patient_id}/minutes")
    def spend(  # noqa: PLR0913, PLR0917 (a form has this many fields)
        request: Request,
        patient_id: UUID,
        minutes: Annotated[int, Form()] = 0,
        work: Annotated[str, Form()] = Work.REVIEW,
        live: Annotated[str, Form()] = "",
        csrf: Annotated[str, Form()] = "",
        form_id: Annotated[UUID | None, Form()] = None,
    ) -> Response:
        with door.act(request, csrf) as visit:
            entry = Spent(minutes, work, live=bool(live))
            if _first_time(visit, form_id, patient_id, f"minutes|{minutes}|{work}|{live}"):
                alerts.service.spend(visit.session, visit.caller, patient_id, entry, now=visit.now)
        return _back(patient_id, "minutes")

    @routes.post("/minutes/{entry_id}")
    def correct(
        request: Request,
        entry_id: UUID,
        minutes: Annotated[int, Form()] = 0,
        csrf: Annotated[str, Form()] = "",
        form_id: Annotated[UUID | None, Form()] = None,
    ) -> Response:
        with door.act(request, csrf) as visit:
            if _first_time(visit, form_id, entry_id, f"corrected|{minutes}"):
                patient_id = alerts.service.correct(
                    visit.session, visit.caller, entry_id, minutes, now=visit.now
                )
            else:
                patient_id = visit.session.get_one(TimeSpent, entry_id).patient_id
        return _back(patient_id, "corrected")

    return routes


def _first_time(visit: Visit, form_id: UUID | None, subject_id: UUID, said: str) -> bool:
    return first_time(visit.session, visit.caller, form_id, subject_id, said, now=visit.now)


def _back(patient_id: UUID, done: str) -> Response:
    return RedirectResponse(f"/patients/{patient_id}?done={done}#minutes", status_code=303)
