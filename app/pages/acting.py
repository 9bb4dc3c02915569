"""Take and resolve an alert: plain forms, answered by a redirect, or by who was first."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel
from sqlalchemy import select

import alerts.service
from alerts.tables import Alert, Delivery
from app.pages.door import Door, Visit
from app.pages.labels import concluded
from app.pages.refusals import page_route
from core.errors import ConflictError, NotFoundError
from ingest.repository import visible_to

Text = Annotated[str, Form()]


class Outcome(BaseModel):
    """What the form of an outcome sends."""

    conclusion: str
    checked: list[str] = []
    note: str = ""
    csrf: str = ""


def router(door: Door) -> APIRouter:
    """Return the unsafe routes of alerts, and the way in from a notification."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.post("/alerts/{alert_id}/acknowledge")
    def acknowledge(
        request: Request,
        alert_id: UUID,
        version: Annotated[int | None, Form()] = None,
        back: Text = "patient",
        csrf: Text = "",
    ) -> Response:
        try:
            with door.act(request, csrf) as visit:
                patient = _patient(visit, alert_id)
                alerts.service.acknowledge(
                    visit.session, visit.caller, alert_id, now=visit.now, version=version
                )
        except ConflictError as error:
            return _conflict(door, request, alert_id, error)
        page = "/inbox" if back == "inbox" else f"/patients/{patient}"
        return RedirectResponse(f"{page}?done=taken#alert-{alert_id}", status_code=303)

    @routes.post("/alerts/{alert_id}/resolve")
    def resolve(request: Request, alert_id: UUID, form: Annotated[Outcome, Form()]) -> Response:
        try:
            with door.act(request, form.csrf) as visit:
                patient = _patient(visit, alert_id)
                ending = concluded(form.conclusion, form.note, form.checked)
                alerts.service.resolve(visit.session, visit.caller, alert_id, ending, now=visit.now)
        except ConflictError as error:
            return _conflict(door, request, alert_id, error)
        return RedirectResponse(f"/patients/{patient}?done=resolved", status_code=303)

    @routes.get("/n/{public_id}")
    def notified(request: Request, public_id: str) -> Response:
        """Lead from a message to its alert; reading it changes nothing."""
        with door.visit(request) as visit:
            alert_id = visit.session.scalar(
                select(Delivery.alert_id).where(Delivery.public_id == public_id)
            )
            if alert_id is None:
                raise NotFoundError("no such notification")
            patient = _patient(visit, alert_id)
        return RedirectResponse(f"/patients/{patient}#alert-{alert_id}", status_code=303)

    return routes


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
