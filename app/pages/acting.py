"""What is done to an alert: plain forms, answered by a redirect, or by who was first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select

import alerts.service
from alerts.checklist import ticked
from alerts.delivery import repository as deliveries
from alerts.patients.wording import Review
from alerts.reviewing.service import after_review
from alerts.routing import FALLBACK, SUPPORT, practitioner
from alerts.service import Seen
from alerts.tables import Alert, Delivery
from app.pages.answering import check, written
from app.pages.checks import standing_answers
from app.pages.door import Door, Visit
from app.pages.forms import Act, Answers, Note, Outcome, Reaching, Telling, To, Until
from app.pages.labels import concluded
from app.pages.language import language
from app.pages.refusals import page_route
from app.pages.showing import back_to
from app.pages.spent import note_minutes
from app.pages.strip import strip_of
from app.sending.service import first_time, taken_back
from core.errors import ConflictError, NotFoundError
from ingest.repository import care_teams, visible_to


def acknowledge(v: Visit, alert_id: UUID, form: Act) -> None:
    """Take it, or accept what was passed on."""
    alerts.service.acknowledge(v.session, v.caller, alert_id, now=v.now, version=form.version)


def claim(v: Visit, alert_id: UUID, form: Act) -> None:
    """Say that one looks at it."""
    alerts.service.claim(v.session, v.caller, alert_id, now=v.now, version=form.version)


def delegate(v: Visit, alert_id: UUID, form: To) -> None:
    """Ask somebody else to take it."""
    alerts.service.delegate(
        v.session, v.caller, alert_id, form.to, now=v.now, version=form.version, note=form.note
    )


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
    note_minutes(v, patient_of(v, alert_id), alert_id, form, form.by)
    tell(v, alert_id, form)


def escalate(v: Visit, alert_id: UUID, _form: Act) -> None:
    """Take the next step of its chain now."""
    alerts.service.escalate(v.session, v.caller, alert_id, now=v.now)


def undo(v: Visit, alert_id: UUID, _form: Act) -> None:
    """Take one's last act back."""
    alerts.service.undo(v.session, v.caller, alert_id, now=v.now)
    taken_back(v.session, v.caller, alert_id)


def resolve(v: Visit, alert_id: UUID, form: Outcome) -> None:
    """End it with its outcome."""
    ending = concluded(form.conclusion, form.note, ticked(standing_answers(v, alert_id)))
    seen = Seen(form.severity, form.version) if form.severity else None
    alerts.service.resolve(v.session, v.caller, alert_id, ending, now=v.now, seen=seen)
    note_minutes(v, patient_of(v, alert_id), alert_id, form, form.work)
    tell(v, alert_id, form)


def tell(v: Visit, alert_id: UUID, form: Telling) -> None:
    """Tell the patient of it, where the form says so."""
    if form.tell:
        told = Review(form.done, form.next)
        after_review(v.session, v.caller, alert_id, told, now=v.now)


def note(v: Visit, alert_id: UUID, form: Note) -> None:
    """Leave a note."""
    alerts.service.add_note(v.session, v.caller, alert_id, form.note, now=v.now)


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
    (Note, "noted", note),
    (Answers, "checked", check),
)


def router(door: Door) -> APIRouter:
    """Return the unsafe routes of alerts, and the way in from a notification."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)
    for kind, done, perform in ACTS:
        path = f"/alerts/{{alert_id}}/{perform.__name__}"
        routes.add_api_route(path, handler(door, kind, done, perform), methods=["POST"])

    @routes.get("/n/{public_id}")
    def notified(request: Request, public_id: str) -> Response:
        """Lead from a message to its alert, and note that who it was for opened it."""
        with door.visit(request) as visit:
            alert_id = visit.session.scalar(
                select(Delivery.alert_id).where(Delivery.public_id == public_id)
            )
            if alert_id is None:
                raise NotFoundError("no such notification")
            patient = patient_of(visit, alert_id)
            deliveries.seen(visit.session, public_id, _keys(visit), now=visit.now)
        shown = f"/patients/{patient}?alert={alert_id}#alert-{alert_id}"
        return RedirectResponse(shown, status_code=303)

    return routes


def handler(
    door: Door, kind: type[Act], done: str, perform: Callable[..., None]
) -> Callable[..., Response]:
    """Return what answers one form: one transaction, then back to where the form stood."""

    def handle(request: Request, alert_id: UUID, form: Act) -> Response:
        try:
            with door.act(request, form.csrf) as visit:
                patient = patient_of(visit, alert_id)
                said = f"{done}|{form.said}"
                if first_time(
                    visit.session, visit.caller, form.form_id, alert_id, said, now=visit.now
                ):
                    perform(visit, alert_id, form)
        except ConflictError as error:
            return _conflict(door, request, alert_id, error, form)
        told = _after(form.back, patient, done, alert_id)
        return RedirectResponse(told, status_code=303)

    handle.__annotations__["form"] = Annotated[kind, Form()]  # what FastAPI reads
    return handle


def _after(back: str, patient: UUID, done: str, alert_id: UUID) -> str:
    """Return where the form stood, its filter kept, with what was done."""
    page = back_to(back) if back.startswith("inbox") else f"/patients/{patient}"
    join = "&" if "?" in page else "?"
    return f"{page}{join}done={done}&alert={alert_id}#alert-{alert_id}"


def _keys(visit: Visit) -> list[str]:
    """Return under which keys a message is for this person: theirs, their teams', the lanes'."""
    own = visit.caller.practitioner_id
    teams = [f"team:{each.id}" for each in care_teams(visit.session, visit.caller)]
    return [*([practitioner(own)] if own else ()), *teams, FALLBACK, SUPPORT]


def patient_of(visit: Visit, alert_id: UUID) -> UUID:
    """Return whose alert it is; raise `NotFoundError` behind the team filter (SEC-12)."""
    patient = visit.session.scalar(
        select(Alert.patient_id).where(
            Alert.id == alert_id, Alert.patient_id.in_(visible_to(visit.caller))
        )
    )
    if patient is None:
        raise NotFoundError("no such alert")
    return patient


def _conflict(
    door: Door, request: Request, alert_id: UUID, error: ConflictError, form: Act
) -> Response:
    """Say who was first, and keep what was written (UX-05)."""
    with door.visit(request) as visit:
        patient = patient_of(visit, alert_id)
        return door.pages.page(
            "conflict.html",
            status=409,
            visit=visit,
            strip=strip_of(door, visit),
            message=language(visit.language).refusal(error),
            back=f"/patients/{patient}",
            alert_id=alert_id,
            kept=written(visit, alert_id, form),
        )
