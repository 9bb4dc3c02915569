"""Video visits on the patient page: booked on an alert, joined, held, missed, cancelled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from alerts.inbox import EpisodeView
from alerts.minutes import MOST
from alerts.naming.repository import UNKNOWN, names
from alerts.patients.repository import told_by
from alerts.rosters.service import place_of
from alerts.visit import LENGTHS, USUAL, Status, span
from alerts.visit import Visit as Booked
from alerts.visits import service as visits
from alerts.visits.repository import key, visits_of
from app.pages.acting import handler, patient_of
from app.pages.door import Door, Visit
from app.pages.explained import Reader
from app.pages.forms import Act
from app.pages.language import language
from app.pages.refusals import page_route
from app.pages.site_policy import policy_of
from app.pages.wording import Moment
from core.errors import NotFoundError
from ingest.repository import one_person

SHOWN = timedelta(days=28)
BECAME = {
    Status.BOOKED: "booked",
    Status.FULFILLED: "held",
    Status.NO_SHOW: "missed",
    Status.CANCELLED: "cancelled",
}


class Booking(Act):
    """When, as an hour of today or "" for now, and how long."""

    at: Annotated[str, Field(max_length=5)] = ""
    minutes: int = USUAL


class Ending(Act):
    """Which visit the page showed."""

    visit: UUID


class Holding(Ending):
    """How long it took, where somebody writes that down."""

    minutes: Literal[""] | Annotated[int, Field(ge=1, le=MOST)] = ""


@dataclass(frozen=True, slots=True)
class VisitPrint:
    """One visit; `link` leads into it while it is booked and not over."""

    id: UUID
    alert_id: UUID
    at: Moment
    minutes: int
    clinician: str
    became: str
    booked: bool
    begun: bool
    told: bool
    link: str


@dataclass(frozen=True, slots=True)
class VisitsPrint:
    """What the page offers and shows; `booked` is by its alert."""

    offered: bool
    lengths: tuple[int, ...]
    usual: int
    most: int
    zone: str
    booked: dict[UUID, VisitPrint]
    others: list[VisitPrint]  # of alerts that are not open, and what is over


def visits_print(
    door: Door, visit: Visit, patient_id: UUID, live: Sequence[EpisodeView], reader: Reader
) -> VisitsPrint:
    """Return the visits of a patient whom the visitor may see."""
    session, now = visit.session, visit.now
    found = visits_of(session, one_person(session, patient_id), since=now - SHOWN)
    who = names(session, {each.clinician for each in found if each.clinician})
    shown = [_print(door, visit, each, who, reader) for each in found]
    open_alerts = {episode.id for episode in live}
    booked = {each.alert_id: each for each in shown if each.booked and each.alert_id in open_alerts}
    return VisitsPrint(
        offered=bool(door.settings.video_visit_url),
        lengths=LENGTHS,
        usual=USUAL,
        most=MOST,
        zone=place_of(session, policy_of(door.settings), patient_id).zone,
        booked=booked,
        others=[each for each in shown if each not in booked.values()],
    )


def _print(
    door: Door, visit: Visit, each: Booked, who: Mapping[UUID, str], reader: Reader
) -> VisitPrint:
    now = visit.now
    return VisitPrint(
        id=each.id,
        alert_id=each.alert_id,
        at=reader.at(each.span.start),
        minutes=round((each.span.end - each.span.start).total_seconds() / 60),
        clinician=who.get(each.clinician, UNKNOWN) if each.clinician else UNKNOWN,
        became=language(visit.language).say(BECAME[each.status]),
        booked=each.status is Status.BOOKED,
        begun=each.span.start <= now,
        told=bool(told_by(visit.session, each.patient_id, key(each.id))),
        link=door.settings.video_visit(each.room) if each.open_at(now) else "",
    )


def book(door: Door, v: Visit, alert_id: UUID, form: Booking) -> None:
    """Book a visit at an hour of today, by the clock of the patient's team."""
    if not door.settings.video_visit_url:
        raise NotFoundError("no video visits are held here")
    place = place_of(v.session, policy_of(door.settings), patient_of(v, alert_id))
    when = span(form.at, form.minutes, place.clock, now=v.now)
    visits.book(v.session, v.caller, alert_id, when, now=v.now)


def hold(v: Visit, alert_id: UUID, form: Holding) -> None:
    """Write down that it took place, and how long it took."""
    minutes = form.minutes or None
    visits.hold(v.session, v.caller, alert_id, form.visit, minutes=minutes, now=v.now)


def miss(v: Visit, alert_id: UUID, form: Ending) -> None:
    """Write down that the patient did not come."""
    visits.miss(v.session, v.caller, alert_id, form.visit, now=v.now)


def cancel(v: Visit, alert_id: UUID, form: Ending) -> None:
    """Cancel it."""
    visits.cancel(v.session, v.caller, alert_id, form.visit, now=v.now)


def router(door: Door) -> APIRouter:
    """Return the forms."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)
    acts: tuple[tuple[str, type[Act], str, Callable[..., None]], ...] = (
        ("visit", Booking, "visit-booked", partial(book, door)),
        ("visit-held", Holding, "visit-held", hold),
        ("visit-missed", Ending, "visit-missed", miss),
        ("visit-cancelled", Ending, "visit-cancelled", cancel),
    )
    for path, kind, done, perform in acts:
        answer = handler(door, kind, done, perform)
        routes.add_api_route(f"/alerts/{{alert_id}}/{path}", answer, methods=["POST"])
    return routes
