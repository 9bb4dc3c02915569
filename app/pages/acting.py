"""What is done to an alert: plain forms, answered by a redirect, or by who was first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field
from sqlalchemy import select

import alerts.service
from alerts.delivery import repository as deliveries
from alerts.patients.wording import Review
from alerts.reviewing.service import after_review
from alerts.routing import FALLBACK, SUPPORT, practitioner
from alerts.service import Contact
from alerts.tables import Alert, Delivery
from app.pages.door import Door, Visit
from app.pages.labels import concluded
from app.pages.refusals import page_route
from core.errors import ConflictError, NotFoundError
from core.vitals import Severity
from ingest.repository import care_teams, visible_to

LONGEST = 24 * 14


class Act(BaseModel):
    """What every form sends: what its page showed, and where to come back to."""

    version: int | None = None
    back: str = "patient"
    csrf: str = ""


class Telling(Act):
    """Whether the patient is told, what was done, and what to do now (`wording.DONE`, `NEXT`)."""

    tell: str = ""
    done: str = ""
    next: str = ""


class Outcome(Telling):
    """How it turned out, and how grave it was shown to be."""

    conclusion: str
    severity: Severity | None = None
    checked: list[str] = []
    note: str = ""


class To(Act):
    """Whom to pass it on to."""

    to: UUID


class Until(Act):
    """How long to put it off, and why."""

    hours: Annotated[int, Field(ge=1, le=LONGEST)]
    reason: str = ""


class Reaching(Telling):
    """How the person was, or was not, reached."""

    by: Contact
    reached: Literal["yes", "no"]


def acknowledge(v: Visit, alert_id: UUID, form: Act) -> None:
    """Take it, or accept what was passed on."""
    alerts.service.acknowledge(v.session, v.caller, alert_id, now=v.now, version=form.version)


def claim(v: Visit, alert_id: UUID, form: Act) -> None:
    """Say that one looks at it."""
    alerts.service.claim(v.session, v.caller, alert_id, now=v.now, version=form.version)


def delegate(v: Visit, alert_id: UUID, form: To) -> None:
    """Ask somebody else to take it."""
    alerts.service.delegate(v.session, v.caller, alert_id, form.to, now=v.now, version=form.version)


def snooze(v: Visit, alert_id: UUID, form: Until) -> None:
    """Put it off."""
    until = v.now + timedelta(hours=form.hours)
    alerts.service.snooze(
        v.session,
        v.caller,
        alert_id,
        until=until,
        reason=form.reason,
        now=v.now,
        version=form.version,
    )


def wake(v: Visit, alert_id: UUID, _form: Act) -> None:
    """Call it back."""
    alerts.service.wake(v.session, v.caller, alert_id, now=v.now)


def contact(v: Visit, alert_id: UUID, form: Reaching) -> None:
    """Write down a contact."""
    reached = form.reached == "yes"
    alerts.service.note_contact(v.session, v.caller, alert_id, form.by, reached=reached, now=v.now)
    tell(v, alert_id, form)


def escalate(v: Visit, alert_id: UUID, _form: Act) -> None:
    """Take the next step of its chain now."""
    alerts.service.escalate(v.session, v.caller, alert_id, now=v.now)


def undo(v: Visit, alert_id: UUID, _form: Act) -> None:
    """Take one's last act back."""
    alerts.service.undo(v.session, v.caller, alert_id, now=v.now)


def resolve(v: Visit, alert_id: UUID, form: Outcome) -> None:
    """End it with its outcome."""
    ending = concluded(form.conclusion, form.note, form.checked)
    alerts.service.resolve(v.session, v.caller, alert_id, ending, now=v.now, seen=form.severity)
    tell(v, alert_id, form)


def tell(v: Visit, alert_id: UUID, form: Telling) -> None:
    """Tell the patient of it, where the form says so."""
    if form.tell:
        told = Review(form.done, form.next)
        after_review(v.session, v.caller, alert_id, told, now=v.now)


# What each form does, and the word by which the next page says so (`app.pages.done`).
ACTS: tuple[tuple[type[Act], str, Callable[..., None]], ...] = (
    (Act, "taken", acknowledge),
    (Act, "claimed", claim),
    (To, "passed-on", delegate),
    (Until, "put-off", snooze),
    (Act, "called-back", wake),
    (Reaching, "contact", contact),
    (Act, "escalated", escalate),
    (Act, "undone", undo),
    (Outcome, "resolved", resolve),
)


def router(door: Door) -> APIRouter:
    """Return the unsafe routes of alerts, and the way in from a notification."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)
    for kind, done, perform in ACTS:
        path = f"/alerts/{{alert_id}}/{perform.__name__}"
        routes.add_api_route(path, _handler(door, kind, done, perform), methods=["POST"])

    @routes.get("/n/{public_id}")
    def notified(request: Request, public_id: str) -> Response:
        """Lead from a message to its alert, and note that who it was for opened it."""
        with door.visit(request) as visit:
            alert_id = visit.session.scalar(
                select(Delivery.alert_id).where(Delivery.public_id == public_id)
            )
            if alert_id is None:
                raise NotFoundError("no such notification")
            patient = _patient(visit, alert_id)
            deliveries.seen(visit.session, public_id, _keys(visit), now=visit.now)
        return RedirectResponse(f"/patients/{patient}#alert-{alert_id}", status_code=303)

    return routes


def _handler(
    door: Door, kind: type[Act], done: str, perform: Callable[..., None]
) -> Callable[..., Response]:
    """Return what answers one form: one transaction, then back to where the form stood."""

    def handle(request: Request, alert_id: UUID, form: Act) -> Response:
        try:
            with door.act(request, form.csrf) as visit:
                patient = _patient(visit, alert_id)
                perform(visit, alert_id, form)
        except ConflictError as error:
            return _conflict(door, request, alert_id, error)
        page = "/inbox" if form.back == "inbox" else f"/patients/{patient}"
        told = f"{page}?done={done}&alert={alert_id}#alert-{alert_id}"
        return RedirectResponse(told, status_code=303)

    handle.__annotations__["form"] = Annotated[kind, Form()]  # what FastAPI reads
    return handle


def _keys(visit: Visit) -> list[str]:
    """Return under which keys a message is for this person: theirs, their teams', the lanes'."""
    own = visit.caller.practitioner_id
    teams = [f"team:{each.id}" for each in care_teams(visit.session, visit.caller)]
    return [*([practitioner(own)] if own else ()), *teams, FALLBACK, SUPPORT]


def _patient(visit: Visit, alert_id: UUID) -> UUID:
    """Return whose alert it is; raise `NotFoundError` behind the team filter (SEC-12)."""
    patient = visit.session.scalar(
        select(Alert.patient_id).where(
            Alert.id == alert_id, Alert.patient_id.in_(visible_to(visit.caller))
        )
    )
    if patient is None:
        raise NotFoundError("no such alert")
    return patient


def _conflict(door: Door, request: Request, alert_id: UUID, error: ConflictError) -> Response:
    """Say who was first (UX-05)."""
    with door.visit(request) as visit:
        patient = _patient(visit, alert_id)
        return door.pages.page(
            "conflict.html",
            status=409,
            visit=visit,
            message=f"{error.message[:1].upper()}{error.message[1:]}.",
            back=f"/patients/{patient}",
        )
